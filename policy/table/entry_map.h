/*
 * The entries of one file, immutable once built: a hash table over the file's own bytes.
 *
 * Made for a million lines: no allocation an entry, 16 bytes and two to four slots of index each. Lookups are
 * safe from any thread.
 */
#ifndef CLOSEDRELAY_TABLE_ENTRY_MAP_H
#define CLOSEDRELAY_TABLE_ENTRY_MAP_H

#include "facts/ip_address.h"
#include "table/table.h"

struct entry_map;

/*
 * Builds from the lines of `text`, which it takes over (malloc; freed also on failure). Problems begin with
 * `name` ("NAME:LINE: …"), one a line, at most twenty. Every key must be a domain or a network where `shape`
 * says so. A key that comes again is a problem, unless its value is the same. NULL: `problem` says why.
 */
struct entry_map *entry_map_build(char *text, size_t length, enum table_shape shape, const char *name,
                                  struct strbuf *problem);
size_t entry_map_count(const struct entry_map *map);
void entry_map_free(struct entry_map *map);

/* `key` in lower case, a domain in its canonical form; for TABLE_NETWORKS an address. */
bool entry_map_find(const struct entry_map *map, struct slice key, struct slice *value);

/* TABLE_NETWORKS only: the network with the longest prefix that has `address`. */
bool entry_map_find_network(const struct entry_map *map, const struct ip_address *address,
                            struct slice *value, struct ip_network *network);

#endif
