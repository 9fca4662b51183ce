/* Which overrides match whom: found by their users, customers or domains, as there may be one for each of
 * them. */
#include "config/document.h"
#include "config/sets.h"

#include <stdlib.h>
#include <talloc.h>

unsigned config_when_roles(const struct config_override_when *when)
{
    const unsigned every = (1U << ROLE_COUNT) - 1;
    const unsigned roles = when->roles == 0 ? every : when->roles;
    const bool is_for_anybody = text_set_is_empty(when->users) && text_set_is_empty(when->domains) &&
                                text_set_is_empty(when->customers);
    return is_for_anybody ? roles : roles & ~(1U << ROLE_OUTSIDE);
}

bool config_when_can_meet(const struct config_override_when *a, const struct config_override_when *b)
{
    return (config_when_roles(a) & config_when_roles(b)) != 0 && text_sets_can_meet(a->users, b->users) &&
           text_sets_can_meet(a->domains, b->domains) && text_sets_can_meet(a->customers, b->customers);
}

static bool sender_matches(const struct text_set *wanted, const char *sender)
{
    return text_set_is_empty(wanted) ||
           (sender != NULL && address_set_lookup(wanted, slice_of(sender)) == TABLE_FOUND);
}

/* A set that is looked up in another. */
struct other_set {
    const struct text_set *set;
    bool is_domains;
};

static bool is_covered(void *context, const char *text)
{
    const struct other_set *other = context;
    if (!other->is_domains || text[0] == '.')
        return text_set_contains(other->set, slice_of(text));
    return domain_set_lookup(other->set, slice_of(text)) == TABLE_FOUND;
}

/* An empty set stands for all; what tables hold is not known. */
static bool set_covers(const struct text_set *wide, const struct text_set *narrow, bool is_domains)
{
    struct other_set other = {wide, is_domains};
    if (text_set_is_empty(wide))
        return true;
    return !text_set_is_empty(narrow) && !text_set_has_tables(narrow) && !text_set_has_tables(wide) &&
           text_set_each(narrow, is_covered, &other);
}

/* Whether a user has a domain that is not in the other set. */
static bool is_elsewhere(void *context, const char *user)
{
    const struct other_set *domains = context;
    const char *at = strrchr(user, '@');
    return at == NULL || domain_set_lookup(domains->set, slice_of(at + 1)) != TABLE_FOUND;
}

static bool is_user_at(void *context, const char *user)
{
    return !is_elsewhere(context, user);
}

bool config_users_can_be_at(const struct text_set *users, const struct text_set *domains)
{
    struct other_set other = {domains, true};
    return text_set_has_tables(users) || text_set_has_tables(domains) ||
           !text_set_each(users, is_elsewhere, &other);
}

/* The domain of users counts for a domain of the other override. */
static bool domains_cover(const struct config_override_when *wide, const struct config_override_when *narrow)
{
    struct other_set other = {wide->domains, true};
    if (set_covers(wide->domains, narrow->domains, true))
        return true;
    return !text_set_has_tables(wide->domains) && !text_set_is_empty(narrow->users) &&
           !text_set_has_tables(narrow->users) && text_set_each(narrow->users, is_user_at, &other);
}

/* Roles that count for a comparison: users are above all those who log in. */
static unsigned login_roles(const struct config_override_when *when)
{
    const bool has_users = !text_set_is_empty(when->users) && when->roles == 0;
    return has_users ? 1U << ROLE_SUBMISSION : config_when_roles(when);
}

bool config_when_covers(const struct config_override_when *wide, const struct config_override_when *narrow)
{
    return (login_roles(narrow) & ~config_when_roles(wide)) == 0 && network_set_is_empty(wide->networks) &&
           set_covers(wide->users, narrow->users, false) && domains_cover(wide, narrow) &&
           set_covers(wide->customers, narrow->customers, false) &&
           set_covers(wide->senders, narrow->senders, false);
}

/* Where a table cannot be asked, the override does not match. */
static bool text_matches(const struct text_set *wanted, const char *text)
{
    return text_set_is_empty(wanted) || (text != NULL && text_set_contains(wanted, slice_of(text)));
}

static bool domain_matches(const struct text_set *wanted, const char *domain)
{
    return text_set_is_empty(wanted) ||
           (domain != NULL && domain_set_lookup(wanted, slice_of(domain)) == TABLE_FOUND);
}

bool config_when_matches(const struct config_override_when *when, const struct config_subject *subject)
{
    if ((config_when_roles(when) & 1U << subject->role) == 0)
        return false;
    if (!network_set_is_empty(when->networks) &&
        (subject->client_ip == NULL || !network_set_contains(when->networks, subject->client_ip)))
        return false;
    return text_matches(when->users, subject->user) && domain_matches(when->domains, subject->domain) &&
           text_matches(when->customers, subject->customer) && sender_matches(when->senders, subject->sender);
}

