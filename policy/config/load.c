#include "config/document.h"
#include "config/files.h"
#include "base/nearest_word.h"

#include <assert.h>
#include <talloc.h>

/* ---- the schema ------------------------------------------------------------------------------------- */

static bool knows_array(const struct config_build *build, const struct config_section *section)
{
    for (size_t i = 0; i < build->array_count; i++)
        if (build->arrays[i].section == section)
            return true;
    return false;
}

/* Finds every section that describes entries of arrays; as deep as the schema's rows are. */
static bool collect_arrays(struct config_build *build, const struct config_section *section)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++) {
        if (key->section == NULL ||
            (key->type->shape == CONFIG_SHAPE_ARRAY && knows_array(build, key->section)))
            continue;
        if (key->type->shape == CONFIG_SHAPE_ARRAY) {
            struct config_flat_keys *arrays = talloc_realloc_size(
                build->document, build->arrays, (build->array_count + 1) * sizeof(struct config_flat_keys));
            if (arrays == NULL)
                return false;
            build->arrays = arrays;
            if (!config_flat_keys_make(build->document, key->section, &build->arrays[build->array_count++]))
                return false;
        }
        if (!collect_arrays(build, key->section))
            return false;
    }
    return true;
}

static bool prepare_schema(struct config_build *build)
{
    struct config_document *document = build->document;
    assert(document->schema.count > 0 && !document->schema.sections[0]->per_role);
    document->sections = talloc_zero_size(document, document->schema.count * sizeof *document->sections);
    if (document->sections == NULL ||
        !config_flat_keys_make(document, &config_when_section, &document->when_flat_keys))
        return false;
    for (size_t i = 0; i < document->schema.count; i++) {
        document->sections[i].place = build->whole;
        if (!config_flat_keys_make(document, document->schema.sections[i],
                                   &document->sections[i].flat_keys) ||
            !collect_arrays(build, document->schema.sections[i]))
            return false;
    }
    return true;
}

/* ---- defaults --------------------------------------------------------------------------------------- */

static bool read_section_defaults(struct config_build *build, struct config_section_state *state)
{
    const struct config_role_default *role_default = state->flat_keys.section->role_defaults;
    if (!config_layer_read_defaults(build, &state->flat_keys, &state->defaults))
        return false;
    for (; role_default != NULL && role_default->key != NULL; role_default++) {
        const size_t flat_key = config_flat_key_by_path(&state->flat_keys, role_default->key);
        assert(flat_key < state->flat_keys.count && state->flat_keys.section->per_role);
        if (!config_layer_add_text(build, &state->flat_keys, flat_key, (int)role_default->role,
                                   role_default->text, &state->role_defaults[role_default->role]))
            return false;
    }
    return true;
}

/* ---- what the files say ------------------------------------------------------------------------------ */

/* True for a mapping. Tells what else stands there, unless it is nothing ("relay:" with all its keys in
 * comments). */
static bool is_keys(struct config_build *build, const struct config_node *node, const char *name)
{
    const bool is_nothing = node->kind == CONFIG_NODE_SCALAR && !node->quoted && node->length == 0;
    if (node->kind != CONFIG_NODE_MAPPING && node->kind != CONFIG_NODE_BROKEN && !is_nothing)
        config_problem_error(build->problems, node->place, "%s: keys belong here, one a line and indented",
                             name);
    return node->kind == CONFIG_NODE_MAPPING;
}

static int role_by_name(const char *name)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (strcmp(role_name((enum role)role), name) == 0)
            return role;
    return ROLE_COUNT;
}

static void report_unknown_role(struct config_build *build, const struct config_node *child)
{
    const char *names[ROLE_COUNT + 1] = {NULL};
    for (int role = 0; role < ROLE_COUNT; role++)
        names[role] = role_name((enum role)role);
    const char *meant = nearest_word(slice_of(child->key), names);
    config_problem_error(
        build->problems, child->key_place, "'%s' is no role: submission, trusted, local or outside%s%s%s",
        config_excerpt_of(slice_of(child->key)).text, meant == NULL ? "" : " (did you mean '",
        meant == NULL ? "" : meant, meant == NULL ? "" : "'?)");
}

