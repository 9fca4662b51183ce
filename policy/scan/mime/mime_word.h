/*
 * RFC 2047 encoded words (`=?charset?B?…?=`), decoded wherever they stand.
 *
 * RFC 2047 (5) forbids them inside quotes and in parameters; senders put them there and clients decode them
 * there. A character may be split between words (against section 5, but common): neighbours of one charset
 * are joined before conversion. An unterminated word reaches to the end. Linear in the input; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_MIME_MIME_WORD_H
#define CLOSEDRELAY_SCAN_MIME_MIME_WORD_H

#include "base/slice.h"
#include "base/strbuf.h"

/* What becomes of blanks between two words: dropped says RFC 2047 (6.2), some clients keep them. */
enum mime_word_blanks { MIME_WORD_BLANKS_DROPPED, MIME_WORD_BLANKS_KEPT };

/* Of one text at most so many runs of words are converted from their charset; the rest stays raw bytes. */
enum { MIME_WORD_CONVERSIONS_MAX = 32 };

enum mime_word_result {
    MIME_WORD_NONE = 0,
    MIME_WORD_FOUND = 1 << 0,
    MIME_WORD_DOUBTFUL = 1 << 1, /* some were left as raw bytes, or clients read them differently */
};

/*
 * Appends `text` with its words decoded to `out`, in UTF-8 where the charset is known and as raw bytes where
 * it is not. Returns mime_word_result bits, 0 for no words.
 */
unsigned mime_word_decode(struct slice text, enum mime_word_blanks blanks, struct strbuf *out);

#endif
