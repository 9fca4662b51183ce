/* The table of keys as a JSON Schema (draft-07). */
#include "config/document.h"
#include "config/reference.h"

/* Objects of one kind within the schema. `separate` puts a comma before all members but the first. */
struct json {
    struct strbuf *out;
    unsigned depth;
    bool separate;
};

static void begin_member(struct json *json, const char *name)
{
    strbuf_append_text(json->out, json->separate ? ",\n" : "\n");
    for (unsigned i = 0; i < json->depth; i++)
        strbuf_append_text(json->out, "  ");
    config_print_json_text(slice_of(name), json->out);
    strbuf_append_text(json->out, ": ");
    json->separate = true;
}

static void begin_object(struct json *json)
{
    strbuf_append_byte(json->out, '{');
    json->depth++;
    json->separate = false;
}

static void end_object(struct json *json)
{
    json->depth--;
    strbuf_append_byte(json->out, '\n');
    for (unsigned i = 0; i < json->depth; i++)
        strbuf_append_text(json->out, "  ");
    strbuf_append_byte(json->out, '}');
    json->separate = true;
}

static void text_member(struct json *json, const char *name, const char *text)
{
    begin_member(json, name);
    config_print_json_text(slice_of(text), json->out);
}

/* Which rows to write. */
enum selection { EVERY_KEY, KEYS_PER_ROLE };

static void append_section(struct json *json, const struct config_section *section, enum selection selection,
                           bool with_roles);

/* One entry, or a list of such. */
static void append_one_or_several(struct json *json, const char *entry)
{
    strbuf_printf(json->out, "%s, {\"type\": \"array\", \"items\": %s}", entry, entry);
}

static void append_list(struct json *json, const char *entry)
{
    begin_member(json, "anyOf");
    strbuf_append_byte(json->out, '[');
    append_one_or_several(json, entry);
    strbuf_append_text(json->out, ",\n{\"type\": \"object\", \"additionalProperties\": false, "
                                  "\"properties\": {\"add\": {\"anyOf\": [");
    append_one_or_several(json, entry);
    strbuf_append_text(json->out, "]}, \"remove\": {\"anyOf\": [");
    append_one_or_several(json, entry);
    strbuf_append_text(json->out, "]}}}]");
}

/* The members that say what may stand behind a key. */
static void append_value(struct json *json, const struct config_key *key)
{
    struct strbuf entry;
    strbuf_init(&entry, 0);
    strbuf_append_text(&entry, "{");
    if (key->type->json_schema != NULL)
        key->type->json_schema(key, &entry);
    strbuf_append_text(&entry, "}");
    if (key->type->shape == CONFIG_SHAPE_LIST) {
        append_list(json, strbuf_text(&entry));
    } else {
        strbuf_append_text(json->out, json->separate ? ",\n" : "\n");
        for (unsigned i = 0; i < json->depth; i++)
            strbuf_append_text(json->out, "  ");
        strbuf_append_slice(json->out, slice_part(strbuf_slice(&entry), 1, entry.length - 1));
        json->separate = true;
    }
    if (entry.failed)
        json->out->failed = true;
    strbuf_deinit(&entry);
}

/* Numbers and booleans are YAML as they are. */
static void append_default(struct json *json, const struct config_key *key)
{
    if (key->default_text == NULL || key->type->shape != CONFIG_SHAPE_SCALAR)
        return;
    if (key->type != &config_type_bool && key->type != &config_type_count) {
        text_member(json, "default", key->default_text);
        return;
    }
    begin_member(json, "default");
    strbuf_append_text(json->out, key->default_text);
}

/* Entries, or a change: entries to be added, and names of those to be removed. */
static void append_array(struct json *json, const struct config_section *section)
{
    begin_member(json, "type");
    strbuf_append_text(json->out, "[\"array\", \"object\"]");
    begin_member(json, "items");
    append_section(json, section, EVERY_KEY, false);
    begin_member(json, "additionalProperties");
    strbuf_append_text(json->out, "false");
    begin_member(json, "properties");
    begin_object(json);
    begin_member(json, "add");
    begin_object(json);
    text_member(json, "type", "array");
    begin_member(json, "items");
    append_section(json, section, EVERY_KEY, false);
    end_object(json);
    begin_member(json, "remove");
    strbuf_append_text(
        json->out,
        "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"type\": \"string\"}}]}");
    end_object(json);
}

static void append_description(struct json *json, const struct config_key *key)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    strbuf_append_text(&text, key->text == NULL ? "" : key->text);
    if ((key->flags & CONFIG_RESTART) != 0)
        strbuf_append_text(&text, " " CONFIG_RESTART_TEXT);
    if (text.length > 0)
        text_member(json, "description", strbuf_text(&text));
    json->out->failed = json->out->failed || text.failed;
    strbuf_deinit(&text);
}

