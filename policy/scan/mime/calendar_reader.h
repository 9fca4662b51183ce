/*
 * The files in a calendar or an address card (RFC 5545 3.8.1.1, RFC 8607, RFC 6350), from a stream.
 *
 * An invitation may carry a file as the value of ATTACH, in base64, its name in one of several parameters.
 * Which properties, parameters and quotes a client understands differs: every property with such a value
 * counts, and every parameter that ends like one for a name. A link is no file. The reader holds the
 * beginning of one line; NULs are left out, so that UTF-16 is read too. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_CALENDAR_READER_H
#define CLOSEDRELAY_SCAN_MIME_CALENDAR_READER_H

#include "base/strbuf.h"
#include "scan/mime/file_sink.h"

/* Of one line, what comes before the value. */
enum { CALENDAR_HEAD_BYTES = 8192 };

enum calendar_state {
    CALENDAR_HEAD,  /* up to the colon before the value */
    CALENDAR_START, /* up to where the value shows whether it is a link */
    CALENDAR_FILE,  /* the value is a file */
    CALENDAR_SKIP,  /* what is left of the line says nothing */
};

struct calendar_reader {
    const struct file_sink *sink;
    enum calendar_state state;
    struct strbuf head;
    size_t value_at; /* where in `head` the value begins */
    bool is_quoted;  /* inside quotes */
    bool is_file_open;
    bool failed;        /* memory ran out */
    bool is_after_line; /* a line end was seen; a blank behind it goes on with the line */
};

/* `sink` must outlive the reader. calendar_reader_deinit frees what it holds. */
void calendar_reader_init(struct calendar_reader *reader, const struct file_sink *sink);
void calendar_reader_deinit(struct calendar_reader *reader);

void calendar_reader_push(struct calendar_reader *reader, struct slice bytes);

/* No more bytes: ends what is open. */
void calendar_reader_end(struct calendar_reader *reader);

/* Whether memory ran out: not everything was read. Sticky. */
bool calendar_reader_failed(const struct calendar_reader *reader);

/* Whether `head`, the first bytes of something, begins a calendar or an address card. */
bool calendar_recognise(struct slice head);

#endif
