/*
 * Names in UTF-16, as archives store them, to UTF-8.
 *
 * Surrogates without their partner become U+FFFD: unpackers differ on them, and none of them matters to an
 * extension. Pure; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_TEXT_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_TEXT_H

#include "base/strbuf.h"

enum archive_byte_order {
    ARCHIVE_LITTLE_ENDIAN,
    ARCHIVE_BIG_ENDIAN,
};

/* Appends one code point (below 0x110000) as UTF-8. */
void archive_text_append_code_point(struct strbuf *text, uint32_t code_point);

/* Appends `utf16` (an odd last byte is left out) as UTF-8. Memory trouble shows in the buffer's sticky error.
 */
void archive_text_append_utf16(struct strbuf *text, struct slice utf16, enum archive_byte_order order);

#endif
