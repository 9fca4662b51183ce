#include "scan/mime/mime_parameters.h"

#include "base/array.h"
#include "base/strbuf.h"
#include "scan/mime/mime_charset.h"
#include "scan/mime/mime_word.h"

#include <talloc.h>

/* One parameter found, its plainest reading kept for joining and comparing. */
struct piece {
    enum parameter_kind kind;
    int index;
    bool is_starred;
    bool is_strict;
    struct slice value;
};

struct collector {
    struct mime_parameters *parameters;
    struct piece *pieces; /* talloc array, in order of appearance */
    size_t count;
    bool failed;
};

void mime_parameters_init(struct mime_parameters *parameters, void *owner, const struct mime_limits *limits)
{
    *parameters = (struct mime_parameters){.limits = limits};
    name_set_init(&parameters->names, owner, limits->names_per_part);
    name_set_init(&parameters->boundaries, owner, MIME_BOUNDARIES_MAX);
}

bool mime_parameters_failed(const struct mime_parameters *parameters)
{
    return parameters->names.failed || parameters->boundaries.failed ||
           (parameters->result & HEADER_PARAMETERS_NO_MEMORY) != 0;
}

static void note_no_memory(struct mime_parameters *parameters, bool failed)
{
    if (failed)
        parameters->result |= HEADER_PARAMETERS_NO_MEMORY;
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

static void add_value(struct mime_parameters *parameters, struct name_set *set, struct slice value)
{
    name_set_add(set, value);
    add_unlabelled(parameters, set, value);
    if (value.length == 0 || memmem(value.data, value.length, "=?", 2) == NULL)
        return;
    add_decoded_words(parameters, set, value, MIME_WORD_BLANKS_DROPPED);
    add_decoded_words(parameters, set, value, MIME_WORD_BLANKS_KEPT);
    /* A word may begin inside another that never ends. */
    size_t last = value.length - 2;
    while (last > 0 && (value.data[last] != '=' || value.data[last + 1] != '?'))
        last--;
    if (last > 0)
        add_decoded_words(parameters, set, slice_part(value, last, value.length), MIME_WORD_BLANKS_KEPT);
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

static struct name_set *set_for(struct mime_parameters *parameters, enum parameter_kind kind)
{
    return kind == PARAMETER_BOUNDARY ? &parameters->boundaries : &parameters->names;
}

/* Remembers the first boundary and name, and a duplicate that says something else. */
static void compare_strict(struct collector *collector, const struct piece *piece)
{
    struct mime_parameters *parameters = collector->parameters;
    for (size_t i = 0; i < collector->count; i++) {
        const struct piece *other = &collector->pieces[i];
        if (other->is_strict && other->kind == piece->kind && other->index == piece->index &&
            other->is_starred == piece->is_starred && !slice_equal(other->value, piece->value))
            parameters->ambiguous = piece->kind == PARAMETER_BOUNDARY
                                        ? "two different boundary parameters"
                                        : "one parameter twice, with different names";
    }
}

static bool is_known(const struct collector *collector, const struct piece *piece)
{
    for (size_t i = 0; i < collector->count; i++) {
        const struct piece *other = &collector->pieces[i];
        if (other->kind == piece->kind && other->index == piece->index &&
            other->is_starred == piece->is_starred && slice_equal(other->value, piece->value))
            return true;
    }
    return false;
}

static void keep_piece(struct collector *collector, struct piece piece)
{
    if (is_known(collector, &piece))
        return;
    bool has_room = array_reserve(collector->parameters->names.owner, collector->pieces, collector->count);
    char *copy = has_room ? talloc_memdup(collector->pieces, piece.value.data, piece.value.length) : NULL;
    if (copy == NULL) {
        collector->failed = true;
        return;
    }
    piece.value.data = copy;
    collector->pieces[collector->count++] = piece;
}

static void take_parameter(void *context, const struct header_parameter *parameter)
{
    struct collector *collector = context;
    struct mime_parameters *parameters = collector->parameters;
    struct name_set *set = set_for(parameters, parameter->kind);
    if (parameter->reading_count == 0)
        return;
    for (size_t i = 0; parameter->index < 0 && i < parameter->reading_count; i++) {
        if (parameter->is_starred)
            add_extended(parameters, set, parameter->readings[i]);
        else
            add_value(parameters, set, parameter->readings[i]);
    }
    /* A piece that has quotes in it swallowed others, as those read it who look for semicolons only. */
    for (size_t i = 1; parameter->index >= 0 && i < parameter->reading_count; i++)
        if (slice_find(parameter->readings[i], '"') < parameter->readings[i].length)
            add_value(parameters, set, parameter->readings[i]);
    struct piece piece = {parameter->kind, parameter->index, parameter->is_starred, parameter->is_strict,
                          parameter->readings[0]};
    if (piece.is_strict)
        compare_strict(collector, &piece);
    keep_piece(collector, piece);
}

enum join_order { JOIN_FIRST_UNTIL_GAP, JOIN_FIRST, JOIN_LAST, JOIN_AS_WRITTEN };

struct join {
    struct strbuf raw;     /* values as they stand */
    struct strbuf decoded; /* starred ones percent-decoded, the charset taken off */
    struct slice charset;
    bool is_begun;
};

static void join_append(struct join *join, const struct piece *piece)
{
    struct slice text = piece->value;
    strbuf_append_slice(&join->raw, text);
    if (!join->is_begun && piece->is_starred)
        text = split_charset(text, &join->charset);
    join->is_begun = true;
    if (piece->is_starred)
        append_percent_decoded(text, &join->decoded);
    else
        strbuf_append_slice(&join->decoded, text);
}

/* The first or last piece numbered `index`; an unnumbered one serves as number 0 where there is none. */
static const struct piece *find_piece(const struct collector *collector, enum parameter_kind kind, int index,
                                      bool last)
{
    const struct piece *found = NULL;
    for (size_t i = 0; i < collector->count; i++) {
        const struct piece *piece = &collector->pieces[i];
        if (piece->kind == kind && piece->index == index && (found == NULL || last))
            found = piece;
    }
    return found == NULL && index == 0 ? find_piece(collector, kind, -1, last) : found;
}

static void join_numbered(const struct collector *collector, enum parameter_kind kind, enum join_order order,
                          struct join *join)
{
    for (int index = 0; index <= (int)collector->parameters->limits->parameter_index; index++) {
        const struct piece *piece = find_piece(collector, kind, index, order == JOIN_LAST);
        if (piece != NULL)
            join_append(join, piece);
        else if (order == JOIN_FIRST_UNTIL_GAP && index > 0)
            return;
    }
}

static void join_as_written(const struct collector *collector, enum parameter_kind kind, struct join *join)
{
    for (size_t i = 0; i < collector->count; i++)
        if (collector->pieces[i].kind == kind && collector->pieces[i].index >= 0)
            join_append(join, &collector->pieces[i]);
}

static void add_joined(struct collector *collector, enum parameter_kind kind, enum join_order order)
{
    struct join join = {.is_begun = false, .charset = slice_make("", 0)};
    struct mime_parameters *parameters = collector->parameters;
    struct name_set *set = set_for(parameters, kind);
    strbuf_init(&join.raw, 0);
    strbuf_init(&join.decoded, 0);
    if (order == JOIN_AS_WRITTEN)
        join_as_written(collector, kind, &join);
    else
        join_numbered(collector, kind, order, &join);
    add_in_charset(parameters, set, join.charset, strbuf_slice(&join.decoded));
    add_value(parameters, set, strbuf_slice(&join.raw));
    note_no_memory(parameters, join.raw.failed || join.decoded.failed);
    strbuf_deinit(&join.raw);
    strbuf_deinit(&join.decoded);
}

static bool has_numbered(const struct collector *collector, enum parameter_kind kind)
{
    for (size_t i = 0; i < collector->count; i++)
        if (collector->pieces[i].kind == kind && collector->pieces[i].index >= 0)
            return true;
    return false;
}

static void remember_primary(struct collector *collector)
{
    struct mime_parameters *parameters = collector->parameters;
    parameters->primary_name = slice_make("", 0);
    for (size_t i = 0; i < collector->count; i++) {
        const struct piece *piece = &collector->pieces[i];
        if (!piece->is_strict || piece->index >= 0 || piece->is_starred)
            continue;
        struct slice *primary =
            piece->kind == PARAMETER_BOUNDARY ? &parameters->primary_boundary : &parameters->primary_name;
        struct name_set *set = set_for(parameters, piece->kind);
        for (size_t n = 0; primary->length == 0 && n < set->count; n++)
            if (slice_equal(set->items[n], piece->value))
                *primary = set->items[n];
    }
}

/* All of the value may be words, and the parameters in them. */
static void note_hidden_words(struct mime_parameters *parameters, struct slice value)
{
    if (!slice_starts_nocase(slice_trim(value), slice_of("=?")))
        return;
    struct strbuf decoded;
    strbuf_init(&decoded, 0);
    unsigned result = mime_word_decode(slice_trim(value), MIME_WORD_BLANKS_DROPPED, &decoded);
    note_doubtful(parameters, &parameters->names, (result & MIME_WORD_DOUBTFUL) != 0);
    note_no_memory(parameters, decoded.failed);
    strbuf_deinit(&decoded);
}

void mime_parameters_add(struct mime_parameters *parameters, struct slice value)
{
    struct collector collector = {.parameters = parameters};
    note_hidden_words(parameters, value);
    parameters->result |= header_parameters_visit(value, parameters->limits, take_parameter, &collector);
    for (enum parameter_kind kind = PARAMETER_FILENAME; kind <= PARAMETER_BOUNDARY; kind++)
        for (enum join_order order = JOIN_FIRST_UNTIL_GAP;
             has_numbered(&collector, kind) && order <= JOIN_AS_WRITTEN; order++)
            add_joined(&collector, kind, order);
    remember_primary(&collector);
    note_no_memory(parameters, collector.failed);
    talloc_free(collector.pieces);
}
