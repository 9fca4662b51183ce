/* What the parts of the MIME reader share: its life and budget (mime_reader.c), levels and entities
 * (mime_reader_entity.c), the lines of headers (mime_reader_header.c) and of bodies (mime_reader_body.c). */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_READER_PRIVATE_H
#define CLOSEDRELAY_SCAN_MIME_MIME_READER_PRIVATE_H

#include "scan/mime/boundary_set.h"
#include "scan/mime/header_block.h"
#include "scan/mime/mime_reader.h"

/* A line that may be a delimiter is held until it ends: two dashes, a boundary, two dashes, some blanks. */
enum { HELD_LINE_BYTES = BOUNDARY_BYTES_MAX + 124 };

enum reader_state {
    READER_FIELDS,  /* header fields are told one by one */
    READER_HEADERS, /* a header comes with the bytes */
    READER_BODY,    /* content of a leaf, or what stands around the parts of a multipart */
    READER_STOPPED, /* a bound was reached, or memory ran out */
};

struct mime_level {
    bool is_multipart; /* else a message */
    bool is_digest;
    bool is_guessed;    /* any line of dashes may be a delimiter of it */
    bool is_typeless;   /* some look for headers in its texts */
    bool is_quoting;    /* so does hardly any: such a header may be a quotation */
    bool is_delimited;  /* a delimiter of it was seen */
    bool is_closed;     /* its close delimiter was seen */
    bool is_told;       /* all of it is given to the sink */
    unsigned encodings; /* transfer_encoding bits that its parts inherit to some */
};

struct mime_reader {
    const struct mime_limits *limits;
    struct mime_budget *budget;
    const struct mime_sink *sink;
    uint32_t levels_above;
    enum reader_state state;
    bool failed;
    /* comparing lines took more work than there was left: the reader stops after these bytes */
    bool is_spent;

    struct mime_level *levels; /* talloc array */
    uint32_t level_count;
    uint32_t told_count; /* levels that are given to the sink */
    bool has_no_header;  /* the boundaries were told in place of one */
    struct boundary_set boundaries;

    void *entity_owner; /* talloc: what the entity keeps */
    struct mime_entity entity;
    struct header_block block;
    bool is_message_header; /* the header is that of a message, not of a part */
    bool is_in_header;      /* up to the first empty line of a body: to some its header goes on up to that */
    const char *doubt;      /* why only some clients see the entity that is being read, or NULL */
    unsigned inherited;     /* encodings of the multipart around an entity that says none */
    unsigned said;          /* encodings that the header which ended last says; 0: none */

    struct strbuf line; /* an unfinished header line */

    bool is_leaf_open;
    bool is_leaf_wanted;
    bool is_leaf_whole;    /* it is given to the sink as a level too, beyond where it may end */
    bool is_leaf_typeless; /* a text in which some take a line that begins with Content- for a header's */
    bool is_leaf_quoting;  /* and hardly any: reader_quotation */
    uint64_t leaf_bytes;   /* of the open leaf, wanted or not */
    bool is_line_start;
    char line_end[2]; /* the end of the last line: content only if no delimiter follows */
    uint32_t line_end_length;
    uint32_t probe_lines_left; /* so many next lines may begin a header that only some clients see */
    const char *probe_doubt;
    struct strbuf
        guess; /* a line of dashes whose multipart has shown no delimiter: its own boundary to some */
    bool is_line_skipped; /* the rest of a held line that was too long says nothing */
    uint32_t held_length;
    char held[HELD_LINE_BYTES];
};

/* ---- mime_reader.c ---- */

/* Memory ran out: the reader stops. */
void reader_fail(struct mime_reader *reader);

void reader_over_budget(struct mime_reader *reader, const char *why);

/* Takes units of work from the message's budget; at its end the reader stops. */
bool reader_charge(struct mime_reader *reader, uint64_t units);

/* ---- mime_reader_entity.c ---- */

/* The doubt about a header inside a text that says what it is: one that tells no encoding, and so carries
 * nothing but text, is a quotation. */
extern const char reader_quotation[];

/* Begins a new entity whose header comes next. `doubt`: why only some clients see it, or NULL. */
void reader_begin_entity(struct mime_reader *reader, bool is_message, const char *doubt);

/* The header is complete: decides what the entity is and begins its body. */
void reader_finish_header(struct mime_reader *reader);

/* Whether a header that goes on behind its empty line would make a file of what it describes, or of another
 * kind: for a text has lines like that of its own. */
bool reader_may_go_beyond(const struct mime_reader *reader);

/* A delimiter or close delimiter of the multipart at `match.level`. */
void reader_delimiter(struct mime_reader *reader, struct boundary_match match, const char *doubt);

/* Makes the line of dashes that some take for a delimiter one, where the innermost multipart has shown none
 * of its own. */
void reader_guess_boundary(struct mime_reader *reader);

/* Ends the leaf that is open, if one is. */
void reader_end_leaf(struct mime_reader *reader);

/* Ends the leaf that is open, if one is, where only some clients see its end. */
void reader_cut_leaf(struct mime_reader *reader);

/* Gives content to the leaf that is open, if any wants it. */
void reader_leaf_data(struct mime_reader *reader, struct slice bytes);

/* Ends all levels from `level` on. */
void reader_end_levels(struct mime_reader *reader, uint32_t level);

/* ---- mime_reader_header.c ---- */

/* Takes bytes in state READER_HEADERS, to the end of a line; returns what is left. */
struct slice reader_header_push(struct mime_reader *reader, struct slice bytes);

/* No more lines in state READER_HEADERS: what was read is the header. */
void reader_header_end(struct mime_reader *reader);

/* A header may go on behind its empty line to some, or was cut off by an MTA at a line that is no field: its
 * rest then arrives as body. */
void reader_look_beyond(struct mime_reader *reader);

/* Keeps bytes of a header line whose end was not seen yet. */
void reader_keep_line(struct mime_reader *reader, struct slice piece);

/* ---- mime_reader_body.c ---- */

/* Takes bytes in state READER_BODY; returns what is left once the state changes. */
struct slice reader_body_push(struct mime_reader *reader, struct slice bytes);

/* A leaf or a region without one begins at the start of a line. */
void reader_body_begin(struct mime_reader *reader);

/* Looks for a header in the next lines that only some clients take for one: `doubt` says why. */
void reader_probe(struct mime_reader *reader, const char *doubt);

/* No more bytes in state READER_BODY: a held line and a held line end are decided. */
void reader_body_end(struct mime_reader *reader);

#endif
