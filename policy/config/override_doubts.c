/* Overrides that can never match, or that change nothing. */
#include "config/document.h"
#include "config/sets.h"

#include <talloc.h>

/* ---- conditions --------------------------------------------------------------------------------------- */

void config_override_each(const struct config_document *document, size_t override, const char *condition,
                          void (*visit)(void *context, struct slice text, struct config_place place),
                          void *context)
{
    const struct config_flat_keys *flat_keys = &document->when_flat_keys;
    const size_t flat_key = config_flat_key_by_path(flat_keys, condition);
    const struct config_value *const *values = document->overrides[override].when_struct.values;
    struct config_entries entries = {.owner = talloc_new(NULL)};
    if (values != NULL && values[flat_key] != NULL && values[flat_key]->place.file != NULL)
        config_list_entries(flat_keys->items[flat_key].key, values[flat_key], &entries);
    for (size_t i = 0; i < entries.count; i++) {
        const struct config_node *node = entries.items[i];
        const struct slice text = slice_make(node->text, node->kind == CONFIG_NODE_SCALAR ? node->length : 0);
        if (text.length > 0 && !table_is_source(text))
            visit(context, text, node->place);
    }
    talloc_free(entries.owner);
}

size_t config_document_override_count(const struct config_document *document)
{
    return document->override_count;
}

unsigned config_override_roles(const struct config_document *document, size_t override)
{
    return document->overrides[override].when.roles;
}

/* What is looked at while one override's conditions are. */
struct doubt {
    const struct config_build *build;
    const struct config_override *override;
};

static bool has_byte(struct slice text, char byte)
{
    return slice_find(text, byte) < text.length;
}

/* "example.com" of "@example.com" and "*@example.com"; empty where it is no such. */
static struct slice whole_domain(struct slice text)
{
    if (text.length > 1 && text.data[0] == '*' && text.data[1] == '@')
        text = slice_part(text, 1, text.length);
    return text.length > 1 && text.data[0] == '@' ? slice_part(text, 1, text.length) : slice_of("");
}

static bool is_local_identity(struct slice text)
{
    return slice_starts_nocase(text, slice_of("uid:")) || slice_starts_nocase(text, slice_of("script:")) ||
           slice_equal(text, slice_of("local"));
}

/* Whether a client without a login can have that identity: a network, or the name of a certificate. */
static bool is_host_identity(struct slice text)
{
    struct ip_network network;
    bool host_bits;
    return ip_network_parse(text, &network, &host_bits) || slice_starts_nocase(text, slice_of("sha256:")) ||
           slice_starts_nocase(text, slice_of("CN="));
}

static void doubt_user_of_role(const struct doubt *doubt, struct slice text, struct config_place place)
{
    const unsigned roles = doubt->override->when.roles;
    const struct config_excerpt shown = config_excerpt_of(text);
    if (roles == 1U << ROLE_LOCAL && !is_local_identity(text))
        config_problem_warning(doubt->build->problems, place,
                               "user: '%s' matches nobody with role local: users there are uid:NUMBER or "
                               "script:PATH",
                               shown.text);
    else if (roles == 1U << ROLE_TRUSTED && has_byte(text, '@') && !is_host_identity(text))
        config_problem_warning(
            doubt->build->problems, place,
            "user: '%s' with role trusted matches only a client who was let in by a recent login "
            "(closedrelay allow --user): who logs in has the role submission, and a trusted "
            "network is told by network: 192.0.2.0/24",
            shown.text);
}

static void doubt_user(void *context, struct slice text, struct config_place place)
{
    const struct doubt *doubt = context;
    const struct slice domain = whole_domain(text);
    const struct config_excerpt shown = config_excerpt_of(text);
    if (domain.length > 0)
        config_problem_error(doubt->build->problems, place,
                             "user: '%s' is no login: for all logins of a domain write domain: %s",
                             shown.text, config_excerpt_of(domain).text);
    else if (!is_local_identity(text) && (has_byte(text, '*') || has_byte(text, '?')))
        config_problem_error(
            doubt->build->problems, place,
            "user: '%s': there are no patterns here: write the logins, or domain: and their domain",
            shown.text);
    else
        doubt_user_of_role(doubt, text, place);
}

static void doubt_sender(void *context, struct slice text, struct config_place place)
{
    const struct doubt *doubt = context;
    const struct slice domain = whole_domain(text);
    if (text.data[0] == '*' && domain.length > 0)
        config_problem_error(
            doubt->build->problems, place,
            "sender: '%s': there are no patterns here: all senders of a domain are written @%s",
            config_excerpt_of(text).text, config_excerpt_of(domain).text);
    else if (!has_byte(text, '@') && !has_byte(text, '.') && !slice_equal(text, slice_of("<>")))
        config_problem_warning(
            doubt->build->problems, place,
            "sender: '%s' is no address: write it with its domain, <> for the empty sender, or "
            "user: where the login is meant",
            config_excerpt_of(text).text);
}

/* A login and the domain of another. */
static void doubt_user_and_domain(const struct doubt *doubt)
{
    const struct config_override_when *when = &doubt->override->when;
    if (text_set_is_empty(when->users) || text_set_is_empty(when->domains) ||
        config_users_can_be_at(when->users, when->domains))
        return;
    config_problem_warning(
        doubt->build->problems, doubt->override->when_struct.place,
        "this matches nobody: none of the logins is at one of the domains, and both conditions must "
        "hold");
}

void config_override_doubt(const struct config_build *build, const struct config_override *override)
{
    struct doubt doubt = {build, override};
    const size_t index = (size_t)(override - build->document->overrides);
    config_override_each(build->document, index, "user", doubt_user, &doubt);
    config_override_each(build->document, index, "sender", doubt_sender, &doubt);
    doubt_user_and_domain(&doubt);
}

/* ---- overrides behind others --------------------------------------------------------------------------- */

static bool sets_key(const struct config_patch *patch, size_t flat_key)
{
    for (size_t i = 0; i < patch->layer.count; i++)
        if (patch->layer.items[i]->flat_key == flat_key)
            return patch->layer.items[i]->removed == NULL;
    return false;
}

/* Whether the later patch writes every key that the earlier one does. */
static bool writes_all(const struct config_patch *later, const struct config_patch *earlier)
{
    for (size_t i = 0; i < earlier->layer.count; i++)
        if (!sets_key(later, earlier->layer.items[i]->flat_key))
            return false;
    return earlier->layer.count > 0;
}

/* A later override that is for all of the earlier one's leaves nothing of it. Where there are very many,
 * not all are compared. */
void config_overrides_doubt_order(const struct config_build *build, const struct config_section_state *state)
{
    enum { COMPARED_MAX = 1000 * 1000 };
    size_t compared = 0;
    for (size_t i = 0; i < state->patch_count; i++) {
        const struct config_patch *earlier = &state->patches[i];
        for (size_t j = i + 1; j < state->patch_count && ++compared <= COMPARED_MAX; j++) {
            const struct config_patch *later = &state->patches[j];
            if (!writes_all(later, earlier) ||
                !config_when_covers(&later->override->when, &earlier->override->when))
                continue;
            config_problem_warning(
                build->problems, earlier->override->place,
                "%s: this has no effect: the override at %s:%u:%u is for the same messages, "
                "says the same keys and comes later: put the special case behind the general one",
                state->flat_keys.section->name, later->override->place.file, later->override->place.line,
                later->override->place.column);
            break;
        }
    }
}
