/* `overrides:`: reading them, and checking each, and each with each, over every role's struct. */
#include "config/document.h"
#include "config/sets.h"

#include <talloc.h>

static const struct config_key when_keys[] = {
    {.name = "role",
     .type = &config_type_role_set,
     .offset = offsetof(struct config_override_when, roles),
     .text = "Roles of the message."},
    {.name = "user",
     .type = &config_type_text_set,
     .offset = offsetof(struct config_override_when, users),
     .flags = CONFIG_FREE_TEXT,
     .text = "Canonical logins, or other identities of the role."},
    {.name = "domain",
     .type = &config_type_domain_set,
     .offset = offsetof(struct config_override_when, domains),
     .text = "Domains of the login."},
    {.name = "network",
     .type = &config_type_network_set,
     .offset = offsetof(struct config_override_when, networks),
     .text = "Networks of the client."},
    {.name = "customer",
     .type = &config_type_text_set,
     .offset = offsetof(struct config_override_when, customers),
     .flags = CONFIG_FREE_TEXT,
     .text = "Customers whom the user belongs to."},
    {.name = "sender",
     .type = &config_type_text_set,
     .offset = offsetof(struct config_override_when, senders),
     .text =
         "Envelope senders: addresses, `@example.com` for all of a domain, `.example.com` for all of the domains "
         "below it, `<>` for the empty one. What a sender says of himself proves nothing where `sender` does not "
         "check it."},
    {.name = NULL},
};

const struct config_section config_when_section = {
    .name = "when",
    .struct_bytes = sizeof(struct config_override_when),
    .keys = when_keys,
    .text =
        "Whom an override is for. Of the values of one key any one must match, and of the keys every one.",
};

static bool out_of_memory(const struct config_build *build)
{
    config_problem_out_of_memory(build->problems);
    return false;
}

/* ---- structs of patches ------------------------------------------------------------------------------ */

/* The role's struct with up to two patches (`second` may be NULL) over it, finished. False when memory ran
 * out. */
static bool make_patched(struct config_build *build, void *owner, const struct config_section_state *state,
                         enum role role, const struct config_patch *const patches[2],
                         struct config_struct *made)
{
    if (!config_role_struct_make(owner, state, (int)role, made))
        return false;
    for (size_t i = 0; i < 2 && patches[i] != NULL; i++) {
        if (!config_struct_apply(made, &state->flat_keys, &patches[i]->layer))
            return false;
        made->place = patches[i]->override->place;
    }
    config_struct_finish(owner, made, &state->flat_keys, role, build->problems);
    return true;
}

static bool make_alone(struct config_build *build, const struct config_section_state *state,
                       struct config_patch *patch)
{
    const struct config_patch *const patches[2] = {patch, NULL};
    struct config_struct made[ROLE_COUNT] = {{.values = NULL}};
    const struct config_structs structs = {&state->flat_keys, made, ROLE_COUNT};
    for (int role = 0; role < ROLE_COUNT; role++) {
        if ((config_when_roles(&patch->override->when) & 1U << role) == 0)
            continue;
        if (!make_patched(build, build->document, state, (enum role)role, patches, &made[role]))
            return out_of_memory(build);
        patch->settings[role] = made[role].settings;
    }
    config_list_change_warn_idle(&structs, build->problems);
    for (int role = 0; role < ROLE_COUNT; role++)
        talloc_free(made[role].values);
    return true;
}

/* Tells where two patches that are right alone are wrong together. */
static bool check_pair(struct config_build *build, const struct config_section_state *state,
                       const struct config_patch *const patches[2])
{
    const unsigned roles =
        config_when_roles(&patches[0]->override->when) & config_when_roles(&patches[1]->override->when);
    for (int role = 0; role < ROLE_COUNT; role++) {
        if ((roles & 1U << role) == 0)
            continue;
        void *scratch = talloc_new(build->document);
        struct config_struct made;
        const bool good =
            scratch != NULL && make_patched(build, scratch, state, (enum role)role, patches, &made);
        talloc_free(scratch);
        if (!good)
            return out_of_memory(build);
    }
    return true;
}

