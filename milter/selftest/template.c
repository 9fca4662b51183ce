#include "template.h"

enum { TEMPLATE_LEVELS_MAX = 200 };

unsigned template_number(struct slice argument)
{
    unsigned number = 0;
    for (size_t i = 0; i < argument.length && ascii_is_digit(argument.data[i]); i++)
        number = number * 10 + (unsigned)(argument.data[i] - '0');
    return number;
}

/* The offset behind the next `|` or closing `]` on the call's own level; `*end` tells which. 0: there is
 * none. */
static size_t find_argument_end(struct slice text, char *end)
{
    unsigned level = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '$' && i + 1 < text.length) {
            level += text.data[i + 1] == '[' ? 1 : 0;
            i++;
        } else if (level > 0) {
            level -= c == ']' ? 1 : 0;
        } else if (c == '|' || c == ']') {
            *end = c;
            return i + 1;
        }
    }
    return 0;
}

static const struct template_function *find_function(struct slice name)
{
    for (const struct template_function *f = template_functions; f->name != NULL; f++)
        if (slice_equal(name, slice_of(f->name)))
            return f;
    return NULL;
}

static bool run_function(const struct template_function *function, struct template_call *call,
                         const struct slice *raw, struct strbuf *out)
{
    struct strbuf expanded[TEMPLATE_ARGUMENTS_MAX];
    bool is_right = call->count >= function->least;
    for (size_t i = 0; i < call->count; i++)
        strbuf_init(&expanded[i], 0);
    for (size_t i = 0; i < call->count && is_right; i++) {
        bool stays_raw = function->is_raw && i + 1 == call->count;
        if (!stays_raw)
            is_right = template_expand(raw[i], call->turn, call->level + 1, &expanded[i]);
        call->arguments[i] = stays_raw ? raw[i] : strbuf_slice(&expanded[i]);
    }
    is_right = is_right && function->run(call, out);
    for (size_t i = 0; i < call->count; i++)
        strbuf_deinit(&expanded[i]);
    return is_right;
}

/* `text` begins behind "$["; returns how much of it the call takes, 0 where it is not well-formed. */
static size_t expand_call(struct slice text, unsigned turn, unsigned level, struct strbuf *out)
{
    struct template_call call = {.turn = turn, .level = level};
    struct slice raw[TEMPLATE_ARGUMENTS_MAX];
    char end = '|';
    size_t at = find_argument_end(text, &end);
    if (at == 0)
        return 0;
    const struct template_function *function = find_function(slice_part(text, 0, at - 1));
    while (end == '|') {
        size_t length = find_argument_end(slice_part(text, at, text.length), &end);
        if (length == 0 || call.count == TEMPLATE_ARGUMENTS_MAX)
            return 0;
        raw[call.count++] = slice_part(text, at, at + length - 1);
        at += length;
    }
    return function != NULL && run_function(function, &call, raw, out) ? at : 0;
}

static void append_plain(struct slice text, struct strbuf *out)
{
    while (text.length > 0) {
        size_t end = slice_find(text, '\n');
        strbuf_append_slice(out, slice_part(text, 0, end));
        if (end < text.length)
            strbuf_append_text(out, "\r\n");
        text = slice_part(text, end < text.length ? end + 1 : end, text.length);
    }
}

bool template_expand(struct slice text, unsigned turn, unsigned level, struct strbuf *out)
{
    if (level > TEMPLATE_LEVELS_MAX)
        return false;
    while (text.length > 0) {
        size_t dollar = slice_find(text, '$');
        append_plain(slice_part(text, 0, dollar), out);
        text = slice_part(text, dollar, text.length);
        if (text.length == 0)
            break;
        if (text.length == 1)
            return false;
        char next = text.data[1];
        text = slice_part(text, 2, text.length);
        size_t taken = 0;
        if (next == '[') {
            taken = expand_call(text, turn, level, out);
            if (taken == 0)
                return false;
        } else if (next == '#') {
            strbuf_append_u64(out, turn);
        } else {
            strbuf_append_byte(out, next);
        }
        text = slice_part(text, taken, text.length);
    }
    return !out->failed;
}
