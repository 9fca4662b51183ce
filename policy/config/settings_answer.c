#include "config/settings_answer.h"

#include "config/document.h"
#include "config/print_rows.h"
#include "config/tables.h"

#include <talloc.h>

/* ---- values ----------------------------------------------------------------------------------------- */

static void add_copy(struct answer *answer, const char *key, struct slice text)
{
    struct strbuf copy;
    strbuf_init(&copy, 0);
    strbuf_append_slice(&copy, text);
    answer_text(answer, key, NULL, strbuf_text(&copy));
    strbuf_deinit(&copy);
}

/* What the type prints is YAML: without the quotes it is the text, for nothing in it is escaped. */
static void add_printed(struct answer *answer, const struct config_key *key, const struct config_value *value)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    key->type->print(key, value->node, value->bytes, &text);
    struct slice shown = strbuf_slice(&text);
    if (shown.length >= 2 && shown.data[0] == '"')
        shown = slice_part(shown, 1, shown.length - 1);
    add_copy(answer, "value", shown);
    strbuf_deinit(&text);
}

static void add_scalar(struct answer *answer, const struct config_key *key, const struct config_value *value)
{
    const struct config_type *type = key->type;
    if (type == &config_type_bool) {
        answer_bool(answer, "value", NULL, *(const bool *)value->bytes);
    } else if (type == &config_type_count) {
        answer_count(answer, "value", NULL, *(const uint64_t *)value->bytes);
    } else if (type == &config_type_text || type == &config_type_path) {
        answer_text(answer, "value", NULL, *(const char *const *)value->bytes);
    } else {
        add_printed(answer, key, value);
        if (type == &config_type_size)
            answer_count(answer, "bytes", NULL, *(const uint64_t *)value->bytes);
        if (type == &config_type_duration)
            answer_count(answer, "ms", NULL, *(const uint64_t *)value->bytes);
    }
}

/* As written, a source with its path made independent of the file it was written in. */
static void add_entry(struct answer *answer, const char *key, const struct config_node *node)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    config_source_print(slice_make(node->text, node->length), node->place.file, &text);
    answer_text(answer, key, NULL, strbuf_text(&text));
    strbuf_deinit(&text);
}

static void add_entries(struct answer *answer, const char *key, const struct config_entries *entries)
{
    answer_open_list(answer, key, NULL);
    for (size_t i = 0; i < entries->count; i++)
        add_entry(answer, NULL, entries->items[i]);
    answer_close(answer);
}

/* A list as it stands in a node, under `key`; NULL: none. */
static void add_written(struct answer *answer, const char *key, const struct config_node *list)
{
    const struct config_value value = {.node = list};
    struct config_entries entries = {.owner = talloc_new(NULL)};
    if (list != NULL) {
        config_list_entries(NULL, &value, &entries);
        add_entries(answer, key, &entries);
    }
    talloc_free(entries.owner);
}

/* The whole list where it can be told, else what is added to and removed from the one below. */
static void add_list(struct answer *answer, const struct config_key *key, const struct config_value *value)
{
    struct config_entries entries = {.owner = talloc_new(NULL)};
    if ((value->removed != NULL && value->change == NULL) || !config_list_entries(key, value, &entries)) {
        add_written(answer, "add", config_node_find(value->node, "add"));
        add_written(answer, "remove", config_node_find(value->node, "remove"));
    } else {
        add_entries(answer, "value", &entries);
    }
    talloc_free(entries.owner);
}

static void add_map_child(struct answer *answer, const struct config_node *child)
{
    answer_open_object(answer, NULL, NULL);
    if (child->key == NULL) {
        add_entry(answer, "source", child);
    } else {
        answer_text(answer, "key", NULL, child->key);
        answer_open_list(answer, "values", NULL);
        if (child->kind != CONFIG_NODE_SEQUENCE)
            add_entry(answer, NULL, child);
        else
            for (const struct config_node *entry = child->first; entry != NULL; entry = entry->next)
                add_entry(answer, NULL, entry);
        answer_close(answer);
    }
    answer_close(answer);
}

/* A list of {key, values} and {source}, in order. */
static void add_map(struct answer *answer, const struct config_value *value)
{
    const struct config_node *node = value->node;
    answer_open_list(answer, "value", NULL);
    if (node->kind == CONFIG_NODE_SCALAR && node->length > 0)
        add_map_child(
            answer, &(struct config_node){.text = node->text, .length = node->length, .place = node->place});
    for (const struct config_node *child = node->first; child != NULL; child = child->next) {
        if (node->kind == CONFIG_NODE_SEQUENCE && child->kind == CONFIG_NODE_MAPPING)
            for (const struct config_node *entry = child->first; entry != NULL; entry = entry->next)
                add_map_child(answer, entry);
        else
            add_map_child(answer, child);
    }
    answer_close(answer);
}

