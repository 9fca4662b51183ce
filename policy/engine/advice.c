/* What is wrong between sections: a setting of one that can never meet what another says. */
#include "engine/advice.h"

#include "check/relay/relay.h"
#include "check/sender/sender.h"
#include "config/sets.h"
#include "engine/settings.h"

#include <talloc.h>

struct advice {
    const struct config_document *document;
    const struct relay_settings *relay;
    const struct root_settings *root;
    struct config_problems *problems;
    size_t override;
};

/* ---- logins ------------------------------------------------------------------------------------------- */

/* Whether a user written so would be looked for as one with the default realm. */
static bool lacks_realm(const struct advice *advice, struct slice user)
{
    return advice->relay->default_realm[0] != '\0' && user.length > 0 &&
           slice_find(user, '@') == user.length && slice_find(user, ':') == user.length &&
           slice_find(user, '=') == user.length && slice_find(user, '/') == user.length &&
           !slice_equal(user, slice_of("*")) && !slice_equal(user, slice_of("local"));
}

/* Whether the domain itself stands where a login belongs; only those are known that the configuration lists.
 */
static bool is_own_domain(const struct advice *advice, struct slice text)
{
    const struct text_set *domains = advice->relay->local_domains;
    return !text_set_has_tables(domains) && text_set_contains(domains, text);
}

static void advise_user(void *context, struct slice text, struct config_place place)
{
    const struct advice *advice = context;
    const unsigned roles = config_override_roles(advice->document, advice->override);
    const struct config_excerpt shown = config_excerpt_of(text);
    if (roles != 0 && (roles & 1U << ROLE_SUBMISSION) == 0)
        return;
    if (is_own_domain(advice, text))
        config_problem_warning(advice->problems, place, "user: '%s' is a domain, no login: write domain: %s",
                               shown.text, shown.text);
    else if (lacks_realm(advice, text))
        config_problem_warning(
            advice->problems, place,
            "user: '%s' matches no login: with relay.default_realm every login has a domain: "
            "write %s@%s",
            shown.text, shown.text, advice->relay->default_realm);
}

/* A map of the configuration whose keys are logins. */
struct login_map {
    const struct advice *advice;
    struct config_place place;
    const char *key;
};

static bool advise_login_key(void *context, const char *key, const char *value)
{
    const struct login_map *map = context;
    const struct config_excerpt shown = config_excerpt_of(slice_of(key));
    (void)value;
    if (is_own_domain(map->advice, slice_of(key)))
        config_problem_warning(map->advice->problems, map->place,
                               "%s: '%s' is a domain, no login: write @%s for all of it", map->key,
                               shown.text, shown.text);
    else if (lacks_realm(map->advice, slice_of(key)))
        config_problem_warning(
            map->advice->problems, map->place,
            "%s: '%s' matches no login: with relay.default_realm every login has a domain: write "
            "%s@%s",
            map->key, shown.text, shown.text, map->advice->relay->default_realm);
    return true;
}

static void advise_login_map(const struct advice *advice, size_t section, const char *key,
                             const struct text_map *logins)
{
    const struct config_subject nobody = {.role = ROLE_OUTSIDE};
    struct login_map map = {advice, config_document_place(advice->document, section, &nobody, key), key};
    text_map_each(logins, advise_login_key, &map);
}

/* ---- customers ---------------------------------------------------------------------------------------- */

struct customer_question {
    struct slice name;
    bool is_known;
};

static bool is_other_customer(void *context, const char *user, const char *customer)
{
    struct customer_question *question = context;
    (void)user;
    question->is_known = slice_equal_nocase(slice_of(customer), question->name);
    return !question->is_known;
}

static void advise_customer(void *context, struct slice text, struct config_place place)
{
    const struct advice *advice = context;
    const struct text_map *customers = advice->root->customers;
    struct customer_question question = {.name = text};
    if (text_map_has_tables(customers))
        return;
    text_map_each(customers, is_other_customer, &question);
    if (!question.is_known)
        config_problem_warning(advice->problems, place,
                               text_map_is_empty(customers)
                                   ? "customer: '%s' matches nobody: 'customers' does not say who is whose"
                                   : "customer: '%s' matches nobody: no user in 'customers' has it",
                               config_excerpt_of(text).text);
}

void config_advise(const struct config_document *document, struct config_problems *problems)
{
    const size_t relay = SECTION_FIRST_CHECK + check_index(&relay_check);
    struct advice advice = {.document = document,
                            .relay = config_document_settings(document, relay, ROLE_OUTSIDE),
                            .root = config_document_settings(document, SECTION_ROOT, ROLE_OUTSIDE),
                            .problems = problems};
    for (; advice.override < config_document_override_count(document); advice.override++) {
        config_override_each(document, advice.override, "user", advise_user, &advice);
        config_override_each(document, advice.override, "customer", advise_customer, &advice);
    }
    advise_login_map(&advice, SECTION_ROOT, "customers", advice.root->customers);
    const size_t section = SECTION_FIRST_CHECK + check_index(&sender_check);
    const struct sender_settings *sender = config_document_settings(document, section, ROLE_SUBMISSION);
    advise_login_map(&advice, section, "table", sender->table);
    advise_login_map(&advice, section, "groups", sender->groups);
}
