/*
 * What lmdb and cdb files have in common: Postfix writes keys and values with or without a final NUL, and
 * puts the file's ending behind the name. For policy/table/ only.
 */
#ifndef CLOSEDRELAY_TABLE_TABLE_DATABASE_H
#define CLOSEDRELAY_TABLE_TABLE_DATABASE_H

#include "table/table_source.h"

/* `path` with `ending` behind it (malloc), or NULL with a problem. */
char *table_database_path(const char *path, const char *ending, struct strbuf *problem);

/* The value without its final NUL, appended to `value` unless that is NULL; UNKNOWN where it is too long. */
enum table_answer table_database_value(const void *data, size_t length, struct strbuf *value,
                                       struct strbuf *problem);

/* The forms of `key` to try: 0 with a final NUL (into `room`, TABLE_KEY_BYTES_MAX + 1 bytes), 1 without. */
struct slice table_database_key(struct slice key, int form, char *room);

#endif
