#include "scan/mime/header_end.h"

bool header_end_is_field(struct slice line)
{
    size_t at = 0;
    if (line.length > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
        return slice_trim(line).length > 0;
    while (at < line.length && line.data[at] > ' ' && line.data[at] < '\x7f' && line.data[at] != ':')
        at++;
    return at > 0 && at < line.length && line.data[at] == ':';
}

/* The line at `at` without its end, which is that to somebody. Sets where the next one begins, and whether
 * all see its end. */
static struct slice line_at(struct slice lines, size_t at, size_t *next, bool *is_certain)
{
    size_t end = at;
    while (end < lines.length && lines.data[end] != '\r' && lines.data[end] != '\n' &&
           lines.data[end] != '\0')
        end++;
    const bool has_crlf = end + 1 < lines.length && lines.data[end] == '\r' && lines.data[end + 1] == '\n';
    *is_certain = has_crlf || end == lines.length || lines.data[end] == '\n';
    *next = end + (has_crlf ? 2 : end < lines.length ? 1 : 0);
    return slice_part(lines, at, end);
}

size_t header_end_next(struct slice lines, size_t at)
{
    size_t next;
    bool is_certain;
    bool was_regular = header_end_is_field(line_at(lines, at, &next, &is_certain)) && is_certain;
    while (next < lines.length) {
        at = next;
        struct slice line = line_at(lines, at, &next, &is_certain);
        const bool is_field = header_end_is_field(line) && is_certain;
        if (slice_trim(line).length > 0 && !(is_field && was_regular))
            return at;
        was_regular = is_field;
    }
    return lines.length;
}
