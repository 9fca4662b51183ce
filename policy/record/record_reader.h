/*
 * Reads a line of the record (record_fields.h has its keys): finds the values, and parses only those that are
 * asked for. Keys that are not in the table are skipped, so lines of later versions can be read too. Keys are
 * expected in their order, which makes it quick; in any other order they are found as well.
 *
 * A record points into its line. Pure functions; any thread.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_READER_H
#define CLOSEDRELAY_RECORD_RECORD_READER_H

#include "base/json_reader.h"
#include "record/record_fields.h"

struct record {
    struct slice line;
    /* By enum record_key; what is not there has no text. Keys within objects are there once their object was
     * entered (record_enter). */
    struct json_value values[RECORD_KEY_COUNT];
};

/* False: `line` is not one whole JSON object, so not a record (half a line after a crash or on a full disk).
 */
bool record_read(struct slice line, struct record *record);

/* Reads the keys of the object `parent` that is in the record, as RECORD_CLIENT, into the values below it. */
void record_enter(struct record *record, enum record_key parent);

/* The objects of a list, as RECORD_RECIPIENTS: record_begin, then record_next for each until it is false; the
 * keys of the present one are in the record's values. */
struct json_cursor record_begin(const struct record *record, enum record_key list);
bool record_next(struct record *record, enum record_key list, struct json_cursor *cursor);

/* A text as it is, or decoded in `scratch` where it has escapes (json_read_string); "" where it is not there.
 */
struct slice record_text(const struct record *record, enum record_key key, struct strbuf *scratch);

/* 0 where it is not there or no such number. */
uint64_t record_u64(const struct record *record, enum record_key key);

bool record_has(const struct record *record, enum record_key key);
bool record_is(const struct record *record, enum record_key key, const char *text);

/* What the line is about; RECORD_LINE_COUNT: an event that this version does not know. */
enum record_line record_line_of(const struct record *record);

/* Microseconds since 1970 of an RFC 3339 time, fractions and offset from UTC included. False: it is none. */
bool record_parse_time(struct slice text, int64_t *time_us);
bool record_time(const struct record *record, enum record_key key, int64_t *time_us);

/* The `time` of a line, which is not read any further. False: it has none. */
bool record_line_time(struct slice line, int64_t *time_us);

#endif
