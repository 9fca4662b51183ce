/* Takes the nodes of a file into the structs of a section: values, array entries, what is required. */
#include "config/document.h"
#include "config/yaml_reader.h"

#include <assert.h>
#include <talloc.h>

static bool out_of_memory(const struct config_build *build)
{
    config_problem_out_of_memory(build->problems);
    return false;
}

/* ---- structs ---------------------------------------------------------------------------------------- */

bool config_struct_make(void *owner, const struct config_flat_keys *flat_keys, struct config_place place,
                        struct config_struct *made)
{
    made->place = place;
    made->settings = talloc_zero_size(owner, flat_keys->section->struct_bytes);
    made->values = talloc_zero_size(owner, (flat_keys->count + 1) * sizeof(const struct config_value *));
    return made->settings != NULL && made->values != NULL;
}

bool config_struct_apply(struct config_struct *made, const struct config_flat_keys *flat_keys,
                         const struct config_layer *layer)
{
    for (size_t i = 0; i < layer->count; i++) {
        const struct config_value *value = layer->items[i];
        const struct config_flat_key *flat_key = &flat_keys->items[value->flat_key];
        assert(flat_key->offset + flat_key->key->type->bytes <= flat_keys->section->struct_bytes);
        if (value->removed != NULL)
            value =
                config_list_change_apply(made->settings, flat_key->key, value, made->values[value->flat_key]);
        if (value == NULL)
            return false;
        memcpy((char *)made->settings + flat_key->offset, value->bytes, flat_key->key->type->bytes);
        made->values[value->flat_key] = value;
    }
    return true;
}

bool config_role_struct_make(void *owner, const struct config_section_state *state, int role,
                             struct config_struct *made)
{
    if (!config_struct_make(owner, &state->flat_keys, state->place, made))
        return false;
    const struct config_layer *const layers[] = {
        &state->defaults, role == ROLE_COUNT ? NULL : &state->role_defaults[role], &state->written,
        role == ROLE_COUNT ? NULL : &state->role_written[role]};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        if (layers[i] != NULL && !config_struct_apply(made, &state->flat_keys, layers[i]))
            return false;
    return true;
}

void config_struct_check_required(const struct config_struct *made, const struct config_flat_keys *flat_keys,
                                  struct config_problems *problems)
{
    for (size_t i = 0; i < flat_keys->count; i++)
        if ((flat_keys->items[i].flags & CONFIG_REQUIRED) != 0 && made->values[i] == NULL)
            config_problem_error(problems, made->place, "'%s' is missing here", flat_keys->items[i].path);
}

/* ---- array entries ---------------------------------------------------------------------------------- */

/* The flat keys of a section that describes entries; the same for all arrays of it. */
static const struct config_flat_keys *array_flat_keys(struct config_build *build,
                                                      const struct config_section *section)
{
    for (size_t i = 0; i < build->array_count; i++)
        if (build->arrays[i].section == section)
            return &build->arrays[i];
    return NULL;
}

static bool read_entry(struct config_build *build, const struct config_flat_keys *flat_keys,
                       const struct config_node *node, struct config_struct *entry)
{
    struct config_layer defaults = {NULL, 0}, written = {NULL, 0};
    const struct config_layer_source source = {.flat_keys = flat_keys, .node = node, .role = ROLE_COUNT};
    const size_t errors = config_problems_error_count(build->problems);
    if (!config_struct_make(build->document, flat_keys, node->place, entry))
        return out_of_memory(build);
    if (!config_layer_read_defaults(build, flat_keys, &defaults) ||
        !config_layer_read(build, &source, &written))
        return false;
    if (!config_struct_apply(entry, flat_keys, &defaults) || !config_struct_apply(entry, flat_keys, &written))
        return out_of_memory(build);
    config_list_change_warn_idle(&(struct config_structs){flat_keys, entry, 1}, build->problems);
    config_struct_check_required(entry, flat_keys, build->problems);
    if (config_problems_error_count(build->problems) == errors)
        config_struct_finish(build->document, entry, flat_keys, ROLE_COUNT, build->problems);
    return true;
}

/* Whether the entry can be read at all; tells why not. */
static bool entry_is_mapping(const struct config_build *build, const struct config_key *key,
                             const struct config_node *entry)
{
    if (entry->kind != CONFIG_NODE_MAPPING && entry->kind != CONFIG_NODE_BROKEN)
        config_problem_error(build->problems, entry->place, "%s: an entry is made of keys, such as { %s: … }",
                             key->name, key->section->keys[0].name);
    return entry->kind == CONFIG_NODE_MAPPING;
}

