#include "scan/mime/mime_parameters.h"

#include "base/array.h"
#include "base/strbuf.h"
#include "scan/mime/mime_charset.h"
#include "scan/mime/mime_field.h"
#include "scan/mime/mime_word.h"

void mime_parameters_init(struct mime_parameters *parameters, void *owner, const struct mime_limits *limits)
{
    *parameters = (struct mime_parameters){.limits = limits};
    name_set_init(&parameters->names, owner, limits->names_per_part);
    name_set_init(&parameters->boundaries, owner, MIME_BOUNDARIES_MAX);
    name_superset_init(&parameters->superset, owner);
}

bool mime_parameters_failed(const struct mime_parameters *parameters)
{
    return parameters->names.failed || parameters->boundaries.failed ||
           name_superset_failed(&parameters->superset) ||
           (parameters->result & MIME_PARAMETERS_NO_MEMORY) != 0;
}

bool mime_parameters_has_name(const struct mime_parameters *parameters)
{
    return parameters->names.count > 0 || !name_superset_is_empty(&parameters->superset);
}

static void note_no_memory(struct mime_parameters *parameters, bool failed)
{
    if (failed)
        parameters->result |= MIME_PARAMETERS_NO_MEMORY;
}

/* A name, that is, not a boundary, in a charset that is unknown or read differently: EBCDIC, or a made-up
 * one. */
static void note_doubtful(struct mime_parameters *parameters, const struct name_set *set, bool is_doubtful)
{
    if (is_doubtful && set == &parameters->names)
        parameters->unreadable = "a name in a charset that clients may read differently";
}

/* Adds `value` with its words decoded, and decoded again where that gives words. */
static void add_decoded_words(struct mime_parameters *parameters, struct name_set *set, struct slice value,
                              enum mime_word_blanks blanks)
{
    struct strbuf once, twice;
    strbuf_init(&once, 0);
    strbuf_init(&twice, 0);
    unsigned result = mime_word_decode(value, blanks, &once);
    if (result != MIME_WORD_NONE) {
        name_set_add(set, strbuf_slice(&once));
        result |= mime_word_decode(strbuf_slice(&once), blanks, &twice);
        if (twice.length > 0)
            name_set_add(set, strbuf_slice(&twice));
    }
    note_doubtful(parameters, set, (result & MIME_WORD_DOUBTFUL) != 0);
    note_no_memory(parameters, once.failed || twice.failed);
    strbuf_deinit(&once);
    strbuf_deinit(&twice);
}

/* Japanese clients know ISO-2022-JP by its escapes, without any label. */
static void add_unlabelled(struct mime_parameters *parameters, struct name_set *set, struct slice value)
{
    if (slice_find(value, '\x1b') == value.length)
        return;
    struct strbuf converted;
    strbuf_init(&converted, 0);
    mime_charset_to_utf8(slice_of("iso-2022-jp"), value, &converted);
    name_set_add(set, strbuf_slice(&converted));
    note_no_memory(parameters, converted.failed);
    strbuf_deinit(&converted);
}

/* Without what is no ASCII, which some drop; it matters in an extension. */
static void add_ascii(struct mime_parameters *parameters, struct slice value)
{
    size_t at = slice_find_last(value, '.');
    while (at < value.length && (unsigned char)value.data[at] < 0x80)
        at++;
    if (at == value.length)
        return;
    struct strbuf ascii;
    strbuf_init(&ascii, 0);
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.data[i] < 0x80)
            strbuf_append_byte(&ascii, value.data[i]);
    name_set_add(&parameters->names, strbuf_slice(&ascii));
    note_no_memory(parameters, ascii.failed);
    strbuf_deinit(&ascii);
}

static void add_value(struct mime_parameters *parameters, struct name_set *set, struct slice value)
{
    name_set_add(set, value);
    add_unlabelled(parameters, set, value);
    if (set == &parameters->names)
        add_ascii(parameters, value);
    if (value.length == 0 || memmem(value.data, value.length, "=?", 2) == NULL)
        return;
    add_decoded_words(parameters, set, value, MIME_WORD_BLANKS_DROPPED);
    add_decoded_words(parameters, set, value, MIME_WORD_BLANKS_KEPT);
}

