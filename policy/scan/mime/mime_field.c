#include "scan/mime/mime_field.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* RFC 2045 5.1: a token has none of the specials; in what is no name senders write some of them. */
static bool is_token_byte(char c, bool is_name)
{
    if ((unsigned char)c <= ' ' || (unsigned char)c >= 0x7f || strchr("\"();<>@,\\", c) != NULL)
        return false;
    return !is_name || strchr("=?[]:/*%'&", c) == NULL;
}

/* The length of the fold at `at`, up to its blank (RFC 5322 2.2.3), or 0. */
static size_t fold_length(struct slice s, size_t at)
{
    size_t line_end = at + (at < s.length && s.data[at] == '\r' ? 1 : 0);
    bool is_fold = line_end + 1 < s.length && s.data[line_end] == '\n' && is_blank(s.data[line_end + 1]);
    return is_fold ? line_end + 1 - at : 0;
}

/* Over blanks, and folds with at least one blank behind (RFC 5322 2.2.3). */
static size_t skip_blanks(struct slice s, size_t at)
{
    for (;;) {
        while (at < s.length && is_blank(s.data[at]))
            at++;
        size_t fold = fold_length(s, at);
        if (fold == 0)
            return at;
        at += fold;
    }
}

bool mime_field_is_name(struct slice key)
{
    return slice_equal_nocase(key, slice_of("filename")) || slice_equal_nocase(key, slice_of("name"));
}

/* Whether "charset?B?text" or "charset?Q?text" is what an encoder writes: digits of base64 and padding at its
 * end, hex digits behind `=`. */
static bool is_well_encoded(struct slice word)
{
    size_t mark = slice_find(word, '?');
    bool is_marked = mark + 2 < word.length && word.data[mark + 2] == '?';
    char encoding = is_marked ? ascii_lower(word.data[mark + 1]) : '\0';
    for (size_t i = mark + 3; i < word.length; i++) {
        char c = word.data[i];
        if (encoding == 'b' && !ascii_is_alpha(c) && !ascii_is_digit(c) && strchr("+/=", c) == NULL)
            return false;
        if (c != '=')
            continue;
        if (encoding == 'b' && i + 2 < word.length)
            return false;
        if (encoding == 'q' && (i + 2 >= word.length || ascii_hex_value(word.data[i + 1]) < 0 ||
                                ascii_hex_value(word.data[i + 2]) < 0))
            return false;
    }
    return encoding == 'b' || encoding == 'q';
}

/* The words of `text`, a blank or a fold between two, in one charset: "=?utf-8?Q?a?= =?utf-8?B?YQ==?=". Who
 * does not know the charset knows none of the name then, and nobody leaves out a part. */
static bool is_all_words(struct slice text)
{
    struct slice charset = slice_make("", 0);
    size_t at = 0;
    while (at < text.length) {
        struct slice rest = slice_part(text, at, text.length);
        size_t marks = 0, i = 2;
        bool is_word = rest.length > 6 && rest.data[0] == '=' && rest.data[1] == '?';
        for (; is_word && i < rest.length && !(marks >= 2 && rest.data[i] == '?'); i++) {
            is_word = (unsigned char)rest.data[i] > ' ' && (unsigned char)rest.data[i] < 0x7f &&
                      strchr("\"\\", rest.data[i]) == NULL;
            marks += rest.data[i] == '?' ? 1 : 0;
            is_word = is_word && !(marks == 1 && rest.data[i] == '?' && i == 2);
        }
        if (!is_word || i + 1 >= rest.length || rest.data[i + 1] != '=' ||
            !is_well_encoded(slice_part(rest, 2, i)))
            return false;
        struct slice label = slice_part(rest, 2, 2 + slice_find(slice_part(rest, 2, i), '?'));
        if (at > 0 && !slice_equal_nocase(label, charset))
            return false;
        charset = label;
        at += i + 2;
        size_t next = skip_blanks(text, at);
        if (at < text.length && (next == at || next == text.length))
            return false;
        at = next;
    }
    return text.length > 0;
}

/* Whether there is one reading of quoted text; the piece of a name may also have semicolons and folds, which
 * are read in all ways. */
static bool is_plain_quoted(struct slice text, bool is_piece)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        size_t fold = is_piece ? fold_length(text, i) : 0;
        if (fold == 0 && (c < ' ' || c == 0x7f || c == '\\' || (c == ';' && !is_piece)))
            return false;
        i += fold;
    }
    return text.length < 2 || memmem(text.data, text.length, "=?", 2) == NULL;
}

/* Blanks at its ends, and comments, are left out by some. */
static bool is_plain_boundary(struct slice text)
{
    return text.length > 0 && slice_trim(text).length == text.length && slice_find(text, '(') == text.length;
}

