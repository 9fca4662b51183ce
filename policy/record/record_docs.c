/* The table of keys as a JSON Schema (draft-07) and as Markdown. */
#include "record/record_fields.h"

#include "base/json_writer.h"

/* ---- JSON Schema ------------------------------------------------------------------------------------ */

static const char *schema_type(enum record_value value)
{
    switch (value) {
    case RECORD_VALUE_U64:
        return "\"integer\", \"minimum\": 0";
    case RECORD_VALUE_BOOL:
        return "\"boolean\"";
    case RECORD_VALUE_OBJECT:
        return "\"object\"";
    case RECORD_VALUE_OBJECTS:
        return "\"array\"";
    case RECORD_VALUE_TEXTS:
        return "\"array\", \"items\": {\"type\": \"string\"}";
    case RECORD_VALUE_TEXT_OR_NULL:
        return "[\"string\", \"null\"]";
    case RECORD_VALUE_TIME:
        return "\"string\", \"format\": \"date-time\"";
    case RECORD_VALUE_TEXT:
    case RECORD_VALUE_ENUM:
        break;
    }
    return "\"string\"";
}

static void append_quoted(struct strbuf *out, struct slice text)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_string(&json, NULL, text);
}

/* "accept|hold" as members of an array. */
static void append_values(struct strbuf *out, const char *values)
{
    struct slice rest = slice_of(values);
    for (bool is_first = true; rest.length > 0; is_first = false) {
        const size_t end = slice_find(rest, '|');
        strbuf_append_text(out, is_first ? "" : ", ");
        append_quoted(out, slice_part(rest, 0, end));
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
}

static bool has_children(enum record_key key)
{
    const enum record_value value = record_fields[key].value;
    return value == RECORD_VALUE_OBJECT || value == RECORD_VALUE_OBJECTS;
}

/* Where the rows below `key` end. */
static enum record_key end_of(enum record_key key)
{
    enum record_key end = key + 1;
    while (end < RECORD_KEY_COUNT && record_fields[end].depth > record_fields[key].depth)
        end++;
    return end;
}

static void append_indent(struct strbuf *out, unsigned depth)
{
    strbuf_append_byte(out, '\n');
    for (unsigned i = 0; i < depth; i++)
        strbuf_append_text(out, "  ");
}

/* The rows of one object, from `from` on and before `end`, a line each. */
static void append_properties(struct strbuf *out, enum record_key from, enum record_key end)
{
    const unsigned indent = 2 + 2 * record_fields[from].depth;
    strbuf_append_text(out, "\"properties\": {");
    for (enum record_key key = from; key < end; key = end_of(key)) {
        const struct record_field *field = &record_fields[key];
        append_indent(out, indent);
        append_quoted(out, slice_of(field->name));
        strbuf_append_text(out, ": {\"description\": ");
        append_quoted(out, slice_of(field->meaning));
        strbuf_printf(out, ", \"type\": %s", schema_type(field->value));
        if (field->values != NULL) {
            strbuf_append_text(out, ", \"enum\": [");
            append_values(out, field->values);
            strbuf_append_byte(out, ']');
        }
        if (has_children(key)) {
            append_indent(out, indent + 1);
            strbuf_append_text(
                out, field->value == RECORD_VALUE_OBJECTS ? ", \"items\": {\"type\": \"object\", " : ", ");
            append_properties(out, key + 1, end_of(key));
            strbuf_append_text(out, field->value == RECORD_VALUE_OBJECTS ? "}" : "");
        }
        strbuf_append_text(out, end_of(key) < end ? "}," : "}");
    }
    append_indent(out, indent - 1);
    strbuf_append_byte(out, '}');
}

/* "required": those that stand in every line of the kind, or in each of its objects. */
static void append_required(struct strbuf *out, enum record_key from, enum record_key end, unsigned line_bit)
{
    bool is_first = true;
    strbuf_append_text(out, "\"required\": [");
    for (enum record_key key = from; key < end; key = end_of(key)) {
        if ((record_fields[key].always & line_bit) == 0)
            continue;
        strbuf_append_text(out, is_first ? "" : ", ");
        append_quoted(out, slice_of(record_fields[key].name));
        is_first = false;
    }
    strbuf_append_byte(out, ']');
}

static bool is_any_required(enum record_key key, unsigned line_bit)
{
    for (enum record_key child = key + 1; child < end_of(key); child++)
        if ((record_fields[child].always & line_bit) != 0)
            return true;
    return false;
}

static void append_line_kind(struct strbuf *out, enum record_line line)
{
    const unsigned line_bit = 1u << line;
    bool is_first = true;
    strbuf_printf(out, "\n    {\"if\": {\"properties\": {\"type\": {\"const\": \"%s\"}}},\n     \"then\": {",
                  record_line_name(line));
    append_required(out, 0, RECORD_KEY_COUNT, line_bit);
    strbuf_append_text(out, ",\n      \"properties\": {");
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key = end_of(key)) {
        if (!has_children(key) || !is_any_required(key, line_bit))
            continue;
        const bool is_list = record_fields[key].value == RECORD_VALUE_OBJECTS;
        strbuf_printf(out, "%s\"%s\": {%s", is_first ? "" : ", ", record_fields[key].name,
                      is_list ? "\"items\": {" : "");
        append_required(out, key + 1, end_of(key), line_bit);
        strbuf_append_text(out, is_list ? "}}" : "}");
        is_first = false;
    }
    strbuf_printf(out, "}}}%s", line + 1 < RECORD_LINE_COUNT ? "," : "");
}

