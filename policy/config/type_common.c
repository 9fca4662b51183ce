/* What the types of values share: errors, scalars, lists and the files they name. */
#include "config/tables.h"
#include "config/text_file.h"

#include <talloc.h>

void config_value_error(const struct config_parse *parse, struct config_place place, const char *format, ...)
{
    const struct config_problem_about about = {place, parse->key->name};
    va_list arguments;
    va_start(arguments, format);
    config_problem_add(parse->problems, CONFIG_PROBLEM_ERROR, &about, format, arguments);
    va_end(arguments);
}

/* YAML's ways to write nothing. */
static bool is_null(struct slice text)
{
    return text.length == 0 || slice_equal(text, slice_of("~")) || slice_equal_nocase(text, slice_of("null"));
}

/* What might stand there: the key's own default says it better than its type. */
static const char *example_of(const struct config_key *key)
{
    const bool has_default =
        key->type->shape == CONFIG_SHAPE_SCALAR && key->default_text != NULL && key->default_text[0] != '\0';
    return has_default ? key->default_text : key->type->example;
}

bool config_scalar(const struct config_parse *parse, const struct config_node *node, struct slice *text)
{
    const char *example = example_of(parse->key);
    *text = slice_make(node->text, node->length);
    switch (node->kind) {
    case CONFIG_NODE_SCALAR:
        if (node->quoted || !is_null(*text))
            return true;
        config_value_error(parse, node->place,
                           "no value is given: write one, such as %s, or leave the line out", example);
        return false;
    case CONFIG_NODE_SEQUENCE:
        config_value_error(parse, node->place, "a list stands where one value belongs, such as %s", example);
        return false;
    case CONFIG_NODE_MAPPING:
        config_value_error(parse, node->place, "keys stand where one value belongs, such as %s", example);
        return false;
    default:
        return false;
    }
}

bool config_plain_scalar(const struct config_parse *parse, const struct config_node *node, struct slice *text)
{
    if (!config_scalar(parse, node, text))
        return false;
    if (!node->quoted)
        return true;
    config_value_error(parse, node->place, "this is text, for its quotes: write it without them, such as %s",
                       example_of(parse->key));
    return false;
}

bool config_digits(struct slice text, uint64_t *number)
{
    *number = 0;
    if (text.length == 0 || (text.length > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        const uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (!ascii_is_digit(text.data[i]) || *number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

const char *config_copy_text(const struct config_parse *parse, struct slice text)
{
    const char *copy = talloc_strndup(parse->owner, text.length == 0 ? "" : text.data, text.length);
    if (copy == NULL)
        config_problem_out_of_memory(parse->problems);
    return copy;
}

bool config_file_reference(const struct config_parse *parse, struct slice text, struct config_place place,
                           const char **path)
{
    static const struct slice tag = {"file:", 5};
    if (text.length < tag.length || !slice_equal(slice_part(text, 0, tag.length), tag))
        return false;
    const struct slice written = slice_trim(slice_part(text, tag.length, text.length));
    *path = text_file_resolve(parse->owner, written, place.file == NULL ? "" : place.file);
    if (*path == NULL)
        config_problem_out_of_memory(parse->problems);
    return true;
}

/* ---- lists ------------------------------------------------------------------------------------------ */

/* Where entries go to; one list or one file of it. */
struct list_reading {
    const struct config_parse *parse;
    config_entry_taker take;
    void *context;
    struct config_set_reading *set; /* sources become tables of it; NULL: a file is read now */
};

static bool take_file_content(const struct list_reading *reading, struct slice content, const char *path)
{
    bool good = true;
    struct slice entry;
    struct config_place place = {path, 0, 1};
    while (text_file_next_entry(&content, &place.line, &entry)) {
        const struct config_entry line = {.text = entry, .place = place, .is_line = true};
        good = config_entry_check(reading->parse, &line) &&
               reading->take(reading->context, reading->parse, entry, place) && good;
    }
    return good;
}

static bool take_file(const struct list_reading *reading, const char *path, struct config_place named_at)
{
    const struct config_parse *parse = reading->parse;
    struct text_file file = {.content = {NULL, 0}};
    struct config_place bad = {path, 1, 1};
    const char *why = NULL;
    void *scratch = talloc_new(parse->owner);
    bool good = false;
    if (scratch == NULL ||
        (!text_file_read(scratch, path, CONFIG_LIST_FILE_BYTES_MAX, &file, &why) && why == NULL))
        config_problem_out_of_memory(parse->problems);
    else if (why != NULL)
        config_value_error(parse, named_at, "%s cannot be read: %s", path, why);
    else if (text_file_find_bad_byte(file.content, &bad.line, &bad.column, &why))
        config_value_error(parse, bad, "%s: the file must be UTF-8 text", why);
    else
        good = take_file_content(reading, file.content, path);
    talloc_free(scratch);
    return good;
}

static bool take_source(const struct list_reading *reading, struct slice text, struct config_place place)
{
    const struct config_parse *parse = reading->parse;
    struct table *table = config_source_open(parse, text, place, reading->set->shape);
    if (table == NULL)
        return false;
    if (config_table_list_add(parse->owner, &reading->set->tables, table))
        return true;
    config_problem_out_of_memory(parse->problems);
    return false;
}

static bool take_entry_node(const struct list_reading *reading, const struct config_node *node)
{
    struct slice text;
    const char *path = NULL;
    if (!config_scalar(reading->parse, node, &text))
        return false;
    if (reading->set != NULL && table_is_source(text))
        return take_source(reading, text, node->place);
    if (config_file_reference(reading->parse, text, node->place, &path))
        return path != NULL && take_file(reading, path, node->place);
    if (text.length == 0) {
        config_value_error(reading->parse, node->place, "an entry of a list may not be empty");
        return false;
    }
    const struct config_entry entry = {.text = text, .place = node->place, .is_quoted = node->quoted};
    return config_entry_check(reading->parse, &entry) &&
           reading->take(reading->context, reading->parse, text, node->place);
}

static bool read_entries(const struct list_reading *reading, const struct config_node *node)
{
    const struct config_parse *parse = reading->parse;
    if (node->kind == CONFIG_NODE_MAPPING) {
        config_value_error(parse, node->place, "keys stand where a list belongs, such as [%s]",
                           parse->key->type->example);
        return false;
    }
    if (node->kind != CONFIG_NODE_SEQUENCE)
        return take_entry_node(reading, node);
    bool good = true;
    for (const struct config_node *entry = node->first; entry != NULL; entry = entry->next)
        good = take_entry_node(reading, entry) && good;
    return good;
}

bool config_list_each(const struct config_parse *parse, const struct config_node *node,
                      config_entry_taker take, void *context)
{
    const struct list_reading reading = {parse, take, context, NULL};
    return read_entries(&reading, node);
}

bool config_set_each(const struct config_parse *parse, const struct config_node *node,
                     struct config_set_reading *set)
{
    const struct list_reading reading = {parse, set->take, set->context, set};
    return read_entries(&reading, node);
}

void config_entry_json_schema(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "\"type\": \"string\", \"minLength\": 1");
}
