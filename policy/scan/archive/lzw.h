/*
 * LZW as compress writes it (.Z): a header of three bytes, then codes of 9 to 16 bits, the lowest bit first,
 * each the number of a string that came before and the byte behind it. Where codes grow wider, and where all
 * strings are forgotten, what is left of eight codes is not in use.
 *
 * There is no mark of its end and no check sum. Input and output may be cut anywhere. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_LZW_H
#define CLOSEDRELAY_SCAN_ARCHIVE_LZW_H

#include "base/slice.h"

#include <stdint.h>

struct lzw;

/* What a decoder takes of memory. */
extern const size_t lzw_bytes;

/* A new decoder, for lzw_destroy; NULL: no memory. */
struct lzw *lzw_create(void);
void lzw_destroy(struct lzw *lzw);

/* Takes bytes from the front of `*input` and writes what they mean to `out`, until the input is used up or
 * `room` is; `*made` becomes the bytes written. False: it makes no sense from there on. */
bool lzw_decode(struct lzw *lzw, struct slice *input, char *out, size_t room, size_t *made);

#endif
