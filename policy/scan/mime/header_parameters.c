#include "scan/mime/header_parameters.h"

#include "scan/mime/header_views.h"

#include <assert.h>

/* How quotes are understood while looking for parameters. */
enum quote_mode {
    QUOTES_STRICT,       /* with backslash escapes */
    QUOTES_NO_BACKSLASH, /* a backslash is an ordinary character */
    QUOTES_IGNORED,      /* a quote is an ordinary character: what others take for quoted is looked at */
};

struct search {
    struct slice text;
    bool is_strict;
    bool is_decoded;
    const struct mime_limits *limits;
    void (*visit)(void *context, const struct header_parameter *parameter);
    void *context;
    unsigned found_count; /* in all views; four of them may see each parameter */
    unsigned result;
    struct strbuf scratch; /* readings that are not a part of the text */
};

static const struct {
    const char *name;
    enum parameter_kind kind;
} wanted[] = {
    {"filename", PARAMETER_FILENAME},
    {"name", PARAMETER_NAME},
    {"boundary", PARAMETER_BOUNDARY},
};

static bool is_space(char c)
{
    return c == ' ' || (unsigned char)c < 0x20;
}

static struct slice trim_spaces(struct slice s)
{
    while (s.length > 0 && is_space(s.data[0]))
        s = slice_part(s, 1, s.length);
    while (s.length > 0 && is_space(s.data[s.length - 1]))
        s.length--;
    return s;
}

/* Whether a parameter name may begin after `c`. */
static bool ends_word(char c)
{
    /* The no-break space of Latin-1, or the end of UTF-8's, is a blank to web mailers. */
    return is_space(c) || c == '\xa0' || strchr(";,\"'()<>/:=", c) != NULL;
}

static void add_reading(struct header_parameter *parameter, struct slice reading)
{
    if (reading.length == 0)
        return;
    for (size_t i = 0; i < parameter->reading_count; i++)
        if (slice_equal(parameter->readings[i], reading))
            return;
    if (parameter->reading_count < PARAMETER_READINGS_MAX)
        parameter->readings[parameter->reading_count++] = reading;
}

/* The offset of the quote that closes the one before `s`, or s.length. */
static size_t closing_quote(struct slice s, bool with_backslash)
{
    for (size_t i = 0; i < s.length; i++) {
        if (with_backslash && s.data[i] == '\\')
            i++;
        else if (s.data[i] == '"')
            return i;
    }
    return s.length;
}

/* `s` without the bytes of `dropped`; a backslash also takes no part in what follows it. Kept in the scratch
 * buffer, which must have room: a reading stays where it is while others are added. */
static struct slice without(struct search *search, struct slice s, char dropped)
{
    size_t from = search->scratch.length;
    for (size_t i = 0; i < s.length; i++) {
        if (s.data[i] == dropped && dropped == '\\' && i + 1 < s.length)
            i++;
        else if (s.data[i] == dropped)
            continue;
        strbuf_append_byte(&search->scratch, s.data[i]);
    }
    return slice_part(strbuf_slice(&search->scratch), from, search->scratch.length);
}

/* Up to the next `;` outside quotes. */
static struct slice until_semicolon(struct slice s)
{
    bool in_quotes = false;
    for (size_t i = 0; i < s.length; i++) {
        if (s.data[i] == '"')
            in_quotes = !in_quotes;
        if (s.data[i] == ';' && !in_quotes)
            return slice_part(s, 0, i);
    }
    return s;
}

/* Whether more of the name may follow a closing quote: `"a".exe`, `""a=b""`, but not `"a" size=3`. */
static bool is_continued(struct slice after_quote)
{
    if (after_quote.length > 0 && !is_space(after_quote.data[0]) && after_quote.data[0] != ';')
        return true;
    struct slice rest = trim_spaces(until_semicolon(after_quote));
    return rest.length > 0 && slice_find(rest, '=') == rest.length;
}

/* Clients that split at semicolons before they look for quotes see `"evil.exe` of `"evil.exe;.txt"`. With a
 * blank behind it a semicolon is one of a sentence. */
static void read_cut_at_semicolon(struct slice quoted, struct header_parameter *parameter)
{
    size_t at = slice_find(quoted, ';');
    if (parameter->kind != PARAMETER_BOUNDARY && at + 1 < quoted.length && !is_space(quoted.data[at + 1]))
        add_reading(parameter, trim_spaces(slice_part(quoted, 0, at)));
}

/* Clients that look for semicolons only, and strip the outer quotes then, see all of `"a.txt" x=".exe"`. */
static void read_outer_quotes(struct slice inner, struct header_parameter *parameter)
{
    bool in_quotes = true;
    size_t end = 0;
    while (end < inner.length && (in_quotes || inner.data[end] != ';'))
        in_quotes = in_quotes != (inner.data[end++] == '"');
    add_reading(parameter, slice_part(inner, 0, slice_find_last(slice_part(inner, 0, end), '"')));
}