static bool read_roles(struct config_build *build, struct config_section_state *state,
                       const struct config_node *roles)
{
    if (!is_keys(build, roles, "roles"))
        return true;
    for (const struct config_node *child = roles->first; child != NULL; child = child->next) {
        if (child->kind == CONFIG_NODE_BROKEN)
            continue;
        const int role = role_by_name(child->key);
        if (role == ROLE_COUNT) {
            report_unknown_role(build, child);
            continue;
        }
        const struct config_layer_source source = {
            .flat_keys = &state->flat_keys, .node = child, .role = role, .refused = CONFIG_GLOBAL};
        if (is_keys(build, child, child->key) &&
            !config_layer_read(build, &source, &state->role_written[role]))
            return false;
    }
    return true;
}

static bool read_section(struct config_build *build, struct config_section_state *state,
                         const struct config_node *node)
{
    const struct config_section *section = state->flat_keys.section;
    state->place = node->key_place;
    if (!is_keys(build, node, section->name))
        return true;
    const struct config_layer_source source = {.flat_keys = &state->flat_keys,
                                               .node = node,
                                               .role = ROLE_COUNT,
                                               .is_top_of_per_role = section->per_role};
    const struct config_node *roles = section->per_role ? config_node_find(node, "roles") : NULL;
    return config_layer_read(build, &source, &state->written) &&
           (roles == NULL || read_roles(build, state, roles));
}

static bool read_root_key(struct config_build *build, const struct config_node *child)
{
    struct config_section_state *root = &build->document->sections[0];
    const struct config_layer_source source = {.flat_keys = &root->flat_keys, .role = ROLE_COUNT};
    return config_layer_read_child(build, &source, child, &root->written);
}

static bool read_top(struct config_build *build, const struct config_node *root)
{
    for (const struct config_node *child = root->first; child != NULL; child = child->next) {
        if (child->kind == CONFIG_NODE_BROKEN || strcmp(child->key, "overrides") == 0)
            continue;
        struct config_section_state *state = config_section_by_name(build->document, child->key);
        bool good = true;
        if (state != NULL)
            good = read_section(build, state, child);
        else if (config_section_key(build->document->schema.sections[0], child->key) != NULL)
            good = read_root_key(build, child);
        else
            config_tell_unknown_top_key(build, child);
        if (!good)
            return false;
    }
    return true;
}

/* ---- structs ---------------------------------------------------------------------------------------- */

static bool make_struct(struct config_build *build, const struct config_section_state *state, int role,
                        struct config_struct *made)
{
    if (!config_role_struct_make(build->document, state, role, made))
        return false;
    config_struct_check_required(made, &state->flat_keys, build->problems);
    return true;
}

static bool make_section(struct config_build *build, struct config_section_state *state)
{
    if (!make_struct(build, state, ROLE_COUNT, &state->base))
        return false;
    for (int role = 0; role < ROLE_COUNT && state->flat_keys.section->per_role; role++)
        if (!make_struct(build, state, role, &state->roles[role]))
            return false;
    const bool per_role = state->flat_keys.section->per_role;
    const struct config_structs structs = {&state->flat_keys, per_role ? state->roles : &state->base,
                                           per_role ? ROLE_COUNT : 1};
    config_list_change_warn_idle(&structs, build->problems);
    return true;
}

static void finish_section(struct config_build *build, struct config_section_state *state)
{
    if (!state->flat_keys.section->per_role)
        config_struct_finish(build->document, &state->base, &state->flat_keys, ROLE_COUNT, build->problems);
    for (int role = 0; role < ROLE_COUNT && state->flat_keys.section->per_role; role++)
        config_struct_finish(build->document, &state->roles[role], &state->flat_keys, (enum role)role,
                             build->problems);
}

