/* Lists written as a change of what holds below: { add: [docm], remove: [url] }. */
#include "config/document.h"
#include "base/nearest_word.h"

#include <talloc.h>

bool config_is_list_change(const struct config_key *key, const struct config_node *node)
{
    return key->type->change != NULL && node->kind == CONFIG_NODE_MAPPING;
}

/* ---- as it is written -------------------------------------------------------------------------------- */

static const struct config_node *first_entry(const struct config_node *list)
{
    return list == NULL || list->kind != CONFIG_NODE_SEQUENCE ? list : list->first;
}

/* Lists of one entry may be written without brackets; what is no text has no entries that compare. */
static const struct config_node *next_entry(const struct config_node *list, const struct config_node *entry)
{
    return list == entry ? NULL : entry->next;
}

static struct slice entry_text(const struct config_node *entry)
{
    return slice_trim(slice_make(entry->text, entry->kind == CONFIG_NODE_SCALAR ? entry->length : 0));
}

static bool is_source(struct slice text)
{
    return table_is_source(text) || slice_starts_nocase(text, slice_of("file:"));
}

static const struct config_node *find_entry(const struct config_node *list, struct slice text)
{
    for (const struct config_node *entry = first_entry(list); entry != NULL; entry = next_entry(list, entry))
        if (text.length > 0 && slice_equal_nocase(entry_text(entry), text))
            return entry;
    return NULL;
}

static void error_at(const struct config_build *build, struct config_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void error_at(const struct config_build *build, struct config_place place, const char *format, ...)
{
    const struct config_problem_about about = {place, NULL};
    va_list arguments;
    va_start(arguments, format);
    config_problem_add(build->problems, CONFIG_PROBLEM_ERROR, &about, format, arguments);
    va_end(arguments);
}

static bool report_no_change(const struct config_build *build, const struct config_key *key,
                             const struct config_node *node)
{
    if (key->type->shape == CONFIG_SHAPE_ARRAY)
        error_at(build, node->place,
                 "%s: a list of entries belongs here: - { %s: … }; or a change of it: { add: [{ %s: … }] }",
                 key->name, key->section->keys[0].name, key->section->keys[0].name);
    else
        error_at(build, node->place,
                 "%s: keys stand where a list belongs, such as [%s], or a change of it: { add: [%s] }",
                 key->name, key->type->example, key->type->example);
    return false;
}

static bool has_names(const struct config_section *section)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++)
        if ((key->flags & CONFIG_NAMES_ENTRY) != 0)
            return true;
    return false;
}

bool config_list_change_check(const struct config_build *build, const struct config_key *key,
                              const struct config_node *node)
{
    static const char *const words[] = {"add", "remove", NULL};
    const struct config_node *add = config_node_find(node, "add"), *remove = config_node_find(node, "remove");
    bool good = true;
    if (add == NULL && remove == NULL)
        return report_no_change(build, key, node);
    for (const struct config_node *child = node->first; child != NULL; child = child->next) {
        if (child == add || child == remove)
            continue;
        const char *meant = nearest_word(slice_of(child->key), words);
        error_at(build, child->key_place, "%s: a list is changed by add and remove; '%s' is neither%s%s%s",
                 key->name, config_excerpt_of(slice_of(child->key)).text,
                 meant == NULL ? "" : " (did you mean '", meant == NULL ? "" : meant,
                 meant == NULL ? "" : "'?)");
        good = false;
    }
    if (remove != NULL && key->type->shape == CONFIG_SHAPE_ARRAY && !has_names(key->section)) {
        error_at(build, remove->key_place,
                 "%s: its entries have no names: write the whole list, or add to it only", key->name);
        good = false;
    }
    for (const struct config_node *entry = first_entry(add); entry != NULL; entry = next_entry(add, entry))
        if (find_entry(remove, entry_text(entry)) != NULL) {
            error_at(build, entry->place, "%s: '%s' stands under add and under remove", key->name,
                     config_excerpt_of(entry_text(entry)).text);
            good = false;
        }
    return good;
}

/* ---- as it applies ----------------------------------------------------------------------------------- */

