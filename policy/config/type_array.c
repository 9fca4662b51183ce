/* Arrays: changes of them. Reading them is the loader's. */
#include "config/document.h"

#include <talloc.h>

/* Whether one of the texts that name an entry is `name`. */
static bool entry_is_called(const struct config_section *section, const void *entry, struct slice name)
{
    for (const struct config_key *key = section->keys; key->name != NULL; key++) {
        if ((key->flags & CONFIG_NAMES_ENTRY) == 0)
            continue;
        const char *const *text = (const void *)((const char *)entry + key->offset);
        if (*text != NULL && slice_equal_nocase(slice_of(*text), name))
            return true;
    }
    return false;
}

static const void *entry_at(const struct config_key *key, const struct config_array *array, size_t i)
{
    return (const char *)array->items + i * key->section->struct_bytes;
}

static bool is_removed(const struct config_key *key, const void *entry,
                       const struct config_text_list *removed)
{
    for (size_t i = 0; removed != NULL && i < removed->count; i++)
        if (entry_is_called(key->section, entry, slice_of(removed->items[i])))
            return true;
    return false;
}

static void append_kept(const struct config_key *key, const struct config_array *from,
                        const struct config_text_list *removed, struct config_array *to,
                        struct config_array_origins *origins)
{
    const struct config_array_origins *from_origins = from == NULL ? NULL : from->origins;
    for (size_t i = 0; from != NULL && i < from->count; i++) {
        const void *entry = entry_at(key, from, i);
        if (is_removed(key, entry, removed))
            continue;
        const size_t bytes = key->section->struct_bytes;
        memcpy((char *)to->items + to->count * bytes, entry, bytes);
        origins->flat_keys = from_origins->flat_keys;
        origins->entries[to->count++] = from_origins->entries[i];
    }
}

static bool array_change(void *owner, const struct config_key *key, const struct config_list_change *change,
                         void *value)
{
    const struct config_array *const parts[] = {change->below, change->added};
    struct config_array *made = value;
    size_t count = 0;
    for (size_t i = 0; i < 2; i++)
        count += parts[i] == NULL ? 0 : parts[i]->count;
    struct config_array_origins *origins = talloc_zero(owner, struct config_array_origins);
    if (origins == NULL)
        return false;
    origins->entries = talloc_zero_size(origins, (count + 1) * sizeof *origins->entries);
    *made = (struct config_array){.items = talloc_zero_size(owner, (count + 1) * key->section->struct_bytes),
                                  .origins = origins};
    if (origins->entries == NULL || made->items == NULL)
        return false;
    for (size_t i = 0; i < 2; i++)
        append_kept(key, parts[i], change->removed, made, origins);
    return true;
}

static bool array_has(const struct config_key *key, const void *list, struct slice entry)
{
    const struct config_array *array = list;
    for (size_t i = 0; i < array->count; i++)
        if (entry_is_called(key->section, entry_at(key, array, i), entry))
            return true;
    return false;
}

const struct config_type config_type_array = {
    .name = "array",
    .shape = CONFIG_SHAPE_ARRAY,
    .bytes = sizeof(struct config_array),
    .empty_text = "[]",
    .example = "{ key: value }",
    .change = array_change,
    .has = array_has,
};
