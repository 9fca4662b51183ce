#include "base/strbuf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void strbuf_init(struct strbuf *buffer, size_t ceiling)
{
    *buffer = (struct strbuf){.ceiling = ceiling};
}

void strbuf_deinit(struct strbuf *buffer)
{
    free(buffer->data);
    *buffer = (struct strbuf){.ceiling = buffer->ceiling};
}

void strbuf_reset(struct strbuf *buffer)
{
    strbuf_truncate(buffer, 0);
    buffer->failed = false;
}

bool strbuf_reserve(struct strbuf *buffer, size_t extra)
{
    if (buffer->failed)
        return false;
    if (extra > SIZE_MAX / 4 || (buffer->ceiling != 0 && extra > buffer->ceiling - buffer->length)) {
        buffer->failed = true;
        return false;
    }
    size_t wanted = buffer->length + extra + 1;
    if (wanted <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
    while (capacity < wanted)
        capacity *= 2;
    char *grown = realloc(buffer->data, capacity);
    if (grown == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = grown;
    buffer->capacity = capacity;
    return true;
}

char *strbuf_extend_slowly(struct strbuf *buffer, size_t length)
{
    if (!strbuf_reserve(buffer, length))
        return NULL;
    char *room = buffer->data + buffer->length;
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return room;
}

void strbuf_append(struct strbuf *buffer, const void *data, size_t length)
{
    char *room = length == 0 ? NULL : strbuf_extend(buffer, length);
    if (room != NULL)
        memcpy(room, data, length);
}

void strbuf_append_slice(struct strbuf *buffer, struct slice s)
{
    strbuf_append(buffer, s.data, s.length);
}

void strbuf_append_text(struct strbuf *buffer, const char *text)
{
    strbuf_append(buffer, text, strlen(text));
}

void strbuf_append_u64(struct strbuf *buffer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    strbuf_append(buffer, digits + at, sizeof digits - at);
}

void strbuf_printf(struct strbuf *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(buffer, format, arguments);
    va_end(arguments);
}

void strbuf_vprintf(struct strbuf *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int needed = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(needed >= 0);
    if (!strbuf_reserve(buffer, (size_t)needed))
        return;
    vsnprintf(buffer->data + buffer->length, (size_t)needed + 1, format, arguments);
    buffer->length += (size_t)needed;
}

void strbuf_truncate(struct strbuf *buffer, size_t length)
{
    assert(length <= buffer->length);
    buffer->length = length;
    if (buffer->data != NULL)
        buffer->data[length] = '\0';
}

const char *strbuf_text(const struct strbuf *buffer)
{
    return buffer->data == NULL ? "" : buffer->data;
}

struct slice strbuf_slice(const struct strbuf *buffer)
{
    return slice_make(strbuf_text(buffer), buffer->length);
}