static bool parse_array(struct config_build *build, const struct config_key *key,
                        const struct config_node *node, struct config_array *array)
{
    *array = (struct config_array){NULL, 0, NULL};
    if (node->kind != CONFIG_NODE_SEQUENCE) {
        if (node->kind != CONFIG_NODE_BROKEN)
            config_problem_error(build->problems, node->place,
                                 "%s: a list of entries belongs here: - { %s: … }", key->name,
                                 key->section->keys[0].name);
        return true;
    }
    const struct config_flat_keys *flat_keys = array_flat_keys(build, key->section);
    const size_t bytes = key->section->struct_bytes;
    struct config_array_origins *origins = talloc_zero(build->document, struct config_array_origins);
    if (flat_keys == NULL || origins == NULL)
        return out_of_memory(build);
    origins->flat_keys = flat_keys;
    origins->entries = talloc_zero_size(origins, (node->count + 1) * sizeof *origins->entries);
    array->items = talloc_zero_size(build->document, (node->count + 1) * bytes);
    array->origins = origins;
    if (origins->entries == NULL || array->items == NULL)
        return out_of_memory(build);
    for (const struct config_node *entry = node->first; entry != NULL; entry = entry->next) {
        struct config_struct *made = &origins->entries[array->count];
        if (!entry_is_mapping(build, key, entry))
            continue;
        if (!read_entry(build, flat_keys, entry, made))
            return false;
        memcpy((char *)array->items + array->count++ * bytes, made->settings, bytes);
    }
    return true;
}

/* ---- values ----------------------------------------------------------------------------------------- */

static bool push_value(struct config_build *build, struct config_layer *layer,
                       const struct config_value *value)
{
    if (layer->count % 8 == 0) {
        struct config_value **items = talloc_realloc_size(build->document, layer->items,
                                                          (layer->count + 8) * sizeof(struct config_value *));
        if (items == NULL)
            return out_of_memory(build);
        layer->items = items;
    }
    struct config_value *kept = talloc_memdup(build->document, value, sizeof *value);
    if (kept == NULL)
        return out_of_memory(build);
    layer->items[layer->count++] = kept;
    return true;
}

/* One value, of a key or of a part of its change; `node` NULL: zero. `*is_good` is false where an error was
 * told. NULL when memory ran out. */
static const void *parse_bytes(struct config_build *build, const struct config_key *key,
                               const struct config_node *node, bool *is_good)
{
    const struct config_parse parse = {build->document, build->problems, key, build->document->tables};
    void *bytes = talloc_zero_size(build->document, key->type->bytes);
    if (bytes == NULL)
        config_problem_out_of_memory(build->problems);
    if (bytes == NULL || node == NULL)
        return bytes;
    if (key->type->shape == CONFIG_SHAPE_ARRAY)
        return parse_array(build, key, node, bytes) ? bytes : NULL;
    *is_good = key->type->parse(&parse, node, bytes) && *is_good;
    return bytes;
}

/* Reads `{ add: …, remove: … }`. */
static bool read_change(struct config_build *build, const struct config_key *key, struct config_value *value,
                        struct config_layer *layer)
{
    const struct config_key names = {.name = key->name, .type = &config_type_text_list};
    const bool is_array = key->type->shape == CONFIG_SHAPE_ARRAY;
    bool is_good = config_list_change_check(build, key, value->node);
    if (!is_good)
        return true;
    value->bytes = parse_bytes(build, key, config_node_find(value->node, "add"), &is_good);
    value->removed =
        parse_bytes(build, is_array ? &names : key, config_node_find(value->node, "remove"), &is_good);
    return value->bytes != NULL && value->removed != NULL && (!is_good || push_value(build, layer, value));
}

/* Reads one value; an unreadable one is told and left out. */
static bool read_value(struct config_build *build, const struct config_flat_key *flat_key,
                       struct config_value *value, struct config_layer *layer)
{
    bool is_good = true;
    value->place = value->node->place;
    if (config_is_list_change(flat_key->key, value->node))
        return read_change(build, flat_key->key, value, layer);
    value->bytes = parse_bytes(build, flat_key->key, value->node, &is_good);
    return value->bytes != NULL && (!is_good || push_value(build, layer, value));
}

/* What a default says, as a node. */
static const struct config_node *default_node(struct config_build *build, const char *text)
{
    const struct config_place nowhere = {NULL, 0, 0};
    const struct config_node *node =
        text[0] == '\0' ? config_node_create_text(build->document, nowhere, text)
                        : yaml_reader_read(build->document, NULL, slice_of(text), build->problems);
    if (node == NULL)
        config_problem_out_of_memory(build->problems);
    return node;
}

