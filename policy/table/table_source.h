/* What a kind of source is to table.c: a few functions. For policy/table/ only. */
#ifndef CLOSEDRELAY_TABLE_TABLE_SOURCE_H
#define CLOSEDRELAY_TABLE_TABLE_SOURCE_H

#include "table/table_question.h"

/* One look at a source for what has changed. */
struct table_refreshing {
    unsigned most_lost_percent; /* of the entries in use, at a time */
    bool accepts_shrunk;        /* whatever is lost */
    /* What came of it: */
    bool is_exchanged; /* a new content is in use */
    bool is_held_back; /* a new content has lost too much, and the former stays */
    size_t held_entry_count;
};

/* Whether a content with `fresh` entries may not take the place of one with `former`; then it is held back.
 */
bool table_refreshing_holds_back(struct table_refreshing *refreshing, size_t former, size_t fresh,
                                 struct strbuf *problem);

struct table_source {
    const char *prefix; /* "file:" */
    /* `place` is what stands behind the prefix, NUL-terminated. NULL: `problem` says why. */
    void *(*open)(const char *place, enum table_shape shape, struct strbuf *problem);
    void (*close)(void *state);
    /* Any thread. `key` is in lower case and within its bound. TABLE_UNKNOWN: `problem` says why. NULL: the
     * source takes its time, and there is `ask`. */
    enum table_answer (*lookup)(void *state, struct slice key, struct strbuf *value, struct strbuf *problem);
    /* The same as a question on its way, which is the caller's to drop; NULL: no memory. */
    struct table_question *(*ask)(void *state, struct slice key);
    /* TABLE_NETWORKS only; NULL where there is no such table of the kind. */
    enum table_answer (*lookup_network)(void *state, const struct ip_address *address,
                                        struct ip_network *network);
    /* Takes a changed source into use; false: `problem` says why it cannot be, or did so before, and the old
     * one stays. NULL where nothing can change. One thread at a time, for `renew` too. */
    bool (*refresh)(void *state, struct table_refreshing *refreshing, struct strbuf *problem);
    /* The same without a wait for a file to keep still, and with a reason each time it fails; NULL: `refresh`
     * is like that. */
    bool (*renew)(void *state, struct table_refreshing *refreshing, struct strbuf *problem);
    /* Entries in use; NULL: they are not known. Any thread. */
    size_t (*count)(void *state);
};

/* A question to a table whose source has `ask`; NULL: no memory. */
struct table_question *table_ask(struct table *table, struct slice key);

extern const struct table_source table_source_file;
extern const struct table_source table_source_lmdb;
extern const struct table_source table_source_cdb;
extern const struct table_source table_source_socketmap;
extern const struct table_source table_source_sqlite;

#endif
