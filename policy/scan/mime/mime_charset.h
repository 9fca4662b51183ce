/*
 * Text of a declared charset, as UTF-8.
 *
 * Only charsets of a fixed list are handed to iconv, and only towards UTF-8: its rarer converters have had
 * endless loops and overflows. Any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_CHARSET_H
#define CLOSEDRELAY_SCAN_MIME_MIME_CHARSET_H

#include "base/strbuf.h"

enum { MIME_CHARSET_BYTES_MAX = 4096 }; /* of longer text only the last so many bytes are converted */

enum mime_charset_result {
    MIME_CHARSET_UNKNOWN, /* not on the list and no plain ASCII, or not to be decoded here: nothing was
                             appended */
    MIME_CHARSET_SURE,
    MIME_CHARSET_DOUBTFUL, /* clients may read it differently: UTF-16 in which more orders than one make
                              sense, cut text */
};

/*
 * Appends `bytes`, understood as `charset` (any case and punctuation, common aliases, RFC 2231 language after
 * '*' allowed), to `out` in UTF-8. Undecodable bytes become U+FFFD.
 */
enum mime_charset_result mime_charset_to_utf8(struct slice charset, struct slice bytes, struct strbuf *out);

#endif
