/*
 * Text of a declared charset, as UTF-8.
 *
 * Only charsets of a fixed list are handed to iconv, and only towards UTF-8: its rarer converters have had
 * endless loops and overflows. Any thread.
 */
#ifndef CLOSEDRELAY_MIME_MIME_CHARSET_H
#define CLOSEDRELAY_MIME_MIME_CHARSET_H

#include "base/slice.h"
#include "base/strbuf.h"

enum { MIME_CHARSET_BYTES_MAX = 4096 }; /* of longer text only the last so many bytes are converted */

/*
 * Appends `bytes`, understood as `charset` (any case, RFC 2231 language after '*' allowed), to `out` in
 * UTF-8. Undecodable bytes become U+FFFD. Returns false, and appends nothing, if the charset is not on the
 * list.
 */
bool mime_charset_to_utf8(struct slice charset, struct slice bytes, struct strbuf *out);

#endif