static void read_quoted(struct search *search, struct slice s, struct header_parameter *parameter)
{
    struct slice inner = slice_part(s, 1, s.length);
    size_t end = closing_quote(inner, true);
    struct slice strict = slice_part(inner, 0, end);
    if (slice_find(strict, '\\') < strict.length)
        add_reading(parameter, without(search, strict, '\\'));
    add_reading(parameter, strict);
    add_reading(parameter, slice_part(inner, 0, closing_quote(inner, false)));
    if (end == inner.length)
        add_reading(parameter, trim_spaces(slice_part(inner, 0, slice_find(inner, ';'))));
    else if (is_continued(slice_part(inner, end + 1, inner.length)))
        add_reading(parameter, trim_spaces(without(search, until_semicolon(s), '"')));
    if (parameter->kind != PARAMETER_BOUNDARY)
        read_outer_quotes(inner, parameter);
    read_cut_at_semicolon(strict, parameter);
}

static void read_unquoted(struct search *search, struct slice s, struct header_parameter *parameter)
{
    struct slice all = trim_spaces(slice_part(s, 0, slice_find(s, ';')));
    size_t token = 0;
    while (token < all.length && !is_space(all.data[token]) && strchr("\"(),<>@?", all.data[token]) == NULL)
        token++;
    struct slice first = slice_part(all, 0, token);
    if (parameter->kind == PARAMETER_BOUNDARY && !search->is_decoded)
        add_reading(parameter, slice_part(all, 0, slice_find(all, ' ')));
    add_reading(parameter, all);
    if (!search->is_decoded) {
        add_reading(parameter, first);
        add_reading(parameter, slice_part(all, 0, slice_find(all, ' ')));
    }
    if (slice_find(all, '"') < all.length)
        add_reading(parameter, without(search, all, '"'));
    if (slice_find(all, '\\') < all.length)
        add_reading(parameter, without(search, all, '\\'));
}

static size_t skip_spaces(struct slice s, size_t at)
{
    while (at < s.length && is_space(s.data[at]))
        at++;
    return at;
}

/* What clients that only look for a star read over: `**=`, `*0*0=`, `*a=`. */
static size_t skip_odd_suffix(struct slice s, size_t at)
{
    enum { ODD_SUFFIX_BYTES = 32 };
    size_t end = s.length - at < ODD_SUFFIX_BYTES ? s.length : at + ODD_SUFFIX_BYTES;
    while (at < end && (s.data[at] == '*' || s.data[at] == '-' || ascii_is_digit(s.data[at]) ||
                        ascii_is_alpha(s.data[at])))
        at++;
    return at;
}

/* What clients that only look for digits read over: `*0x=`, `*0,1=`. */
static size_t skip_odd_number(struct slice s, size_t at)
{
    enum { ODD_NUMBER_BYTES = 16 };
    size_t end = s.length - at < ODD_NUMBER_BYTES ? s.length : at + ODD_NUMBER_BYTES;
    while (at < end && !is_space(s.data[at]) && strchr("*=;\"", s.data[at]) == NULL)
        at++;
    return at;
}

/* Parses `*N*` between a name and its `=`; returns the offset of the `=`, or s.length if it is no parameter.
 */
static size_t parse_suffix(struct search *search, struct slice s, struct header_parameter *parameter)
{
    /* Blanks before the star are read over by some, and a quote of `"filename"=` by others. */
    size_t at = skip_spaces(s, s.length > 0 && s.data[0] == '"' ? 1 : 0);
    parameter->index = -1;
    size_t digits = at < s.length ? skip_spaces(s, at + 1) : at;
    if (digits < s.length && s.data[at] == '*' && ascii_is_digit(s.data[digits])) {
        unsigned long index = 0;
        for (at = digits; at < s.length && ascii_is_digit(s.data[at]); at++)
            index = index > 100000 ? index : index * 10 + (unsigned long)(s.data[at] - '0');
        if (index > search->limits->parameter_index) {
            search->result |= HEADER_PARAMETERS_TOO_HIGH;
            return s.length;
        }
        parameter->index = (int)index;
        at = skip_odd_number(s, at);
    }
    parameter->is_starred = at < s.length && s.data[at] == '*';
    if (parameter->is_starred) {
        size_t end = skip_odd_suffix(s, at + 1);
        parameter->index = end > at + 1 ? -1 : parameter->index;
        at = end;
    }
    at = skip_spaces(s, at);
    return at < s.length && s.data[at] == '=' ? at : s.length;
}

/* Finds the wanted name at the front of `s`; returns its length or 0. */
static size_t match_name(struct slice s, enum parameter_kind *kind)
{
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct slice name = slice_of(wanted[i].name);
        if (slice_starts_nocase(s, name)) {
            *kind = wanted[i].kind;
            return name.length;
        }
    }
    return 0;
}

/* Makes the scratch buffer large enough that readings made in it do not move while others are added. */
static bool reserve_scratch(struct search *search, struct slice value)
{
    strbuf_truncate(&search->scratch, 0);
    for (int i = 0; i < 3; i++)
        strbuf_append_slice(&search->scratch, value);
    strbuf_truncate(&search->scratch, 0);
    if (search->scratch.failed)
        search->result |= HEADER_PARAMETERS_NO_MEMORY;
    return !search->scratch.failed;
}

