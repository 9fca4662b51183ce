/*
 * A growing byte buffer with a ceiling and a sticky error.
 *
 * Appending never fails loudly: once memory runs out or the ceiling is reached, the buffer keeps what it has,
 * `failed` stays set, and later appends do nothing. Callers write all they have and look once at the end.
 * The content is always followed by a NUL byte that `length` does not count. Not for use from two threads at
 * a time.
 */
#ifndef CLOSEDRELAY_BASE_STRBUF_H
#define CLOSEDRELAY_BASE_STRBUF_H

#include "base/slice.h"

#include <stdarg.h>
#include <stdint.h>

struct strbuf {
    char *data;      /* never NULL to readers: strbuf_text() */
    size_t length;   /* bytes in use, without the final NUL */
    size_t capacity; /* bytes allocated */
    size_t ceiling;  /* most bytes it may hold; 0: no ceiling */
    bool failed;     /* out of memory or over the ceiling: content is incomplete */
};

/* `ceiling` in bytes; 0 for none. No memory is taken before the first append. */
void strbuf_init(struct strbuf *buffer, size_t ceiling);
void strbuf_deinit(struct strbuf *buffer);

/* Empties the buffer and forgets the error; keeps the memory. */
void strbuf_reset(struct strbuf *buffer);

void strbuf_append(struct strbuf *buffer, const void *data, size_t length);
void strbuf_append_slice(struct strbuf *buffer, struct slice s);
void strbuf_append_text(struct strbuf *buffer, const char *text);
void strbuf_append_u64(struct strbuf *buffer, uint64_t number);
void strbuf_printf(struct strbuf *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Takes memory for `extra` more bytes at once, so that appending them takes none; false once the buffer has
 * failed.
 */
bool strbuf_reserve(struct strbuf *buffer, size_t extra);

/* strbuf_extend() where memory or the ceiling has to be looked at. */
char *strbuf_extend_slowly(struct strbuf *buffer, size_t length);

/* Room for `length` more bytes, which the caller fills at once; NULL once the buffer has failed. */
static inline char *strbuf_extend(struct strbuf *buffer, size_t length)
{
    if (buffer->failed || buffer->ceiling != 0 || length >= buffer->capacity - buffer->length)
        return strbuf_extend_slowly(buffer, length);
    char *room = buffer->data + buffer->length;
    buffer->length += length;
    room[length] = '\0';
    return room;
}

static inline void strbuf_append_byte(struct strbuf *buffer, char byte)
{
    char *room = strbuf_extend(buffer, 1);
    if (room != NULL)
        *room = byte;
}

/* Keeps the first `length` bytes. */
void strbuf_truncate(struct strbuf *buffer, size_t length);

/* The content, NUL-terminated; "" while nothing was appended. Valid until the next append. */
const char *strbuf_text(const struct strbuf *buffer);
struct slice strbuf_slice(const struct strbuf *buffer);

#endif