bool config_layer_add_text(struct config_build *build, const struct config_flat_keys *flat_keys,
                           size_t flat_key, int role, const char *text, struct config_layer *layer)
{
    struct config_value value = {.flat_key = flat_key, .role = role, .node = default_node(build, text)};
    return value.node != NULL && read_value(build, &flat_keys->items[flat_key], &value, layer);
}

bool config_layer_read_defaults(struct config_build *build, const struct config_flat_keys *flat_keys,
                                struct config_layer *layer)
{
    for (size_t i = 0; i < flat_keys->count; i++) {
        const struct config_key *key = flat_keys->items[i].key;
        const char *text = key->default_text != NULL ? key->default_text : key->type->empty_text;
        if ((key->flags & CONFIG_REQUIRED) == 0 && text != NULL &&
            !config_layer_add_text(build, flat_keys, i, ROLE_COUNT, text, layer))
            return false;
    }
    return true;
}

/* ---- mappings --------------------------------------------------------------------------------------- */

/* One nesting of a mapping that is being read. */
struct mapping_reading {
    struct config_build *build;
    const struct config_layer_source *source;
    struct config_layer *layer;
};

static bool read_mapping(const struct mapping_reading *reading, const struct config_section *section,
                         const struct config_node *node, size_t offset);

static size_t find_flat_key(const struct config_flat_keys *flat_keys, const struct config_key *key,
                            size_t offset)
{
    size_t at = 0;
    while (flat_keys->items[at].key != key || flat_keys->items[at].offset != offset)
        at++;
    return at;
}

static bool is_nothing(const struct config_node *node)
{
    return node->kind == CONFIG_NODE_SCALAR && !node->quoted && node->length == 0;
}

static bool read_nested(const struct mapping_reading *reading, const struct config_key *key,
                        const struct config_node *child, size_t offset)
{
    if (child->kind == CONFIG_NODE_MAPPING)
        return read_mapping(reading, key->section, child, offset);
    if (child->kind != CONFIG_NODE_BROKEN && !is_nothing(child))
        config_problem_error(reading->build->problems, child->place,
                             "%s: keys belong here, such as { %s: … }", key->name,
                             key->section->keys[0].name);
    return true;
}

static bool read_child(const struct mapping_reading *reading, const struct config_key *key,
                       const struct config_node *child, size_t offset)
{
    const struct config_layer_source *source = reading->source;
    if (key->type->shape == CONFIG_SHAPE_SECTION)
        return read_nested(reading, key, child, offset);
    struct config_value value = {.role = source->role, .node = child};
    value.flat_key = find_flat_key(source->flat_keys, key, offset);
    const struct config_flat_key *flat_key = &source->flat_keys->items[value.flat_key];
    if ((flat_key->flags & source->refused) == 0)
        return read_value(reading->build, flat_key, &value, reading->layer);
    config_problem_error(reading->build->problems, child->key_place,
                         "'%s' is the same for everybody: write it directly under '%s:'", flat_key->path,
                         source->flat_keys->section->name);
    return true;
}

/* As deep as the schema's sections are. */
static bool read_mapping(const struct mapping_reading *reading, const struct config_section *section,
                         const struct config_node *node, size_t offset)
{
    const bool is_top = node == reading->source->node;
    for (const struct config_node *child = node->first; child != NULL; child = child->next) {
        if (child->kind == CONFIG_NODE_BROKEN ||
            (is_top && reading->source->is_top_of_per_role && strcmp(child->key, "roles") == 0))
            continue;
        const struct config_key *key = config_section_key(section, child->key);
        if (key == NULL)
            config_tell_unknown_key(reading->build, section, child);
        else if (!read_child(reading, key, child, offset + key->offset))
            return false;
    }
    return true;
}

bool config_layer_read_child(struct config_build *build, const struct config_layer_source *source,
                             const struct config_node *child, struct config_layer *layer)
{
    const struct mapping_reading reading = {build, source, layer};
    const struct config_key *key = config_section_key(source->flat_keys->section, child->key);
    assert(key != NULL);
    return read_child(&reading, key, child, key->offset);
}

bool config_layer_read(struct config_build *build, const struct config_layer_source *source,
                       struct config_layer *layer)
{
    const struct mapping_reading reading = {build, source, layer};
    return read_mapping(&reading, source->flat_keys->section, source->node, 0);
}