static void append_key(struct json *json, const struct config_key *key, enum selection selection)
{
    begin_member(json, key->name);
    if (key->type->shape == CONFIG_SHAPE_SECTION) {
        append_section(json, key->section, selection, false);
        return;
    }
    begin_object(json);
    append_description(json, key);
    append_default(json, key);
    if (key->type->shape == CONFIG_SHAPE_ARRAY) {
        append_array(json, key->section);
    } else {
        append_value(json, key);
    }
    end_object(json);
}

static void append_required(struct json *json, const struct config_section *section)
{
    bool has_any = false;
    for (const struct config_key *key = section->keys; key->name != NULL; key++) {
        if ((key->flags & CONFIG_REQUIRED) == 0)
            continue;
        if (!has_any)
            begin_member(json, "required");
        strbuf_append_text(json->out, has_any ? ", " : "[");
        config_print_json_text(slice_of(key->name), json->out);
        has_any = true;
    }
    if (has_any)
        strbuf_append_byte(json->out, ']');
}

static void append_reference(struct json *json, const char *name, const char *section)
{
    begin_member(json, name);
    strbuf_printf(json->out, "{\"$ref\": \"#/definitions/%s\"}", section);
}

static void append_roles(struct json *json, const struct config_section *section)
{
    begin_member(json, "roles");
    begin_object(json);
    text_member(json, "type", "object");
    begin_member(json, "additionalProperties");
    strbuf_append_text(json->out, "false");
    begin_member(json, "properties");
    begin_object(json);
    for (int role = 0; role < ROLE_COUNT; role++)
        append_reference(json, role_name((enum role)role), section->name);
    end_object(json);
    end_object(json);
}

static void append_keys(struct json *json, const struct config_section *section, enum selection selection)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++)
        if (selection == EVERY_KEY || (key->flags & CONFIG_GLOBAL) == 0)
            append_key(json, key, selection);
}

static void append_section(struct json *json, const struct config_section *section, enum selection selection,
                           bool with_roles)
{
    begin_object(json);
    if (section->text != NULL)
        text_member(json, "description", section->text);
    /* A section whose keys are all comments is null to YAML. */
    begin_member(json, "type");
    strbuf_append_text(json->out, "[\"object\", \"null\"]");
    begin_member(json, "additionalProperties");
    strbuf_append_text(json->out, "false");
    append_required(json, section);
    begin_member(json, "properties");
    begin_object(json);
    append_keys(json, section, selection);
    if (with_roles)
        append_roles(json, section);
    end_object(json);
    end_object(json);
}

static void append_overrides(struct json *json, const struct config_schema *schema)
{
    begin_member(json, "overrides");
    begin_object(json);
    text_member(json, "description", "Exceptions, applied from top to bottom; the later wins.");
    begin_member(json, "type");
    strbuf_append_text(json->out, "[\"array\", \"null\"]");
    begin_member(json, "items");
    begin_object(json);
    text_member(json, "type", "object");
    begin_member(json, "additionalProperties");
    strbuf_append_text(json->out, "false");
    begin_member(json, "required");
    strbuf_append_text(json->out, "[\"when\"]");
    begin_member(json, "properties");
    begin_object(json);
    begin_member(json, "when");
    append_section(json, &config_when_section, EVERY_KEY, false);
    for (size_t i = 1; i < schema->count; i++)
        if (schema->sections[i]->per_role)
            append_reference(json, schema->sections[i]->name, schema->sections[i]->name);
    end_object(json);
    end_object(json);
    end_object(json);
}

/* What roles and overrides may change: written once, referred to. */
static void append_definitions(struct json *json, const struct config_schema *schema)
{
    begin_member(json, "definitions");
    begin_object(json);
    for (size_t i = 1; i < schema->count; i++) {
        if (!schema->sections[i]->per_role)
            continue;
        begin_member(json, schema->sections[i]->name);
        append_section(json, schema->sections[i], KEYS_PER_ROLE, false);
    }
    end_object(json);
}

void config_reference_print_json_schema(const struct config_schema *schema, struct strbuf *out)
{
    struct json json = {.out = out};
    begin_object(&json);
    text_member(&json, "$schema", "http://json-schema.org/draft-07/schema#");
    text_member(&json, "title", "closedrelay configuration");
    begin_member(&json, "type");
    strbuf_append_text(out, "[\"object\", \"null\"]");
    begin_member(&json, "additionalProperties");
    strbuf_append_text(out, "false");
    append_definitions(&json, schema);
    begin_member(&json, "properties");
    begin_object(&json);
    begin_member(&json, "include");
    strbuf_append_text(
        out,
        "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"type\": \"string\"}}]}");
    append_keys(&json, schema->sections[0], EVERY_KEY);
    for (size_t i = 1; i < schema->count; i++) {
        begin_member(&json, schema->sections[i]->name);
        append_section(&json, schema->sections[i], EVERY_KEY, schema->sections[i]->per_role);
    }
    append_overrides(&json, schema);
    end_object(&json);
    end_object(&json);
    strbuf_append_byte(out, '\n');
}