void mime_parameters_add_name(struct mime_parameters *parameters, struct slice name)
{
    add_value(parameters, &parameters->names, name);
}

static void append_percent_decoded(struct slice s, struct strbuf *out)
{
    for (size_t i = 0; i < s.length; i++) {
        int high = s.data[i] == '%' && i + 2 < s.length ? ascii_hex_value(s.data[i + 1]) : -1;
        int low = high >= 0 ? ascii_hex_value(s.data[i + 2]) : -1;
        char byte = s.data[i];
        if (low >= 0) {
            byte = (char)(high << 4 | low);
            i += 2;
        }
        strbuf_append_byte(out, byte);
    }
}

/* Splits `charset'language'text`; without two quotes all of it is text. */
static struct slice split_charset(struct slice value, struct slice *charset)
{
    *charset = slice_make("", 0);
    size_t first = slice_find(value, '\'');
    size_t second = first == value.length
                        ? first
                        : first + 1 + slice_find(slice_part(value, first + 1, value.length), '\'');
    if (second == value.length)
        return value;
    *charset = slice_part(value, 0, first);
    return slice_part(value, second + 1, value.length);
}

/* Adds `bytes`, as they are and as text of `charset`. */
static void add_in_charset(struct mime_parameters *parameters, struct name_set *set, struct slice charset,
                           struct slice bytes)
{
    struct strbuf converted;
    strbuf_init(&converted, 0);
    enum mime_charset_result result = MIME_CHARSET_SURE;
    if (charset.length > 0)
        result = mime_charset_to_utf8(charset, bytes, &converted);
    note_doubtful(parameters, set, result != MIME_CHARSET_SURE);
    add_value(parameters, set, strbuf_slice(&converted));
    add_value(parameters, set, bytes);
    /* PHP's mailparse makes an encoded word of it, in which an underscore is a blank; at the end that counts.
     */
    size_t end = bytes.length;
    while (end > 0 && bytes.data[end - 1] == '_')
        end--;
    if (end < bytes.length)
        add_value(parameters, set, slice_part(bytes, 0, end));
    note_no_memory(parameters, converted.failed);
    strbuf_deinit(&converted);
}

/* The value of `filename*=`: with its charset taken off, without, and raw. */
static void add_extended(struct mime_parameters *parameters, struct name_set *set, struct slice value)
{
    struct strbuf decoded;
    struct slice charset;
    struct slice text = split_charset(value, &charset);
    strbuf_init(&decoded, 0);
    append_percent_decoded(text, &decoded);
    add_in_charset(parameters, set, charset, strbuf_slice(&decoded));
    note_no_memory(parameters, decoded.failed);
    strbuf_deinit(&decoded);
    add_value(parameters, set, value);
}

/* ---- the strict form ---- */

static void append_unfolded(struct slice text, struct strbuf *out)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] != '\r' && text.data[i] != '\n')
            strbuf_append_byte(out, text.data[i]);
}

/* Pieces of a name with folds or semicolons in their quotes: some end there, or keep what others drop. */
static void add_odd_pieces(struct mime_parameters *parameters, const struct mime_field_parameter *pieces,
                           uint32_t count)
{
    bool is_odd = false;
    for (uint32_t i = 0; i < count; i++)
        is_odd = is_odd || slice_find(pieces[i].value, '\n') < pieces[i].value.length ||
                 slice_find(pieces[i].value, ';') < pieces[i].value.length;
    for (int whole = 0; is_odd && whole <= 1; whole++) {
        struct strbuf text;
        strbuf_init(&text, 0);
        strbuf_append_text(&text, "name=\"");
        for (uint32_t i = 0; i < count; i++) {
            size_t end = whole != 0 ? pieces[i].value.length : slice_find(pieces[i].value, ';');
            strbuf_append_slice(&text, slice_part(pieces[i].value, 0, end));
        }
        strbuf_append_byte(&text, '"');
        name_superset_add(&parameters->superset, strbuf_slice(&text));
        note_no_memory(parameters, text.failed);
        strbuf_deinit(&text);
    }
}

