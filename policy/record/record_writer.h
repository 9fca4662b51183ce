/*
 * Writes a line of the record by the table of its keys (record_fields.h).
 *
 * Keys are given in the order of the table, each with a value of its kind, in a line where it may stand: what
 * breaks that is our own mistake, and asserted. Values that tell of somebody pass through the policy for
 * private data (record_privacy.h) here and nowhere else. Errors are the strbuf's sticky one.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_WRITER_H
#define CLOSEDRELAY_RECORD_RECORD_WRITER_H

#include "base/json_writer.h"
#include "record/record_fields.h"
#include "record/record_privacy.h"

struct record_writer {
    struct json_writer json;
    enum record_line line;
    enum record_key next;           /* the first row that may come now */
    enum record_key end;            /* behind the rows of the open object; RECORD_KEY_COUNT: of the line */
    enum record_key open;           /* the object or list that is open; RECORD_KEY_COUNT: none */
    enum record_privacy_kind texts; /* of the list of texts that is open */
    bool is_private;                /* there is something to treat, by `privacy` */
    struct record_privacy_line privacy;
};

/* What is the same in every line under one policy. Owned by the caller; must outlive the writers. */
struct record_context {
    const char *host;
    const struct record_privacy *privacy; /* NULL: everything is kept */
};

/* What every line begins with. */
struct record_start {
    enum record_line line;
    int64_t time_us; /* wall clock */
    const char *id;  /* incident id */
};

void record_line_begin(struct record_writer *writer, const struct record_context *context,
                       const struct record_start *start, struct strbuf *out);
/* Closes the object; appends no newline. */
void record_line_end(struct record_writer *writer);

/* NULL: null, where the key may be that, else "". */
void record_put_text(struct record_writer *writer, enum record_key key, const char *text);
void record_put_slice(struct record_writer *writer, enum record_key key, struct slice text);
/* The same, but an empty or missing text leaves the key out. */
void record_put_some(struct record_writer *writer, enum record_key key, const char *text);
void record_put_u64(struct record_writer *writer, enum record_key key, uint64_t number);
void record_put_bool(struct record_writer *writer, enum record_key key, bool value);
void record_put_time(struct record_writer *writer, enum record_key key, int64_t time_us);

/* An object; its keys follow, then record_close. */
void record_open(struct record_writer *writer, enum record_key key);
/* A list of objects: record_element_begin before the keys of each, record_element_end behind them, then
 * record_close. */
void record_open_list(struct record_writer *writer, enum record_key key);
void record_element_begin(struct record_writer *writer);
void record_element_end(struct record_writer *writer);
void record_close(struct record_writer *writer);

/* A list of texts: record_put_element for each, then record_close_texts. */
void record_open_texts(struct record_writer *writer, enum record_key key);
void record_put_element(struct record_writer *writer, struct slice text);
void record_close_texts(struct record_writer *writer);

enum { RECORD_TIME_BYTES = sizeof "0000-00-00T00:00:00.000000Z" };

/* RFC 3339, UTC, with a NUL byte. */
void record_time_write(int64_t time_us, char *text);

#endif
