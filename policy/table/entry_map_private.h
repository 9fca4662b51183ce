/* What the two halves of an entry map share: the hash table (entry_map.c), and the lines of the text that
 * become entries (entry_map_lines.c). */
#ifndef CLOSEDRELAY_TABLE_ENTRY_MAP_PRIVATE_H
#define CLOSEDRELAY_TABLE_ENTRY_MAP_PRIVATE_H

#include "table/entry_map.h"

enum {
    ENTRY_NETWORK_BYTES = 17, /* of a network's key */
    ENTRY_PREFIX_COUNT = 129,
    ENTRY_TEXT_BYTES_MAX = 1 << 30,
};

/* Values stay where they stand in `text`, and so do keys, made canonical in place. */
struct entry_map {
    enum table_shape shape;
    char *text;
    size_t text_bytes;
    struct strbuf longer; /* keys that became longer than they were written */
    struct entry *entries;
    size_t entry_count, entry_capacity;
    struct slot *slots;
    size_t slot_mask;
    uint8_t *networks; /* the keys of networks: 16 address bytes and the prefix each */
    size_t network_count;
    bool prefix_used[ENTRY_PREFIX_COUNT];
};

/* ---- entry_map.c ---- */

/* Makes room for one more entry, and for its network. False: out of memory. */
bool entry_map_reserve(struct entry_map *map);

/* Adds an entry, for which there must be room. Its value is part of `text`, its key of `text` or `longer`, or
 * what stands behind the last of `networks`. False, with the problem: the same key has another value. */
bool entry_map_add(struct entry_map *map, struct slice key, struct slice value, struct strbuf *problem);

/* ---- entry_map_lines.c ---- */

/* Adds the entries of all lines of the text, which is called `name`; false, with the problems: not all could
 * be. */
bool entry_map_add_lines(struct entry_map *map, const char *name, struct strbuf *problem);

#endif