const struct config_value *config_list_change_apply(void *owner, const struct config_key *key,
                                                    const struct config_value *change,
                                                    const struct config_value *below)
{
    const struct config_list_change parts = {below == NULL ? NULL : below->bytes, change->bytes,
                                             change->removed};
    struct config_value *made = talloc_memdup(owner, change, sizeof *change);
    void *bytes = talloc_zero_size(owner, key->type->bytes);
    if (made == NULL || bytes == NULL || !key->type->change(owner, key, &parts, bytes))
        return NULL;
    made->bytes = bytes;
    made->change = change;
    made->below = below;
    return made;
}

/* Whether `entry` is neither in the list that is changed nor among what the change adds. */
static bool is_idle(const struct config_key *key, const struct config_value *value, struct slice entry)
{
    return (value->below == NULL || !key->type->has(key, value->below->bytes, entry)) &&
           !key->type->has(key, value->change->bytes, entry);
}

/* Whether that holds in every struct that has this change on top. */
static bool is_idle_everywhere(const struct config_structs *structs, size_t flat_key,
                               const struct config_value *change, struct slice entry)
{
    const struct config_key *key = structs->flat_keys->items[flat_key].key;
    for (size_t i = 0; i < structs->count; i++) {
        const struct config_value *value =
            structs->items[i].values == NULL ? NULL : structs->items[i].values[flat_key];
        if (value != NULL && value->change == change && !is_idle(key, value, entry))
            return false;
    }
    return true;
}

static void warn_idle(const struct config_structs *structs, size_t flat_key,
                      const struct config_value *change, struct config_problems *problems)
{
    const struct config_node *list = config_node_find(change->node, "remove");
    for (const struct config_node *entry = first_entry(list); entry != NULL;
         entry = next_entry(list, entry)) {
        const struct slice text = entry_text(entry);
        if (text.length > 0 && !is_source(text) && is_idle_everywhere(structs, flat_key, change, text))
            config_problem_warning(problems, entry->place,
                                   "%s: '%s' is not in the list, so nothing is removed: `closedrelay check "
                                   "--print` shows what is",
                                   structs->flat_keys->items[flat_key].key->name,
                                   config_excerpt_of(text).text);
    }
}

void config_list_change_warn_idle(const struct config_structs *structs, struct config_problems *problems)
{
    for (size_t i = 0; i < structs->count; i++) {
        for (size_t flat_key = 0; structs->items[i].values != NULL && flat_key < structs->flat_keys->count;
             flat_key++) {
            const struct config_value *value = structs->items[i].values[flat_key];
            if (value != NULL && value->change != NULL)
                warn_idle(structs, flat_key, value->change, problems);
        }
    }
}

bool config_values_are_same(const struct config_value *a, const struct config_value *b)
{
    while (a != b && a != NULL && b != NULL && a->change != NULL && a->change == b->change) {
        a = a->below;
        b = b->below;
    }
    return a == b;
}

/* ---- as it is printed -------------------------------------------------------------------------------- */

static bool push_entry(struct config_entries *entries, const struct config_node *entry)
{
    if (entries->count % 64 == 0) {
        const struct config_node **items = talloc_realloc_size(
            entries->owner, entries->items, (entries->count + 64) * sizeof(const struct config_node *));
        if (items == NULL) {
            entries->failed = true;
            return false;
        }
        entries->items = items;
    }
    entries->items[entries->count++] = entry;
    return true;
}

static bool push_all(struct config_entries *entries, const struct config_node *list)
{
    for (const struct config_node *entry = first_entry(list); entry != NULL; entry = next_entry(list, entry))
        if (!push_entry(entries, entry))
            return false;
    return true;
}

/* Takes out what `removed` names; false where a source may hold it. */
static bool take_out(struct config_entries *entries, const struct config_node *removed)
{
    size_t kept = 0;
    bool has_source = false;
    for (size_t i = 0; i < entries->count; i++) {
        has_source = has_source || is_source(entry_text(entries->items[i]));
        if (find_entry(removed, entry_text(entries->items[i])) == NULL)
            entries->items[kept++] = entries->items[i];
    }
    entries->count = kept;
    return !has_source || first_entry(removed) == NULL;
}

bool config_list_entries(const struct config_key *key, const struct config_value *value,
                         struct config_entries *entries)
{
    if (value->change == NULL)
        return push_all(entries, value->node);
    const struct config_node *removed = config_node_find(value->node, "remove");
    if (value->below != NULL && !config_list_entries(key, value->below, entries))
        return false;
    if (first_entry(removed) != NULL && key->type->entries_overlap)
        return false;
    return take_out(entries, removed) && push_all(entries, config_node_find(value->node, "add"));
}
