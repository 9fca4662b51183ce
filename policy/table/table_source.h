/* What a kind of source is to table.c: a few functions. For policy/table/ only. */
#ifndef CLOSEDRELAY_TABLE_TABLE_SOURCE_H
#define CLOSEDRELAY_TABLE_TABLE_SOURCE_H

#include "table/table.h"

struct table_source {
    const char *prefix; /* "file:" */
    /* `place` is what stands behind the prefix, NUL-terminated. NULL: `problem` says why. */
    void *(*open)(const char *place, enum table_shape shape, struct strbuf *problem);
    void (*close)(void *state);
    /* The answer to a question of a moment ago; TABLE_UNKNOWN: there is none, ask. It says nothing of how the
     * source does now. NULL where nothing is kept. Any thread. */
    enum table_answer (*recall)(void *state, struct slice key, struct strbuf *value);
    /* Any thread. `key` is in lower case and within its bound. TABLE_UNKNOWN: `problem` says why. */
    enum table_answer (*lookup)(void *state, struct slice key, struct strbuf *value, struct strbuf *problem);
    /* TABLE_NETWORKS only; NULL where there is no such table of the kind. */
    enum table_answer (*lookup_network)(void *state, const struct ip_address *address,
                                        struct ip_network *network);
    /* Takes a changed source into use; false: `problem` says why it cannot be, and the old one stays. NULL
     * where nothing can change. One thread at a time, for `renew` too. */
    bool (*refresh)(void *state, struct strbuf *problem);
    /* The same without a wait for a file to keep still, and with a reason each time it fails; NULL: `refresh`
     * is like that. */
    bool (*renew)(void *state, struct strbuf *problem);
};

extern const struct table_source table_source_file;
extern const struct table_source table_source_lmdb;
extern const struct table_source table_source_cdb;
extern const struct table_source table_source_socketmap;
extern const struct table_source table_source_sqlite;

#endif