/* ---- where a value comes from ------------------------------------------------------------------------ */

static void add_place(struct answer *answer, struct config_place place)
{
    if (place.file == NULL)
        return;
    answer_text(answer, "file", NULL, place.file);
    answer_count(answer, "line", NULL, place.line);
    answer_count(answer, "column", NULL, place.column);
}

static void add_origin(struct answer *answer, const struct config_flat_key *flat_key,
                       const struct config_value *value)
{
    struct strbuf origin;
    strbuf_init(&origin, 0);
    config_print_origin(value, &origin);
    answer_text(answer, "origin", NULL, strbuf_text(&origin));
    add_place(answer, value->place);
    if ((flat_key->flags & CONFIG_RESTART) != 0)
        answer_bool(answer, "restart", NULL, true);
    strbuf_deinit(&origin);
}

/* ---- rows ------------------------------------------------------------------------------------------- */

/* The values of one struct or layer, and how far the walk over the flat keys has come. */
struct walk {
    const struct config_flat_keys *flat_keys;
    const struct config_value *const *values;
    size_t next;
};

static void add_rows(struct answer *answer, const struct config_section *section, struct walk *walk);

static void add_array_entries(struct answer *answer, const char *key, const struct config_array *array)
{
    const struct config_array_origins *origins = array->origins;
    answer_open_list(answer, key, NULL);
    for (size_t i = 0; i < array->count; i++) {
        struct walk walk = {origins->flat_keys, origins->entries[i].values, 0};
        answer_open_object(answer, NULL, NULL);
        add_rows(answer, origins->flat_keys->section, &walk);
        answer_close(answer);
    }
    answer_close(answer);
}

static void add_array(struct answer *answer, const struct config_value *value)
{
    if (value->removed == NULL || value->change != NULL) {
        add_array_entries(answer, "value", value->bytes);
        return;
    }
    add_array_entries(answer, "add", value->bytes);
    add_written(answer, "remove", config_node_find(value->node, "remove"));
}

static void add_flat_key(struct answer *answer, struct walk *walk)
{
    const struct config_flat_key *flat_key = &walk->flat_keys->items[walk->next];
    const struct config_value *value = walk->values[walk->next];
    walk->next++;
    if (value == NULL)
        return;
    answer_open_object(answer, flat_key->key->name, NULL);
    switch (flat_key->key->type->shape) {
    case CONFIG_SHAPE_LIST:
        add_list(answer, flat_key->key, value);
        break;
    case CONFIG_SHAPE_MAP:
        add_map(answer, value);
        break;
    case CONFIG_SHAPE_ARRAY:
        add_array(answer, value);
        break;
    case CONFIG_SHAPE_SCALAR:
    case CONFIG_SHAPE_SECTION: /* taken apart by add_rows */
        if (config_value_is_unset(flat_key, value))
            answer_text(answer, "value", NULL, NULL);
        else
            add_scalar(answer, flat_key->key, value);
        break;
    }
    add_origin(answer, flat_key, value);
    answer_close(answer);
}

static bool has_value(const struct walk *walk, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (walk->values[walk->next + i] != NULL)
            return true;
    return false;
}

/* As deep as the schema's sections are. */
static void add_rows(struct answer *answer, const struct config_section *section, struct walk *walk)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++) {
        if (key->type->shape != CONFIG_SHAPE_SECTION) {
            add_flat_key(answer, walk);
        } else if (!has_value(walk, config_flat_key_count(key->section))) {
            walk->next += config_flat_key_count(key->section);
        } else {
            answer_open_object(answer, key->name, NULL);
            add_rows(answer, key->section, walk);
            answer_close(answer);
        }
    }
}

static void add_values(struct answer *answer, const struct config_flat_keys *flat_keys,
                       const struct config_value *const *values)
{
    struct walk walk = {flat_keys, values, 0};
    add_rows(answer, flat_keys->section, &walk);
}

/* ---- documents -------------------------------------------------------------------------------------- */

/* The top level's keys stand beside the sections. */
static void open_section(struct answer *answer, const struct config_section *section)
{
    if (section->name[0] != '\0')
        answer_open_object(answer, section->name, NULL);
}

static void close_section(struct answer *answer, const struct config_section *section)
{
    if (section->name[0] != '\0')
        answer_close(answer);
}

