/*
 * The header of an entity inside a body, line by line, where clients disagree on where it ends.
 *
 * An empty line ends it for everybody. A line of blanks, a line that is no field, and an empty line right at
 * the start end it for some; then the block goes "soft": lines are kept to be given back as content, and a
 * Content- field among them is taken as well, which makes the entity ambiguous. What comes without an empty
 * line after so much that is no field is a body; to some the header still goes on (`is_unended`). One thread
 * at a time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_HEADER_BLOCK_H
#define CLOSEDRELAY_SCAN_MIME_HEADER_BLOCK_H

#include "base/strbuf.h"
#include "scan/mime/boundary_set.h"
#include "scan/mime/mime_entity.h"

struct header_block {
    struct mime_entity *entity; /* fields are told to this one */
    const struct mime_limits *limits;
    struct strbuf field; /* the field being collected, its lines joined by LF */
    /* lines since the block went soft, with their line ends: content for some clients */
    struct strbuf replay;
    /* the last field about content, where a quote in it is open, or a parameter is to come */
    struct strbuf open;
    uint32_t soft_lines_left; /* how many lines that are no fields are still looked past */
    bool is_soft;
    bool is_beyond;        /* it goes on behind the empty line that ends the header to most */
    size_t beyond_at;      /* where in `replay` that is */
    bool is_behind_empty;  /* an empty line came first, which ends it to most */
    bool is_in_part;       /* an entity of a multipart, as opposed to one of a message */
    bool has_nul;          /* in the last line: to some it goes on with the next one, an empty one too … */
    bool is_end_hidden;    /* … as the one that ended the header to most */
    bool is_behind_blanks; /* the last line was one of blanks, and the field goes on to some */
    bool is_unended;       /* it was given up before an empty line: to some it goes on up to that */
    bool is_over_limit;    /* a logical header was longer than allowed */
    bool has_odd_line;     /* a line that is no field came before the end */
    bool has_odd_end;      /* and an empty line after it: some clients end the header there, some before */
    bool has_late_content; /* a Content- field came after an end that some clients see */
    bool has_late_field;   /* beyond: a field whose name begins so, or any behind an end that is hidden */
};

enum header_block_result {
    HEADER_BLOCK_MORE,
    HEADER_BLOCK_DONE, /* the body begins after this line; for some clients with `replay` */
};

/* Begins a block for `entity`; `is_in_part`: its first line follows a delimiter. */
void header_block_begin(struct header_block *block, struct mime_entity *entity, bool is_in_part);

/* Goes on with `block` behind the empty line that ended it, soft from its first line: content of a body that
 * may be meant as header. */
void header_block_go_beyond(struct header_block *block);

/* Frees the buffers; the block may be begun again. */
void header_block_deinit(struct header_block *block);

/* The next line, without its LF but with a CR that stood before it. */
enum header_block_result header_block_line(struct header_block *block, struct slice line);

/* So many bytes of `replay` are a part of the header to some clients, and content to others; the rest is
 * content to all. */
size_t header_block_doubtful_bytes(const struct header_block *block);

/* Whether `line`, which begins with two dashes, is a delimiter by a boundary that the header itself names. */
bool header_block_names_boundary(struct header_block *block, struct slice line);

/* No more lines: tells the field that is being collected. */
void header_block_end(struct header_block *block);

/* Tells `entity` one field whose value may hold bare CRs; clients that end lines there see more fields.
 * Returns whether such a field says something about content. */
bool header_block_take_field(struct mime_entity *entity, struct slice name, struct slice value);

#endif
