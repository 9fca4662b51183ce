/*
 * One way to decode a leaf of a message: its lines as they stand there go in, decoded content goes to a
 * stream (content_private.h). A leaf on whose encoding clients disagree has several.
 *
 * Belongs to its leaf; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_CONTENT_READING_H
#define CLOSEDRELAY_SCAN_CONTENT_CONTENT_READING_H

#include "scan/content/content_private.h"
#include "scan/mime/transfer_decode.h"

/* What clients make different things of. */
enum content_reading_oddity {
    CONTENT_READING_GOES_ON = 1 << 0,  /* base64 behind its end */
    CONTENT_READING_HAS_JUNK = 1 << 1, /* "-" or "_" in base64, which only some decode */
    CONTENT_READING_IS_OPEN = 1 << 2,  /* more bytes could have made something else of it */
};

struct content_reading;

/* A reading of `subject`, which must outlive it; `flags` are its stream's. NULL: out of memory (noted). */
struct content_reading *content_reading_create(void *owner, enum transfer_encoding encoding,
                                               struct content_subject *subject, unsigned flags,
                                               struct content_depth depth);

/* The next bytes, at least one; false once nothing more is wanted. */
bool content_reading_push(struct content_reading *reading, struct slice raw);

/* No more bytes. Returns the oddities. */
unsigned content_reading_end(struct content_reading *reading);

/* The decoded size of `raw_bytes` as if every line were as long as the first: most of them are never decoded.
 */
uint64_t content_reading_size(const struct content_reading *reading, uint64_t raw_bytes);

#endif
