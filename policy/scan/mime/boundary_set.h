/*
 * The boundaries that could end a part right now.
 *
 * Those of every open multipart are live, by every reading of its header; those of a multipart that is over
 * stay as stale ones, because some clients would still act on them. Bounded: with no room left the oldest
 * stale one goes, and when all are live the set says so. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_BOUNDARY_SET_H
#define CLOSEDRELAY_SCAN_MIME_BOUNDARY_SET_H

#include "base/slice.h"

#include <stdint.h>

enum {
    BOUNDARY_BYTES_MAX = 900, /* RFC 2046 5.1.1 allows 70 */
    BOUNDARY_SET_MAX = 96,
};

struct boundary {
    char *text; /* talloc, child of the set's owner */
    uint16_t length;
    uint16_t dash_count; /* it begins with so many */
    uint16_t level;
    bool is_primary; /* what RFC 2045 reads, comments left out or not; else only some clients take it for the
                        boundary */
    bool is_stale;
    bool is_used; /* it delimits parts */
};

struct boundary_set {
    void *owner;
    struct boundary *items;
    uint32_t count;
};

enum boundary_match_kind {
    BOUNDARY_NONE,
    BOUNDARY_PREFIX, /* begins like a delimiter, but goes on, or is written in other letter case */
    BOUNDARY_DELIMITER,
    BOUNDARY_CLOSE,
};

struct boundary_match {
    enum boundary_match_kind kind;
    uint16_t level;
    uint32_t index;  /* in the set, until that changes */
    bool is_certain; /* every client sees the same here */
    bool is_end;     /* a part ends here for every client, though they may differ on what begins */
};

enum boundary_add_result { BOUNDARY_ADDED, BOUNDARY_NO_ROOM, BOUNDARY_NO_MEMORY };

void boundary_set_init(struct boundary_set *set, void *owner);
void boundary_set_deinit(struct boundary_set *set);

/* Makes a copy of `text` (1 to BOUNDARY_BYTES_MAX bytes) live for `level`. */
enum boundary_add_result boundary_set_add(struct boundary_set *set, struct slice text, uint16_t level,
                                          bool is_primary);

/* All levels from `level` on are over: their boundaries are stale, and would lead back to the level above. */
void boundary_set_retire(struct boundary_set *set, uint16_t level);

/* The boundary of a match delimits parts. While it is the only one of its level that does, clients that read
 * another boundary see no other parts. */
void boundary_set_use(struct boundary_set *set, struct boundary_match match);

/* What `line`, which begins with "--", is to a boundary alone. */
enum boundary_match_kind boundary_match_line(struct slice boundary, struct slice line);

/* What a line (without its line end) that begins with "--" is. The innermost level wins. */
struct boundary_match boundary_set_match(const struct boundary_set *set, struct slice line);

/* Whether the line, which begins with "--", is anything at all once some more of its first dashes are left
 * out. */
bool boundary_set_matches_behind_dashes(const struct boundary_set *set, struct slice line);

#endif