/* ---- the indexes ------------------------------------------------------------------------------------ */

static int compare_keys(const void *a, const void *b)
{
    const struct config_patch_key *x = a, *y = b;
    const int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->patch > y->patch) - (x->patch < y->patch);
}

/* Where the texts of one patch go. */
struct index_filling {
    void *owner;
    struct config_patch_index *index;
    size_t patch;
};

static bool add_key(void *context, const char *text)
{
    const struct index_filling *filling = context;
    struct config_patch_index *index = filling->index;
    if (index->count == index->capacity) {
        const size_t capacity = index->capacity == 0 ? 8 : 2 * index->capacity;
        struct config_patch_key *items =
            talloc_realloc_size(filling->owner, index->items, capacity * sizeof *index->items);
        if (items == NULL)
            return false;
        index->items = items;
        index->capacity = capacity;
    }
    index->items[index->count++] = (struct config_patch_key){text, filling->patch};
    return true;
}

static const struct text_set *condition_texts(const struct config_override_when *when, int condition)
{
    switch (condition) {
    case CONFIG_PATCH_USER:
        return when->users;
    case CONFIG_PATCH_CUSTOMER:
        return when->customers;
    default:
        return when->domains;
    }
}

static bool is_name(void *context, const char *text)
{
    (void)context;
    return text[0] != '.';
}

/* Whether who matches is known now, text by text: not with tables, nor with all domains below one. */
static bool can_be_indexed(const struct text_set *texts, int condition)
{
    return text_set_count(texts) > 0 && !text_set_has_tables(texts) &&
           (condition != CONFIG_PATCH_DOMAIN || text_set_each(texts, is_name, NULL));
}

bool config_patches_index(void *owner, struct config_section_state *state)
{
    for (size_t i = 0; i < state->patch_count; i++) {
        const struct config_override_when *when = &state->patches[i].override->when;
        int condition = 0;
        while (condition < CONFIG_PATCH_OTHER && !can_be_indexed(condition_texts(when, condition), condition))
            condition++;
        struct index_filling filling = {owner, &state->indexes[condition], i};
        if (condition == CONFIG_PATCH_OTHER
                ? !add_key(&filling, "")
                : !text_set_each(condition_texts(when, condition), add_key, &filling))
            return false;
    }
    for (int condition = 0; condition < CONFIG_PATCH_CONDITION_COUNT; condition++)
        if (state->indexes[condition].count > 1)
            qsort(state->indexes[condition].items, state->indexes[condition].count,
                  sizeof *state->indexes[condition].items, compare_keys);
    return true;
}

/* ---- walking ---------------------------------------------------------------------------------------- */

static const char *subject_text(const struct config_subject *subject, int condition)
{
    const char *const texts[CONFIG_PATCH_CONDITION_COUNT] = {subject->user, subject->customer,
                                                             subject->domain, ""};
    return texts[condition] == NULL ? "" : texts[condition];
}

/* The first key with that text or behind it. */
static size_t find_key(const struct config_patch_index *index, const char *text)
{
    size_t from = 0, to = index->count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (strcmp(index->items[middle].text, text) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

void config_patch_walk_begin(struct config_patch_walk *walk, const struct config_section_state *state,
                             const struct config_subject *subject)
{
    walk->state = state;
    walk->subject = subject;
    for (int condition = 0; condition < CONFIG_PATCH_CONDITION_COUNT; condition++)
        walk->next[condition] = find_key(&state->indexes[condition], subject_text(subject, condition));
}

/* The index whose next patch comes first, or CONFIG_PATCH_CONDITION_COUNT. */
static int first_of_next(const struct config_patch_walk *walk)
{
    int best = CONFIG_PATCH_CONDITION_COUNT;
    size_t best_patch = SIZE_MAX;
    for (int condition = 0; condition < CONFIG_PATCH_CONDITION_COUNT; condition++) {
        const struct config_patch_index *index = &walk->state->indexes[condition];
        if (walk->next[condition] == index->count)
            continue;
        const struct config_patch_key *key = &index->items[walk->next[condition]];
        if (key->patch < best_patch && strcmp(key->text, subject_text(walk->subject, condition)) == 0) {
            best = condition;
            best_patch = key->patch;
        }
    }
    return best;
}

const struct config_patch *config_patch_walk_next(struct config_patch_walk *walk)
{
    for (;;) {
        const int condition = first_of_next(walk);
        if (condition == CONFIG_PATCH_CONDITION_COUNT)
            return NULL;
        const size_t at = walk->next[condition]++;
        const struct config_patch *patch =
            &walk->state->patches[walk->state->indexes[condition].items[at].patch];
        if (config_when_matches(&patch->override->when, walk->subject))
            return patch;
    }
}