static void add_roles(struct answer *answer, const struct config_section_state *state, void *scratch)
{
    const struct config_value **values =
        talloc_zero_size(scratch, (state->flat_keys.count + 1) * sizeof(const struct config_value *));
    answer_open_object(answer, "roles", NULL);
    for (int role = 0; values != NULL && role < ROLE_COUNT; role++) {
        if (!config_role_differences(state, role, values))
            continue;
        answer_open_object(answer, role_name((enum role)role), NULL);
        add_values(answer, &state->flat_keys, values);
        answer_close(answer);
    }
    answer_close(answer);
}

/* The conditions that were written. */
static void add_when(struct answer *answer, const struct config_document *document,
                     const struct config_override *override, void *scratch)
{
    const struct config_flat_keys *flat_keys = &document->when_flat_keys;
    const struct config_value **written =
        talloc_zero_size(scratch, (flat_keys->count + 1) * sizeof(const struct config_value *));
    answer_open_object(answer, "when", NULL);
    for (size_t i = 0; written != NULL && i < flat_keys->count; i++) {
        const struct config_value *value = override->when_struct.values[i];
        written[i] = value != NULL && value->place.file != NULL ? value : NULL;
    }
    if (written != NULL)
        add_values(answer, flat_keys, written);
    answer_close(answer);
}

static void add_override(struct answer *answer, const struct config_document *document,
                         const struct config_override *override, void *scratch)
{
    answer_open_object(answer, NULL, NULL);
    add_place(answer, override->place);
    add_when(answer, document, override, scratch);
    for (size_t i = 0; i < document->schema.count; i++) {
        const struct config_section_state *state = &document->sections[i];
        const struct config_patch *patch = config_patch_of(state, override);
        const struct config_value **values =
            patch == NULL ? NULL : talloc_zero_size(scratch, (state->flat_keys.count + 1) * sizeof(void *));
        if (values == NULL)
            continue;
        for (size_t j = 0; j < patch->layer.count; j++)
            values[patch->layer.items[j]->flat_key] = patch->layer.items[j];
        answer_open_object(answer, state->flat_keys.section->name, NULL);
        add_values(answer, &state->flat_keys, values);
        answer_close(answer);
    }
    answer_close(answer);
}

void config_document_answer(const struct config_document *document, struct answer *answer)
{
    void *scratch = talloc_new(NULL);
    answer_open_object(answer, "settings", NULL);
    for (size_t i = 0; i < document->schema.count; i++) {
        const struct config_section_state *state = &document->sections[i];
        open_section(answer, state->flat_keys.section);
        add_values(answer, &state->flat_keys, state->base.values);
        if (state->flat_keys.section->per_role)
            add_roles(answer, state, scratch);
        close_section(answer, state->flat_keys.section);
    }
    answer_close(answer);
    answer_open_list(answer, "overrides", NULL);
    for (size_t i = 0; i < document->override_count; i++)
        add_override(answer, document, &document->overrides[i], scratch);
    answer_close(answer);
    talloc_free(scratch);
}

static void add_match(struct answer *answer, const struct config_document *document,
                      const struct config_override *override)
{
    answer_open_object(answer, NULL, NULL);
    add_place(answer, override->place);
    answer_open_list(answer, "keys", NULL);
    for (size_t i = 0; i < document->schema.count; i++) {
        const struct config_section_state *state = &document->sections[i];
        const struct config_patch *patch = config_patch_of(state, override);
        for (size_t j = 0; patch != NULL && j < patch->layer.count; j++)
            answer_words(answer, NULL, NULL, "%s.%s", state->flat_keys.section->name,
                         state->flat_keys.items[patch->layer.items[j]->flat_key].path);
    }
    answer_close(answer);
    answer_close(answer);
}

void config_document_answer_subject(const struct config_document *document,
                                    const struct config_subject *subject, struct answer *answer)
{
    void *scratch = talloc_new(NULL);
    answer_open_list(answer, "matches", NULL);
    for (size_t i = 0; i < document->override_count; i++)
        if (config_when_matches(&document->overrides[i].when, subject))
            add_match(answer, document, &document->overrides[i]);
    answer_close(answer);
    answer_open_object(answer, "settings", NULL);
    for (size_t i = 0; i < document->schema.count; i++) {
        const struct config_section_state *state = &document->sections[i];
        struct config_struct made = state->base;
        if (state->flat_keys.section->per_role && !config_effective_make(state, subject, scratch, &made)) {
            answer_refuse(answer, "out of memory");
            break;
        }
        open_section(answer, state->flat_keys.section);
        add_values(answer, &state->flat_keys, made.values);
        close_section(answer, state->flat_keys.section);
    }
    answer_close(answer);
    talloc_free(scratch);
}