/* Adds the value of a parameter that begins at `first` and may go on in pieces. Returns the offset of the
 * next. */
static uint32_t add_parameter(struct mime_parameters *parameters, struct name_set *set,
                              const struct mime_field *field, uint32_t first)
{
    const struct mime_field_parameter *parameter = &field->parameters[first];
    if (parameter->index < 0) {
        if (parameter->is_extended)
            add_extended(parameters, set, parameter->value);
        else
            add_value(parameters, set, parameter->value);
        return first + 1;
    }
    struct strbuf joined;
    struct slice charset = slice_make("", 0);
    uint32_t at = first;
    strbuf_init(&joined, 0);
    for (; at < field->count && field->parameters[at].index == (int)(at - first); at++) {
        struct slice text = field->parameters[at].value;
        if (at == first && field->parameters[at].is_extended)
            text = split_charset(text, &charset);
        if (field->parameters[at].is_extended)
            append_percent_decoded(text, &joined);
        else
            append_unfolded(text, &joined);
    }
    if (set == &parameters->names)
        add_odd_pieces(parameters, &field->parameters[first], at - first);
    add_in_charset(parameters, set, charset, strbuf_slice(&joined));
    note_no_memory(parameters, joined.failed);
    strbuf_deinit(&joined);
    return at;
}

/* To munpack a name without quotes ends only at a blank: what stands behind a semicolon may end it too. */
static void add_run(struct mime_parameters *parameters, struct slice value, struct slice name)
{
    const size_t from = (size_t)(name.data - value.data);
    size_t end = from + name.length;
    if (from == 0 || value.data[from - 1] != '=')
        return;
    while (end < value.length && !ascii_is_blank(value.data[end]))
        end++;
    struct slice behind = slice_part(value, from + name.length, end);
    if (slice_find(behind, '.') == behind.length)
        return;
    struct strbuf run;
    strbuf_init(&run, 0);
    strbuf_append_text(&run, "name=");
    strbuf_append_slice(&run, slice_part(value, from, end));
    name_superset_add(&parameters->superset, strbuf_slice(&run));
    note_no_memory(parameters, run.failed);
    strbuf_deinit(&run);
}

static void take_strict(struct mime_parameters *parameters, const struct mime_field *field,
                        struct slice value)
{
    size_t names_before = parameters->names.count;
    for (uint32_t at = 0; at < field->count;) {
        struct slice key = field->parameters[at].key;
        if (mime_field_is_name(key)) {
            add_run(parameters, value, field->parameters[at].value);
            at = add_parameter(parameters, &parameters->names, field, at);
        } else if (slice_equal_nocase(key, slice_of("boundary"))) {
            struct name_set one;
            parameters->has_odd_boundary = parameters->has_odd_boundary || field->parameters[at].index >= 0 ||
                                           field->parameters[at].is_extended;
            name_set_init(&one, parameters->names.owner, 1);
            at = add_parameter(parameters, &one, field, at);
            note_no_memory(parameters, one.failed);
            if (one.count > 0 && name_set_add(&parameters->boundaries, one.items[0]) &&
                parameters->primary_boundary.length == 0)
                parameters->primary_boundary = one.items[0];
        } else {
            at++;
        }
    }
    if (parameters->names.count > names_before)
        parameters->primary_name = parameters->names.items[names_before];
}

/* ---- outside of it ---- */

/* What is most likely meant by the first parameter `key` in `*value`: up to a quote, a semicolon or,
 * unquoted, a blank. Blanks inside its quotes are left. `*value` becomes what is behind its `=`. */