/* Some pairs are left to the rule of config_document_effective where there are very many. */
static bool check_pairs(struct config_build *build, const struct config_section_state *state)
{
    enum { LOOKED_AT_MAX = 1000 * 1000, CHECKED_MAX = 5000 };
    size_t looked_at = 0, checked = 0;
    for (size_t second = 1; second < state->patch_count; second++) {
        for (size_t first = 0; first < second; first++) {
            const struct config_patch *const patches[2] = {&state->patches[first], &state->patches[second]};
            if (++looked_at > LOOKED_AT_MAX || checked == CHECKED_MAX)
                return true;
            if (!config_when_can_meet(&patches[0]->override->when, &patches[1]->override->when))
                continue;
            checked++;
            if (!check_pair(build, state, patches))
                return false;
        }
    }
    return true;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static bool read_when(struct config_build *build, const struct config_node *entry,
                      struct config_override *override)
{
    struct config_document *document = build->document;
    struct config_layer layer = {NULL, 0}, defaults = {NULL, 0};
    const struct config_node *node = config_node_find(entry, "when");
    if (node == NULL || (node->kind != CONFIG_NODE_BROKEN && node->count == 0)) {
        config_problem_error(build->problems, node == NULL ? entry->place : node->place,
                             "an override says whom it is for: when: { user: ann@example.com }");
        return true;
    }
    if (node->kind != CONFIG_NODE_MAPPING)
        return true;
    const struct config_layer_source source = {
        .flat_keys = &document->when_flat_keys, .node = node, .role = ROLE_COUNT};
    if (!config_struct_make(document, &document->when_flat_keys, node->place, &override->when_struct))
        return out_of_memory(build);
    if (!config_layer_read_defaults(build, &document->when_flat_keys, &defaults) ||
        !config_layer_read(build, &source, &layer))
        return false;
    if (!config_struct_apply(&override->when_struct, &document->when_flat_keys, &defaults) ||
        !config_struct_apply(&override->when_struct, &document->when_flat_keys, &layer))
        return out_of_memory(build);
    memcpy(&override->when, override->when_struct.settings, sizeof override->when);
    return true;
}

/* A list that turned out empty would match everybody. */
static void refuse_empty_conditions(const struct config_build *build, const struct config_override *override)
{
    const struct config_override_when *when = &override->when;
    const bool is_empty[] = {when->roles == 0,
                             text_set_is_empty(when->users),
                             text_set_is_empty(when->domains),
                             network_set_is_empty(when->networks),
                             text_set_is_empty(when->customers),
                             text_set_is_empty(when->senders)};
    for (size_t i = 0; i < sizeof is_empty / sizeof is_empty[0]; i++) {
        const struct config_value *value = override->when_struct.values[i];
        if (is_empty[i] && value != NULL && value->place.file != NULL)
            config_problem_error(build->problems, value->place,
                                 "%s: an empty list matches nobody: leave the override out",
                                 when_keys[i].name);
    }
}

/* Who comes from outside has no login. */
static void refuse_users_outside(const struct config_build *build, const struct config_override *override)
{
    if (override->when.roles != 0 && config_when_roles(&override->when) == 0)
        config_problem_error(build->problems, override->when_struct.place,
                             "this matches nobody: who has the role outside has no user, domain or customer");
}

static bool push_patch(struct config_build *build, struct config_section_state *state,
                       const struct config_patch *patch)
{
    if (state->patch_count % 8 == 0) {
        struct config_patch *patches = talloc_realloc_size(
            build->document, state->patches, (state->patch_count + 8) * sizeof(struct config_patch));
        if (patches == NULL)
            return out_of_memory(build);
        state->patches = patches;
    }
    state->patches[state->patch_count++] = *patch;
    return true;
}

static void report_not_overridable(const struct config_build *build, const struct config_node *child,
                                   bool is_known)
{
    if (is_known)
        config_problem_error(build->problems, child->key_place,
                             "'%s' is the same for everybody: it cannot be overridden", child->key);
    else
        config_tell_unknown_top_key(build, child);
}

/* The role, where the override is for one alone; else ROLE_COUNT. */
static int only_role(unsigned roles)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (roles == 1U << role)
            return role;
    return ROLE_COUNT;
}

