/* Lists as sets: of texts, domains and roles. */
#include "config/sets.h"
#include "base/nearest_word.h"
#include "config/types.h"
#include "facts/domain_name.h"

#include <stdlib.h>
#include <talloc.h>

/* ---- text_set --------------------------------------------------------------------------------------- */

static bool take_set_text(void *context, const struct config_parse *parse, struct slice entry,
                          struct config_place place)
{
    (void)parse;
    (void)place;
    text_collection_add_lower(context, entry);
    return true;
}

static bool set_parse(const struct config_parse *parse, const struct config_node *node,
                      struct config_set_reading reading, void *value)
{
    struct text_collection texts;
    text_collection_init(&texts);
    reading.context = &texts;
    bool good = config_set_each(parse, node, &reading);
    if (good) {
        struct text_set *set = text_set_create(parse->owner, &texts);
        *(struct text_set **)value = set;
        good = set != NULL;
        if (good)
            text_set_use_tables(set, reading.tables);
        else
            config_problem_out_of_memory(parse->problems);
    }
    text_collection_deinit(&texts);
    return good;
}

static bool text_set_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    return set_parse(parse, node, (struct config_set_reading){.take = take_set_text, .shape = TABLE_TEXT},
                     value);
}

static bool set_change(void *owner, const struct config_key *key, const struct config_list_change *change,
                       void *value)
{
    const struct text_set *const *below = change->below, *const *added = change->added,
                                 *const *removed = change->removed;
    struct text_set *set = text_set_change(owner, below == NULL ? NULL : *below, *added, *removed);
    (void)key;
    *(struct text_set **)value = set;
    return set != NULL;
}

static bool text_set_has(const struct config_key *key, const void *list, struct slice entry)
{
    const struct text_set *set = *(const struct text_set *const *)list;
    struct text_collection lower;
    (void)key;
    text_collection_init(&lower);
    text_collection_add_lower(&lower, entry);
    const bool has = lower.bytes.failed || text_set_has_tables(set) ||
                     text_set_contains(set, slice_of(strbuf_text(&lower.bytes)));
    text_collection_deinit(&lower);
    return has;
}

static void text_set_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "a list of texts, in any letter case");
}

const struct config_type config_type_text_set = {
    .name = "text_set",
    .shape = CONFIG_SHAPE_LIST,
    .bytes = sizeof(struct text_set *),
    .empty_text = "[]",
    .example = "word",
    .parse = text_set_parse,
    .change = set_change,
    .has = text_set_has,
    .describe = text_set_describe,
    .json_schema = config_entry_json_schema,
};

/* ---- domain_set ------------------------------------------------------------------------------------- */

static bool take_domain(void *context, const struct config_parse *parse, struct slice entry,
                        struct config_place place)
{
    char name[DOMAIN_NAME_BYTES];
    const char *fault = domain_entry_canonical(entry, name);
    if (fault != NULL) {
        config_value_error(parse, place, "'%s' is no domain: %s", config_excerpt_of(entry).text, fault);
        return false;
    }
    text_collection_add(context, slice_of(name));
    return true;
}

static bool domain_set_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    return set_parse(parse, node, (struct config_set_reading){.take = take_domain, .shape = TABLE_DOMAINS},
                     value);
}

static bool is_below(void *suffix, const char *entry)
{
    return !slice_ends_nocase(slice_of(entry), slice_of(suffix));
}

/* As itself, under a parent, or as one that has entries below it. */
static bool domain_set_has(const struct config_key *key, const void *list, struct slice entry)
{
    const struct text_set *set = *(const struct text_set *const *)list;
    char name[DOMAIN_NAME_BYTES];
    (void)key;
    if (text_set_has_tables(set) || domain_entry_canonical(entry, name) != NULL)
        return true;
    return text_set_contains(set, slice_of(name)) || domain_set_lookup(set, slice_of(name)) == TABLE_FOUND ||
           (name[0] == '.' && !text_set_each(set, is_below, name));
}

static void domain_set_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "a list of domains");
}

const struct config_type config_type_domain_set = {
    .name = "domain_set",
    .shape = CONFIG_SHAPE_LIST,
    .bytes = sizeof(struct text_set *),
    .empty_text = "[]",
    .example = "example.com",
    .parse = domain_set_parse,
    .change = set_change,
    .has = domain_set_has,
    .entries_overlap = true,
    .describe = domain_set_describe,
    .json_schema = config_entry_json_schema,
};

/* ---- role_set --------------------------------------------------------------------------------------- */

static bool take_role(const struct config_parse *parse, const struct config_node *node, unsigned *roles)
{
    const char *names[ROLE_COUNT + 1] = {NULL};
    struct slice text;
    if (!config_scalar(parse, node, &text))
        return false;
    for (unsigned role = 0; role < ROLE_COUNT; role++) {
        names[role] = role_name((enum role)role);
        if (slice_equal(text, slice_of(names[role]))) {
            *roles |= 1U << role;
            return true;
        }
    }
    if (!config_entry_check(parse, &(struct config_entry){text, node->place, node->quoted, false}))
        return false;
    const char *meant = nearest_word(text, names);
    config_value_error(parse, node->place, "'%s' is no role: submission, trusted, local or outside%s%s%s",
                       config_excerpt_of(text).text, meant == NULL ? "" : " (did you mean '",
                       meant == NULL ? "" : meant, meant == NULL ? "" : "'?)");
    return false;
}

static bool role_set_parse(const struct config_parse *parse, const struct config_node *node, void *value)
{
    unsigned roles = 0;
    bool good = true;
    if (node->kind != CONFIG_NODE_SEQUENCE)
        good = take_role(parse, node, &roles);
    else
        for (const struct config_node *entry = node->first; entry != NULL; entry = entry->next)
            good = take_role(parse, entry, &roles) && good;
    *(unsigned *)value = roles;
    return good;
}

static bool role_set_change(void *owner, const struct config_key *key,
                            const struct config_list_change *change, void *value)
{
    const unsigned *below = change->below, *added = change->added, *removed = change->removed;
    (void)owner;
    (void)key;
    *(unsigned *)value = ((below == NULL ? 0 : *below) | *added) & ~*removed;
    return true;
}

static bool role_set_has(const struct config_key *key, const void *list, struct slice entry)
{
    (void)key;
    for (unsigned role = 0; role < ROLE_COUNT; role++)
        if (slice_equal(entry, slice_of(role_name((enum role)role))))
            return (*(const unsigned *)list & 1U << role) != 0;
    return true;
}

static void role_set_describe(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "a list of roles: `submission`, `trusted`, `local`, `outside`");
}

static void role_set_json_schema(const struct config_key *key, struct strbuf *out)
{
    (void)key;
    strbuf_append_text(out, "\"enum\": [\"submission\", \"trusted\", \"local\", \"outside\"]");
}

const struct config_type config_type_role_set = {
    .name = "role_set",
    .shape = CONFIG_SHAPE_LIST,
    .bytes = sizeof(unsigned),
    .empty_text = "[]",
    .example = "submission",
    .parse = role_set_parse,
    .change = role_set_change,
    .has = role_set_has,
    .describe = role_set_describe,
    .json_schema = role_set_json_schema,
};

/* ---- section: taken apart by the loader -------------------------------------------------------------- */

const struct config_type config_type_section = {
    .name = "section", .shape = CONFIG_SHAPE_SECTION, .example = "keys"};