/* Sections check themselves only once every value could be read: what is missing would mislead them. */
static bool make_and_finish(struct config_build *build, const struct config_node *overrides)
{
    struct config_document *document = build->document;
    for (size_t i = 0; i < document->schema.count; i++)
        if (!make_section(build, &document->sections[i]))
            return false;
    if (config_problems_error_count(build->problems) == 0)
        for (size_t i = 0; i < document->schema.count; i++)
            finish_section(build, &document->sections[i]);
    return config_overrides_read(build, overrides);
}

/* ---- loading ---------------------------------------------------------------------------------------- */

static bool build_document(struct config_build *build, const struct config_node *root)
{
    if (!prepare_schema(build))
        return false;
    for (size_t i = 0; i < build->document->schema.count; i++)
        if (!read_section_defaults(build, &build->document->sections[i]))
            return false;
    if (root != NULL && !read_top(build, root))
        return false;
    return make_and_finish(build, root == NULL ? NULL : config_node_find(root, "overrides"));
}

/* Takes the document if it is without error, and frees it otherwise. `is_read`: there is a tree, or none is
 * wanted. */
static struct config_document *complete(struct config_build *build, bool is_read,
                                        const struct config_node *root)
{
    if (is_read && !build_document(build, root))
        config_problem_out_of_memory(build->problems);
    if (config_problems_error_count(build->problems) == 0)
        return build->document;
    talloc_free(build->document);
    return NULL;
}

static bool begin(void *owner, const struct config_schema *schema, struct config_problems *problems,
                  struct config_build *build)
{
    *build =
        (struct config_build){.problems = problems, .document = talloc_zero(owner, struct config_document)};
    if (build->document != NULL)
        build->document->tables = config_tables_create(build->document, schema->tables);
    if (build->document != NULL) {
        build->document->schema = *schema;
        build->document->schema.sections =
            talloc_memdup(build->document, schema->sections, schema->count * sizeof *schema->sections);
    }
    if (build->document != NULL && build->document->tables != NULL &&
        build->document->schema.sections != NULL)
        return true;
    TALLOC_FREE(build->document);
    config_problem_out_of_memory(problems);
    return false;
}

struct config_document *config_document_load(void *owner, const struct config_schema *schema,
                                             const char *path, struct config_problems *problems)
{
    struct config_build build;
    const struct config_node *root = NULL;
    if (!begin(owner, schema, problems, &build))
        return NULL;
    if (path != NULL)
        root = config_files_read(build.document, path, problems);
    if (root != NULL)
        build.whole = (struct config_place){root->place.file, 1, 1};
    return complete(&build, path == NULL || root != NULL, root);
}

struct config_document *config_document_read(void *owner, const struct config_schema *schema,
                                             const char *name, struct slice text,
                                             struct config_problems *problems)
{
    struct config_build build;
    if (!begin(owner, schema, problems, &build))
        return NULL;
    const struct config_node *root = config_files_read_text(build.document, name, text, problems);
    if (root != NULL)
        build.whole = (struct config_place){root->place.file, 1, 1};
    return complete(&build, root != NULL, root);
}

struct table_registry *config_document_tables(const struct config_document *document)
{
    return config_tables_registry(document->tables);
}

void config_document_examine_tables(const struct config_document *document,
                                    void (*tell)(void *context, const char *name, const char *trouble),
                                    void *context)
{
    config_tables_examine(document->tables, tell, context);
}

bool config_document_is_written(const struct config_document *document, size_t section_index,
                                const char *path)
{
    assert(section_index < document->schema.count);
    const struct config_section_state *state = &document->sections[section_index];
    size_t flat_key = config_flat_key_by_path(&state->flat_keys, path);
    for (size_t i = 0; i < state->written.count; i++)
        if (state->written.items[i]->flat_key == flat_key)
            return true;
    return false;
}

const void *config_document_settings(const struct config_document *document, size_t section_index,
                                     enum role role)
{
    assert(section_index < document->schema.count);
    const struct config_section_state *state = &document->sections[section_index];
    if (!state->flat_keys.section->per_role)
        return state->base.settings;
    assert((int)role >= 0 && role < ROLE_COUNT);
    return state->roles[role].settings;
}