static bool read_patch(struct config_build *build, const struct config_override *override,
                       const struct config_node *child)
{
    struct config_section_state *state = config_section_by_name(build->document, child->key);
    if (state == NULL || !state->flat_keys.section->per_role) {
        report_not_overridable(build, child,
                               state != NULL ||
                                   config_section_key(build->document->schema.sections[0], child->key));
        return true;
    }
    const struct config_node *roles =
        child->kind == CONFIG_NODE_MAPPING ? config_node_find(child, "roles") : NULL;
    if (roles != NULL)
        config_problem_error(build->problems, roles->key_place, "an override says the role under 'when:'");
    if (child->kind != CONFIG_NODE_MAPPING) {
        if (child->kind != CONFIG_NODE_BROKEN)
            config_problem_error(build->problems, child->place, "%s: keys belong here, such as { %s: … }",
                                 child->key, state->flat_keys.section->keys[0].name);
        return true;
    }
    struct config_patch patch = {.override = override};
    const struct config_layer_source source = {.flat_keys = &state->flat_keys,
                                               .node = child,
                                               .role = only_role(override->when.roles),
                                               .refused = CONFIG_GLOBAL,
                                               .is_top_of_per_role = true};
    if (child->first == NULL)
        config_problem_warning(build->problems, child->place, "%s: this changes nothing", child->key);
    return config_layer_read(build, &source, &patch.layer) && push_patch(build, state, &patch);
}

static bool read_override(struct config_build *build, const struct config_node *entry)
{
    if (entry->kind != CONFIG_NODE_MAPPING) {
        if (entry->kind != CONFIG_NODE_BROKEN)
            config_problem_error(
                build->problems, entry->place,
                "overrides: an entry is made of keys: { when: { user: … }, SECTION: { … } }");
        return true;
    }
    struct config_override *override = &build->document->overrides[build->document->override_count++];
    override->place = entry->place;
    if (!read_when(build, entry, override))
        return false;
    if (override->when_struct.settings != NULL) {
        refuse_empty_conditions(build, override);
        config_override_doubt(build, override);
        refuse_users_outside(build, override);
    }
    bool has_patch = false;
    for (const struct config_node *child = entry->first; child != NULL; child = child->next) {
        if (strcmp(child->key, "when") == 0)
            continue;
        has_patch = true;
        if (child->kind != CONFIG_NODE_BROKEN && !read_patch(build, override, child))
            return false;
    }
    if (!has_patch)
        config_problem_error(build->problems, entry->place,
                             "an override changes something: recipients: { limit: 100 }");
    return true;
}

static bool make_all_patched(struct config_build *build)
{
    for (size_t i = 0; i < build->document->schema.count; i++) {
        struct config_section_state *state = &build->document->sections[i];
        for (size_t j = 0; j < state->patch_count; j++)
            if (!make_alone(build, state, &state->patches[j]))
                return false;
        if (!config_patches_index(build->document, state))
            return out_of_memory(build);
        config_overrides_doubt_order(build, state);
        if (state->flat_keys.has_finish && config_problems_error_count(build->problems) == 0 &&
            !check_pairs(build, state))
            return false;
    }
    return true;
}

bool config_overrides_read(struct config_build *build, const struct config_node *node)
{
    struct config_document *document = build->document;
    if (node == NULL || node->kind == CONFIG_NODE_BROKEN)
        return true;
    if (node->kind != CONFIG_NODE_SEQUENCE) {
        const bool is_nothing = node->kind == CONFIG_NODE_SCALAR && !node->quoted && node->length == 0;
        if (!is_nothing)
            config_problem_error(build->problems, node->place,
                                 "overrides: a list belongs here: - when: { … }");
        return true;
    }
    document->overrides = talloc_zero_size(document, (node->count + 1) * sizeof *document->overrides);
    if (document->overrides == NULL)
        return out_of_memory(build);
    for (const struct config_node *entry = node->first; entry != NULL; entry = entry->next)
        if (!read_override(build, entry))
            return false;
    /* With errors there will be no document: nothing more to make. */
    return config_problems_error_count(build->problems) != 0 || make_all_patched(build);
}
