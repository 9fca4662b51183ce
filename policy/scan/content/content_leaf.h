/*
 * A part without parts, or a multipart as the one file that it may be as well: all the ways in which it may
 * be read.
 *
 * There is a reading for each encoding that it may have, from each place where its content may begin. All get
 * the same bytes, and what any of them finds counts. For content_message.c only; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_CONTENT_LEAF_H
#define CLOSEDRELAY_SCAN_CONTENT_CONTENT_LEAF_H

#include "scan/content/content_reading.h"

enum { CONTENT_LATE_STARTS_MAX = 2 };

/* Where content begins to whom a header goes on that was given up before an empty line: behind the first one,
 * or behind a line of blanks before it. */
struct content_late_start {
    bool has_begun[CONTENT_LATE_STARTS_MAX];
    bool is_over;        /* the empty line came */
    bool is_line_filled; /* the line that comes has more than blanks in it … */
    bool has_line_cr;
    bool has_line_blank; /* … or more than a CR */
};

struct content_leaf {
    struct content_subject subject;
    size_t reading_count;
    size_t doubtful_count; /* so many of the first begin with lines of the header, as others read it */
    size_t told_bytes;     /* so many bytes that come next they have already */
    size_t late_count;     /* so many of these begin later on (struct content_late_start) */
    struct content_late_start late;
    bool is_plain_text;
    bool is_cut;           /* to some it goes on behind its end */
    bool is_fingerprinted; /* it is the text of the message itself */
    struct content_reading *readings[];
};

/* Where it stands. */
struct content_leaf_place {
    struct content_depth depth;
    bool is_message_body; /* the body of a message itself, and no part of a multipart */
    bool is_doubt_told;   /* who has the header end before the first doubtful line is not among the readings
                             from there */
};

/* Nothing but a text, without a name. */
bool content_is_plain_text(const struct mime_entity *entity);

/* With room for all its readings, and a subject without a path. A talloc child of `owner`; NULL: no memory
 * (noted). */
struct content_leaf *content_leaf_create(void *owner, struct content_scan *scan,
                                         const struct mime_entity *entity);

/* Begins its readings, once the subject has its path. */
void content_leaf_begin(struct content_leaf *leaf, const struct content_leaf_place *place,
                        const struct mime_entity *entity);

/* Gives raw bytes to all readings; false once none wants more. */
bool content_leaf_push(struct content_leaf *leaf, struct slice raw);

/* Ends the reading of that index, and notes what was odd in it. */
void content_leaf_end_reading(struct content_leaf *leaf, size_t at);

#endif