static void tell_parameter(struct search *search, struct slice value, struct header_parameter *parameter)
{
    while (value.length > 0 && is_space(value.data[0]))
        value = slice_part(value, 1, value.length);
    bool is_cut = value.length > PARAMETER_BYTES_MAX;
    if (is_cut)
        value = slice_part(value, 0, PARAMETER_BYTES_MAX);
    if (!reserve_scratch(search, value))
        return;
    if (value.length > 0 && value.data[0] == '"')
        read_quoted(search, value, parameter);
    else
        read_unquoted(search, value, parameter);
    for (size_t i = 0; is_cut && i < parameter->reading_count; i++)
        if (parameter->readings[i].data + parameter->readings[i].length == value.data + value.length)
            search->result |= HEADER_PARAMETERS_TOO_LONG;
    search->visit(search->context, parameter);
}

/* Looks for a parameter at offset `at` of the text. */
static void try_at(struct search *search, size_t at)
{
    struct slice text = search->text;
    struct header_parameter parameter = {.is_strict = search->is_strict};
    if (at > 0 && !ends_word(text.data[at - 1]))
        return;
    size_t length = match_name(slice_part(text, at, text.length), &parameter.kind);
    if (length == 0)
        return;
    struct slice rest = slice_part(text, at + length, text.length);
    size_t equals = parse_suffix(search, rest, &parameter);
    if (equals == rest.length)
        return;
    if (search->found_count++ >= search->limits->parameters_per_header * 4) {
        search->result |= HEADER_PARAMETERS_TOO_MANY;
        return;
    }
    tell_parameter(search, slice_part(rest, equals + 1, rest.length), &parameter);
}

/* Inside quotes only what a separator announces: `foo="; filename=x"`. */
static bool follows_semicolon(struct slice text, size_t at)
{
    if (at > 0 && text.data[at - 1] == '"') /* the parameter's name is quoted itself */
        at--;
    while (at > 0 && is_space(text.data[at - 1]))
        at--;
    return at > 0 && text.data[at - 1] == ';';
}

/* The offset of a quote that nothing closes, or text.length: clients that see that read on behind it. */
static size_t unclosed_quote(struct slice text)
{
    size_t at = text.length;
    bool in_quotes = false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"') {
            in_quotes = !in_quotes;
            at = i;
        }
    }
    return in_quotes ? at : text.length;
}

static void search_text(struct search *search, enum quote_mode mode)
{
    struct slice text = search->text;
    size_t unclosed = unclosed_quote(text);
    bool in_quotes = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '\\' && in_quotes && mode == QUOTES_STRICT) {
            i++;
        } else if (c == '"') {
            in_quotes = !in_quotes;
        } else if (c == 'f' || c == 'F' || c == 'n' || c == 'N' || c == 'b' || c == 'B') {
            if (in_quotes == (mode == QUOTES_IGNORED) &&
                (!in_quotes || i > unclosed || follows_semicolon(text, i)))
                try_at(search, i);
        }
    }
}

/* All parameters, wanted or not: separators outside quotes that something follows. */
static unsigned count_parameters(struct slice text)
{
    unsigned count = 0;
    bool in_quotes = false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\\' && in_quotes)
            i++;
        else if (text.data[i] == '"')
            in_quotes = !in_quotes;
        else if (text.data[i] == ';' && !in_quotes && i + 1 < text.length)
            count++;
    }
    return count;
}

static void search_view(struct search *search, const struct header_view *view)
{
    search->text = strbuf_slice(&view->text);
    search->is_strict = view->is_strict;
    search->is_decoded = view->is_decoded;
    if (view->is_strict && count_parameters(search->text) > search->limits->parameters_per_header)
        search->result |= HEADER_PARAMETERS_TOO_MANY;
    search_text(search, QUOTES_STRICT);
    search->is_strict = false;
    if (memmem(search->text.data, search->text.length, "\\\"", 2) != NULL)
        search_text(search, QUOTES_NO_BACKSLASH);
    if (slice_find(search->text, '"') < search->text.length)
        search_text(search, QUOTES_IGNORED);
}

unsigned header_parameters_visit(struct slice value, const struct mime_limits *limits,
                                 void (*visit)(void *context, const struct header_parameter *parameter),
                                 void *context)
{
    struct header_views views;
    struct search search = {.limits = limits, .visit = visit, .context = context};
    strbuf_init(&search.scratch, 0);
    header_views_init(&views, value, limits->comment_levels);
    for (int strict = 1; strict >= 0; strict--)
        for (size_t i = 0; i < views.count; i++)
            if (views.items[i].is_strict == (strict != 0))
                search_view(&search, &views.items[i]);
    if (views.is_over_comments)
        search.result |= HEADER_PARAMETERS_TOO_DEEP;
    if (views.failed)
        search.result |= HEADER_PARAMETERS_NO_MEMORY;
    header_views_deinit(&views);
    strbuf_deinit(&search.scratch);
    return search.result;
}