/* `charset'language'` in front of the first piece, then percent-encoded text (RFC 2231 7). */
static bool is_extended_value(struct slice text, bool has_charset)
{
    unsigned quotes = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '\'') {
            quotes++;
        } else if (c == '%') {
            if (i + 2 >= text.length || ascii_hex_value(text.data[i + 1]) < 0 ||
                ascii_hex_value(text.data[i + 2]) < 0)
                return false;
            i += 2;
        } else if (!is_token_byte(c, true)) {
            return false;
        }
    }
    return quotes == (has_charset ? 2 : 0);
}

/* One parameter at `at`, behind its semicolon; returns the offset behind it, or s.length + 1 for none. */
static size_t parse_parameter(struct slice s, size_t at, struct mime_field_parameter *parameter)
{
    const size_t wrong = s.length + 1;
    size_t from = at;
    while (at < s.length && (ascii_is_alpha(s.data[at]) || ascii_is_digit(s.data[at]) || s.data[at] == '-' ||
                             s.data[at] == '_' || s.data[at] == '.'))
        at++;
    *parameter = (struct mime_field_parameter){.key = slice_part(s, from, at), .index = -1};
    if (at + 1 < s.length && s.data[at] == '*' && ascii_is_digit(s.data[at + 1])) {
        size_t digits = at + 1;
        for (parameter->index = 0, at++; at < s.length && ascii_is_digit(s.data[at]) && at - digits < 3; at++)
            parameter->index = parameter->index * 10 + (s.data[at] - '0');
        if (s.data[digits] == '0' && at - digits > 1)
            return wrong;
    }
    parameter->is_extended = at < s.length && s.data[at] == '*';
    at += parameter->is_extended ? 1 : 0;
    if (parameter->key.length == 0 || at >= s.length || s.data[at] != '=')
        return wrong;
    bool is_name = mime_field_is_name(parameter->key) || parameter->index >= 0 || parameter->is_extended;
    bool is_quoted = ++at < s.length && s.data[at] == '"';
    from = at + (is_quoted ? 1 : 0);
    if (is_quoted) {
        at = from + slice_find(slice_part(s, from, s.length), '"');
        parameter->value = slice_part(s, from, at < s.length ? at : s.length);
        bool is_of_name = mime_field_is_name(parameter->key), is_piece = is_of_name && parameter->index >= 0;
        bool is_words = is_of_name && !is_piece && is_all_words(parameter->value);
        bool is_boundary = slice_equal_nocase(parameter->key, slice_of("boundary"));
        if (is_boundary && !is_plain_boundary(parameter->value))
            return wrong;
        bool is_fine = !parameter->is_extended && at < s.length &&
                       (is_words || is_plain_quoted(parameter->value, is_piece));
        return is_fine ? at + 1 : wrong;
    }
    while (at < s.length && is_token_byte(s.data[at], is_name && !parameter->is_extended))
        at++;
    parameter->value = slice_part(s, from, at);
    if (memmem(s.data + from - 1, at - from + 1, "=?", 2) != NULL) /* some decode words first */
        return wrong;
    if (parameter->is_extended && !is_extended_value(parameter->value, parameter->index <= 0))
        return wrong;
    return parameter->value.length > 0 || !is_name ? at : wrong;
}

/* Whether the parameter may stand behind those before it: each key once, pieces in order. */
static bool is_in_order(const struct mime_field *field, const struct mime_field_parameter *next)
{
    const struct mime_field_parameter *last = field->count == 0 ? NULL : &field->parameters[field->count - 1];
    if (next->index > 0)
        return last != NULL && last->index == next->index - 1 && slice_equal(last->key, next->key);
    for (uint32_t i = 0; i < field->count; i++) {
        const struct mime_field_parameter *other = &field->parameters[i];
        bool is_pair = other->index < 0 && next->index < 0 && other->is_extended != next->is_extended;
        if (slice_equal_nocase(other->key, next->key) && !is_pair)
            return false;
    }
    return true;
}

bool mime_field_parse(struct mime_field *field, struct slice value)
{
    size_t at = skip_blanks(value, 0), from = at;
    field->count = 0;
    while (at < value.length && is_token_byte(value.data[at], false) && value.data[at] != '=' &&
           value.data[at] != '?')
        at++;
    field->lead = slice_part(value, from, at);
    for (;;) {
        at = skip_blanks(value, at);
        if (at == value.length)
            return true;
        if (value.data[at] != ';')
            return false;
        at = skip_blanks(value, at + 1);
        if (at == value.length)
            return true;
        if (field->count == MIME_FIELD_PARAMETERS_MAX)
            return false;
        struct mime_field_parameter *parameter = &field->parameters[field->count];
        at = parse_parameter(value, at, parameter);
        if (at > value.length || !is_in_order(field, parameter))
            return false;
        field->count++;
    }
}