void record_print_schema(struct strbuf *out)
{
    strbuf_append_text(out, "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
                            "  \"title\": \"closedrelay record, version 1\",\n  \"type\": \"object\",\n  ");
    append_properties(out, 0, RECORD_KEY_COUNT);
    strbuf_append_text(out, ",\n  \"allOf\": [");
    for (enum record_line line = 0; line < RECORD_LINE_COUNT; line++)
        append_line_kind(out, line);
    strbuf_append_text(out, "\n  ]\n}\n");
}

/* ---- Markdown --------------------------------------------------------------------------------------- */

static const char *value_words(enum record_value value)
{
    static const char *const words[] = {
        [RECORD_VALUE_TEXT] = "text",           [RECORD_VALUE_TEXT_OR_NULL] = "text or `null`",
        [RECORD_VALUE_ENUM] = "word",           [RECORD_VALUE_TIME] = "time",
        [RECORD_VALUE_U64] = "number",          [RECORD_VALUE_BOOL] = "`true`, `false`",
        [RECORD_VALUE_OBJECT] = "object",       [RECORD_VALUE_OBJECTS] = "list of objects",
        [RECORD_VALUE_TEXTS] = "list of texts",
    };
    return words[value];
}

/* `client.ip`, `recipients[].address` */
static void append_path(struct strbuf *out, enum record_key key)
{
    const enum record_key parent = record_parent(key);
    if (parent == RECORD_KEY_COUNT) {
        strbuf_append_text(out, record_fields[key].name);
        return;
    }
    append_path(out, parent);
    strbuf_append_text(out, record_fields[parent].value == RECORD_VALUE_OBJECTS ? "[]." : ".");
    strbuf_append_text(out, record_fields[key].name);
}

static void append_words_of(struct strbuf *out, const char *values)
{
    strbuf_append_text(out, " `");
    for (const char *c = values; *c != '\0'; c++)
        if (*c == '|')
            strbuf_append_text(out, "`, `");
        else
            strbuf_append_byte(out, *c);
    strbuf_append_text(out, "`");
}

static void append_row(struct strbuf *out, enum record_key key, bool may_be_absent)
{
    const struct record_field *field = &record_fields[key];
    strbuf_append_text(out, "| `");
    append_path(out, key);
    strbuf_printf(out, "` | %s%s | %s", value_words(field->value), may_be_absent ? ", may be absent" : "",
                  field->meaning);
    if (field->values != NULL && key != RECORD_TYPE)
        append_words_of(out, field->values);
    strbuf_append_text(out, " |\n");
}

/* The keys that an event has beside those of every line. */
static void append_event(struct strbuf *out, enum record_line line)
{
    const unsigned line_bit = 1u << line;
    const char *separator = "";
    strbuf_printf(out, "| `%s` | ", record_line_name(line));
    for (enum record_key key = RECORD_HOST + 1; key < RECORD_KEY_COUNT; key++) {
        const struct record_field *field = &record_fields[key];
        if ((field->lines & line_bit) == 0 || has_children(key))
            continue;
        strbuf_printf(out, "%s`", separator);
        append_path(out, key);
        strbuf_printf(out, "`%s", (field->always & line_bit) == 0 ? "?" : "");
        separator = ", ";
    }
    strbuf_append_text(out, " |\n");
}

void record_print_reference(struct strbuf *out)
{
    strbuf_append_text(out, "| key | value | what it is |\n|---|---|---|\n");
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++)
        if ((record_fields[key].lines & (1u << RECORD_LINE_MESSAGE)) != 0)
            append_row(out, key, (record_fields[key].always & (1u << RECORD_LINE_MESSAGE)) == 0);
    strbuf_append_text(out, "\nKeys of events alone:\n\n| key | value | what it is |\n|---|---|---|\n");
    for (enum record_key key = 0; key < RECORD_KEY_COUNT; key++)
        if ((record_fields[key].lines & (1u << RECORD_LINE_MESSAGE)) == 0)
            append_row(out, key, false);
    strbuf_append_text(
        out, "\nWhat stands in each event after `host`; with a `?` only where there is something to say:\n\n"
             "| event | keys |\n|---|---|\n");
    for (enum record_line line = RECORD_LINE_START; line < RECORD_LINE_COUNT; line++)
        append_event(out, line);
}
