#include "message_split.h"

/* The first line without its end; `*rest` is what follows. */
static struct slice take_line(struct slice text, struct slice *rest)
{
    size_t end = slice_find(text, '\n');
    struct slice line = slice_part(text, 0, end);
    *rest = slice_part(text, end < text.length ? end + 1 : end, text.length);
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

/* RFC 5322, 2.2; blanks before the colon are let pass, as MTAs do. 0: the line is no field. */
static size_t name_length(struct slice line, size_t *value_at)
{
    size_t length = 0;
    while (length < line.length && line.data[length] > 0x20 && line.data[length] < 0x7f &&
           line.data[length] != ':')
        length++;
    size_t colon = length;
    while (colon < line.length && (line.data[colon] == ' ' || line.data[colon] == '\t'))
        colon++;
    if (colon == line.length || line.data[colon] != ':')
        return 0;
    *value_at = colon + 1;
    return length;
}

static bool is_folded(struct slice text)
{
    return text.length > 0 && (text.data[0] == ' ' || text.data[0] == '\t');
}

struct slice message_split(struct slice message, struct strbuf *scratch,
                           bool (*field)(void *context, const char *name, const char *value), void *context)
{
    bool is_wanted = true;
    while (message.length > 0) {
        struct slice rest;
        struct slice line = take_line(message, &rest);
        size_t value_at = 0;
        size_t length = name_length(line, &value_at);
        if (line.length == 0)
            return rest;
        if (length == 0)
            break;
        strbuf_reset(scratch);
        strbuf_append_slice(scratch, slice_part(line, 0, length));
        strbuf_append_byte(scratch, '\0');
        value_at += value_at < line.length && line.data[value_at] == ' ' ? 1 : 0;
        size_t value_from = scratch->length;
        strbuf_append_slice(scratch, slice_part(line, value_at, line.length));
        while (is_folded(rest)) {
            strbuf_append_byte(scratch, '\n');
            strbuf_append_slice(scratch, take_line(rest, &rest));
        }
        is_wanted = is_wanted && field(context, strbuf_text(scratch), strbuf_text(scratch) + value_from);
        message = rest;
    }
    return message;
}
