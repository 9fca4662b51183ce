/*
 * What may stand where an archive has nothing to say: NUL bytes, white space, Ctrl-Z. Blocks, lines and text
 * transfers pad files with them, and nothing can hide there. Pure; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_PADDING_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_PADDING_H

#include "base/slice.h"

/* How many bytes at the front are padding. */
static inline size_t archive_padding_length(struct slice bytes)
{
    static const bool is_padding[256] = {
        ['\0'] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true, [' '] = true, [0x1a] = true};
    size_t length = 0;
    while (length < bytes.length && is_padding[(unsigned char)bytes.data[length]])
        length++;
    return length;
}

#endif