static struct slice likely_value(struct slice *value, const char *key)
{
    struct slice name = slice_of(key);
    size_t at = 0;
    while (at + name.length < value->length &&
           !slice_starts_nocase(slice_part(*value, at, value->length), name))
        at++;
    bool is_found = at + name.length < value->length;
    at += is_found ? slice_find(slice_part(*value, at, value->length), '=') + 1 : value->length;
    *value = slice_part(*value, at < value->length ? at : value->length, value->length);
    struct slice rest = slice_trim(*value);
    bool is_quoted = rest.length > 0 && rest.data[0] == '"';
    rest = slice_part(rest, is_quoted ? 1 : 0, rest.length);
    size_t end = 0;
    while (end < rest.length && rest.data[end] != '"' && rest.data[end] != '\n' &&
           (is_quoted || strchr("; \t\r(", rest.data[end]) == NULL))
        end++;
    return slice_part(rest, 0, end);
}

/* Words in a charset that cannot be read may hold anything. */
static void note_words(struct mime_parameters *parameters, struct slice value)
{
    struct strbuf decoded;
    strbuf_init(&decoded, 0);
    unsigned result = mime_word_decode(value, MIME_WORD_BLANKS_DROPPED, &decoded);
    note_doubtful(parameters, &parameters->names, (result & MIME_WORD_DOUBTFUL) != 0);
    note_no_memory(parameters, decoded.failed);
    strbuf_deinit(&decoded);
}

/* Whether the line ends inside the quotes of `name`, behind a host's: `name="www.example.com`. */
static bool is_broken_at_host(struct slice value, struct slice name)
{
    const char *end = name.data + name.length;
    bool is_open = name.data > value.data && name.data[-1] == '"' &&
                   memchr(end, '"', (size_t)(value.data + value.length - end)) == NULL;
    return is_open && slice_ends_nocase(name, slice_of(".com"));
}

static void take_loose(struct mime_parameters *parameters, struct slice value)
{
    struct slice rest = value;
    struct slice name = slice_trim(likely_value(&rest, "name"));
    size_t names_before = parameters->names.count;
    name_superset_add(&parameters->superset, value);
    if (!name_superset_is_empty(&parameters->superset) ||
        slice_starts_nocase(slice_trim(value), slice_of("=?")))
        note_words(parameters, value);
    if (!is_broken_at_host(value, name))
        add_extended(parameters, &parameters->names, name);
    if (parameters->names.count > names_before)
        parameters->primary_name = parameters->names.items[names_before];
    for (rest = value; rest.length > 0 && parameters->boundaries.count < MIME_BOUNDARIES_MAX;) {
        struct slice boundary = likely_value(&rest, "boundary");
        if (name_set_add(&parameters->boundaries, slice_trim(boundary)) &&
            parameters->primary_boundary.length == 0)
            parameters->primary_boundary = parameters->boundaries.items[parameters->boundaries.count - 1];
        name_set_add(&parameters->boundaries, boundary);
    }
}

/* Semicolons outside quotes with something behind, and parentheses within each other. */
static void note_bounds(struct mime_parameters *parameters, struct slice value)
{
    uint32_t count = 0, level = 0;
    bool in_quotes = false;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.data[i];
        i += c == '\\' ? 1 : 0;
        in_quotes = in_quotes != (c == '"');
        count += c == ';' && !in_quotes && i + 1 < value.length ? 1 : 0;
        level += c == '(' && !in_quotes ? 1 : 0;
        if (level > parameters->limits->comment_levels)
            parameters->result |= MIME_PARAMETERS_TOO_DEEP;
        level -= c == ')' && !in_quotes && level > 0 ? 1 : 0;
    }
    if (count > parameters->limits->parameters_per_header)
        parameters->result |= MIME_PARAMETERS_TOO_MANY;
}

struct slice mime_parameters_add(struct mime_parameters *parameters, struct slice value, bool *is_strict)
{
    struct mime_field field;
    parameters->primary_name = slice_make("", 0);
    note_bounds(parameters, value);
    *is_strict = mime_field_parse(&field, value);
    if (*is_strict)
        take_strict(parameters, &field, value);
    else
        take_loose(parameters, value);
    return field.lead;
}
