#include "config/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <talloc.h>
#include <unistd.h>

static const char *error_words(void *owner, int number)
{
    return talloc_strdup(owner, strerror(number));
}

/* Reads to the end or to one byte more than may be; -1 with errno. */
static ssize_t read_up_to(int descriptor, char *bytes, size_t most)
{
    size_t length = 0;
    while (length < most) {
        const ssize_t got = read(descriptor, bytes + length, most - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static bool read_descriptor(void *owner, int descriptor, size_t bytes_max, struct text_file *file,
                            const char **why)
{
    if (fstat(descriptor, &file->info) != 0) {
        *why = error_words(owner, errno);
        return false;
    }
    if (!S_ISREG(file->info.st_mode)) {
        *why = S_ISDIR(file->info.st_mode) ? "it is a folder" : "it is not a regular file";
        return false;
    }
    /* Files under /proc tell 0, and one may grow meanwhile: the size is no more than a first guess. */
    size_t room =
        (uintmax_t)file->info.st_size >= bytes_max ? bytes_max + 1 : (size_t)file->info.st_size + 4096;
    char *bytes = talloc_size(owner, room + 1);
    if (bytes == NULL) {
        *why = NULL;
        return false;
    }
    const ssize_t length = read_up_to(descriptor, bytes, room);
    if (length < 0)
        *why = error_words(owner, errno);
    else if (room > bytes_max && (size_t)length == room)
        *why = talloc_asprintf(owner, "it is larger than %zu MB", bytes_max / 1000000U);
    else if ((size_t)length == room)
        *why = "it grew while it was read";
    if (length < 0 || (size_t)length == room)
        return false;
    bytes[length] = '\0';
    file->content = slice_make(bytes, (size_t)length);
    return true;
}

bool text_file_read(void *owner, const char *path, size_t bytes_max, struct text_file *file, const char **why)
{
    /* Without O_NONBLOCK opening a pipe would wait for its writer. */
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0) {
        *why = error_words(owner, errno);
        return false;
    }
    const bool done = read_descriptor(owner, descriptor, bytes_max, file, why);
    close(descriptor);
    return done;
}

char *text_file_resolve(void *owner, struct slice path, const char *from)
{
    const struct slice base = slice_of(from);
    const size_t slash = slice_find_last(base, '/');
    if ((path.length > 0 && path.data[0] == '/') || slash == base.length)
        return talloc_strndup(owner, path.data, path.length);
    return talloc_asprintf(owner, "%.*s/%.*s", (int)slash, base.data, (int)path.length, path.data);
}

/* Up to a '#' that begins the line or stands behind a space. */
static struct slice without_comment(struct slice line)
{
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] == '#' && (i == 0 || line.data[i - 1] == ' ' || line.data[i - 1] == '\t'))
            return slice_part(line, 0, i);
    return line;
}

bool text_file_next_entry(struct slice *rest, unsigned *line, struct slice *entry)
{
    while (rest->length > 0) {
        const size_t end = slice_find(*rest, '\n');
        *entry = slice_trim(without_comment(slice_part(*rest, 0, end)));
        *rest = slice_part(*rest, end < rest->length ? end + 1 : end, rest->length);
        ++*line;
        if (entry->length > 0)
            return true;
    }
    return false;
}

size_t text_utf8_next(struct slice text, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text.data;
    const unsigned first = bytes[0];
    const size_t wanted = first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 1;
    *point = first & (0xffU >> (wanted == 1 ? 1 : wanted + 1));
    if (wanted == 1)
        return first < 0x80 ? 1 : 0;
    if (wanted > text.length)
        return 0;
    for (size_t i = 1; i < wanted; i++) {
        if (bytes[i] >> 6 != 2)
            return 0;
        *point = *point << 6 | (bytes[i] & 0x3fU);
    }
    return *point < least[wanted] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff) ? 0 : wanted;
}

bool text_is_printable(uint32_t point)
{
    if (point < ' ')
        return point == '\t' || point == '\r' || point == '\n';
    return (point < 0x7f || point > 0x9f || point == 0x85) && point != 0xfeff && point != 0xfffe &&
           point != 0xffff;
}

void text_hide_controls(char *text, size_t length)
{
    for (size_t at = 0, step; at < length; at += step) {
        uint32_t point;
        step = text_utf8_next(slice_make(text + at, length - at), &point);
        const bool hidden = step == 0 || point < ' ' || !text_is_printable(point) || point == 0x85;
        if (step == 0)
            step = 1;
        if (hidden)
            memset(text + at, '?', step);
    }
}

/* What is wrong with the character at the start; else NULL, and its length. */
static const char *bad_character(struct slice text, size_t *length)
{
    uint32_t point;
    *length = text_utf8_next(text, &point);
    if (*length == 0)
        return "a byte that is not UTF-8";
    if (point == 0)
        return "a NUL byte";
    return text_is_printable(point) ? NULL : "a control character";
}

bool text_file_find_bad_byte(struct slice text, unsigned *line, unsigned *column, const char **what)
{
    *line = *column = 1;
    for (size_t at = 0, length; at < text.length; at += length) {
        *what = bad_character(slice_part(text, at, text.length), &length);
        if (*what != NULL)
            return true;
        if (text.data[at] == '\n') {
            ++*line;
            *column = 0;
        }
        ++*column;
    }
    return false;
}
