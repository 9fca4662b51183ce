/*
 * Decompression of one stream, for the readers whose members or names lie behind it.
 *
 * What comes out goes straight to a sink's member_data; nothing is collected. Output is taken from the
 * budget's unpacked_bytes_left, memory from its kept_bytes_left: the decoder's tables when it is created, its
 * dictionary as it fills (a large one that is declared and not used costs nothing). Check sums are not
 * verified: what an unpacker would have shown before it complained is what matters here.
 *
 * An unpacker belongs to its reader; one thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_UNPACK_H
#define CLOSEDRELAY_SCAN_ARCHIVE_UNPACK_H

#include "scan/archive/archive.h"

enum unpack_method {
    UNPACK_DEFLATE, /* raw, RFC 1951 */
    UNPACK_BZIP2,
    UNPACK_XZ,
    UNPACK_LZIP,     /* one member of a .lz file */
    UNPACK_LZMA,     /* the .lzma format of old: 13 bytes of header, then LZMA */
    UNPACK_ZSTD,     /* one frame, RFC 8878; frames to skip are empty ones */
    UNPACK_LZ4,      /* one frame, likewise */
    UNPACK_LZW,      /* compress (.Z), header included; its end is that of the file */
    UNPACK_ZIP_LZMA, /* as in zips: version, length of the properties, 5 bytes of these, then LZMA */
};

enum unpack_result {
    UNPACK_MORE,        /* all input was used; the stream goes on */
    UNPACK_END,         /* the stream is complete; what follows it was not used */
    UNPACK_UNWANTED,    /* the sink wants no more */
    UNPACK_DAMAGED,     /* the stream makes no sense from here on */
    UNPACK_OVER_BUDGET, /* too much output or memory; the sink was given what was allowed */
};

struct unpack;

/* A decoder under `owner` (talloc), freed with talloc_free. NULL: no memory, or none left in the budget. */
struct unpack *unpack_create(void *owner, enum unpack_method method, struct archive_budget *budget);

/* The content will have so many bytes; UNPACK_ZIP_LZMA, whose end need not be marked, ends there. */
void unpack_expect(struct unpack *unpack, uint64_t unpacked_bytes);

/* Decodes `bytes`, tells the output to `sink`, sets `*used` to how many of them were consumed. After any
 * result but UNPACK_MORE it must not be called again. */
enum unpack_result unpack_push(struct unpack *unpack, struct slice bytes, const struct archive_sink *sink,
                               size_t *used);

#endif
