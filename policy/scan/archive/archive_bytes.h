/*
 * Numbers in untrusted bytes: a cursor that cannot leave what it was given.
 *
 * Reading past the end gives zeroes and sets `overrun`, which stays set: a reader takes the fields of a
 * header one after another and looks once. Pure; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_BYTES_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_BYTES_H

#include "base/slice.h"

#include <stdint.h>

struct archive_bytes {
    struct slice left; /* what was not read yet */
    bool overrun;      /* more was asked for than there was */
};

static inline struct archive_bytes archive_bytes_of(struct slice s)
{
    return (struct archive_bytes){s, false};
}

/* The next `count` bytes; empty, with `overrun` set and nothing left, where there are fewer. */
static inline struct slice archive_bytes_take(struct archive_bytes *bytes, uint64_t count)
{
    if (count > bytes->left.length) {
        bytes->left = slice_part(bytes->left, bytes->left.length, bytes->left.length);
        bytes->overrun = true;
        return bytes->left;
    }
    struct slice taken = slice_part(bytes->left, 0, (size_t)count);
    bytes->left = slice_part(bytes->left, (size_t)count, bytes->left.length);
    return taken;
}

/* The little-endian number at the front of `s`, which has at least `count` (1..8) bytes. */
static inline uint64_t archive_le(const char *s, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = count; i-- > 0;)
        value = value << 8 | (unsigned char)s[i];
    return value;
}

static inline uint64_t archive_bytes_le(struct archive_bytes *bytes, unsigned count)
{
    struct slice taken = archive_bytes_take(bytes, count);
    return taken.length == 0 ? 0 : archive_le(taken.data, count);
}

static inline uint8_t archive_bytes_u8(struct archive_bytes *bytes)
{
    return (uint8_t)archive_bytes_le(bytes, 1);
}

static inline uint16_t archive_bytes_u16(struct archive_bytes *bytes)
{
    return (uint16_t)archive_bytes_le(bytes, 2);
}

static inline uint32_t archive_bytes_u32(struct archive_bytes *bytes)
{
    return (uint32_t)archive_bytes_le(bytes, 4);
}

static inline uint64_t archive_bytes_u64(struct archive_bytes *bytes)
{
    return archive_bytes_le(bytes, 8);
}

/* The bytes before the next NUL, which is passed over too; all that is left, and `overrun`, where there is
 * none. */
static inline struct slice archive_bytes_text(struct archive_bytes *bytes)
{
    size_t length = slice_find(bytes->left, '\0');
    struct slice text = slice_part(bytes->left, 0, length);
    archive_bytes_take(bytes, (uint64_t)length + 1);
    return text;
}

#endif
