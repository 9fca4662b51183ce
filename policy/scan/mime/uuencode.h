/*
 * Files that mail from before MIME carries in its text: `begin 644 name`, encoded lines, `end`; also in
 * base64
 * (`begin-base64`, of which only the name is told) and in yEnc (`=ybegin line=128 size=3 name=name`).
 *
 * A `begin` line counts only once a line follows that can be encoded data (or `end`): prose may well begin a
 * line with "begin 644". Pushed bytes may be cut anywhere. Memory is fixed; work is linear.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_UUENCODE_H
#define CLOSEDRELAY_SCAN_MIME_UUENCODE_H

#include "base/slice.h"

enum { UUENCODE_LINE_BYTES = 512 }; /* of a longer line the rest is not looked at */

struct uuencode_sink {
    void *context;
    void (*begin)(void *context, struct slice name);
    void (*data)(void *context, struct slice decoded);
    void (*end)(void *context);
};

enum uuencode_state { UUENCODE_OUTSIDE, UUENCODE_ANNOUNCED, UUENCODE_INSIDE, UUENCODE_IN_YENC };

struct uuencode_reader {
    const struct uuencode_sink *sink;
    enum uuencode_state state;
    size_t line_length; /* bytes of an unfinished line that are kept */
    bool is_line_dull;  /* the unfinished line can mean nothing: wait for its end */
    size_t name_length; /* the announced name */
    char name[UUENCODE_LINE_BYTES];
    char line[UUENCODE_LINE_BYTES];
};

/* `sink` must outlive the reader. */
void uuencode_init(struct uuencode_reader *reader, const struct uuencode_sink *sink);
void uuencode_push(struct uuencode_reader *reader, struct slice bytes);
/* The text is over: a last line without line end counts, an open file is ended. */
void uuencode_end(struct uuencode_reader *reader);

#endif
