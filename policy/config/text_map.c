/* Maps: what the configuration says, then tables. */
#include "config/sets.h"
#include "facts/domain_name.h"
#include "table/table.h"

#include <talloc.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct map_entry {
    const char *key;
    const char *value;
    UT_hash_handle hh;
};

struct text_map {
    struct map_entry *entries; /* uthash's head, NULL while empty */
    struct config_table_list tables;
};

/* uthash's table is not talloc's. */
static int destroy_entries(struct text_map *map)
{
    HASH_CLEAR(hh, map->entries);
    return 0;
}

struct text_map *text_map_create(void *owner)
{
    struct text_map *map = talloc_zero(owner, struct text_map);
    if (map != NULL)
        talloc_set_destructor(map, destroy_entries);
    return map;
}

static struct map_entry *find(const struct text_map *map, struct slice key)
{
    struct map_entry *found = NULL;
    if (map->entries != NULL)
        HASH_FIND(hh, map->entries, key.data, key.length, found);
    return found;
}

bool text_map_add(struct text_map *map, struct slice key, struct slice value)
{
    char domain[DOMAIN_NAME_BYTES];
    size_t at;
    struct map_entry *entry = talloc_zero(map, struct map_entry);
    char *lower = domain_entry_behind_at(key, &at, domain)
                      ? talloc_asprintf(map, "%.*s@%s", (int)at, key.data, domain)
                      : talloc_strndup(map, key.data, key.length);
    if (entry == NULL || lower == NULL)
        return false;
    for (char *c = lower; *c != '\0'; c++)
        *c = ascii_lower(*c);
    entry->key = lower;
    entry->value = talloc_strndup(map, value.length == 0 ? "" : value.data, value.length);
    if (entry->value == NULL)
        return false;
    if (find(map, slice_of(lower)) != NULL)
        return true; /* the first counts, as among tables */
    HASH_ADD_KEYPTR(hh, map->entries, entry->key, strlen(lower), entry);
    return entry->hh.tbl != NULL;
}

void text_map_use_tables(struct text_map *map, struct config_table_list tables)
{
    map->tables = tables;
}

enum table_answer text_map_lookup(const struct text_map *map, struct slice key, struct strbuf *value)
{
    const struct map_entry *entry = map == NULL || key.length == 0 ? NULL : find(map, key);
    if (entry != NULL) {
        strbuf_append_text(value, entry->value);
        return TABLE_FOUND;
    }
    enum table_answer answer = TABLE_MISSING;
    for (size_t i = 0; map != NULL && i < map->tables.count && answer == TABLE_MISSING; i++)
        answer = table_lookup(map->tables.items[i], key, value);
    return answer;
}

bool text_map_each(const struct text_map *map,
                   bool (*visit)(void *context, const char *key, const char *value), void *context)
{
    for (const struct map_entry *entry = map == NULL ? NULL : map->entries; entry != NULL;
         entry = entry->hh.next)
        if (!visit(context, entry->key, entry->value))
            return false;
    return true;
}

bool text_map_has_tables(const struct text_map *map)
{
    return map != NULL && map->tables.count > 0;
}

bool text_map_is_empty(const struct text_map *map)
{
    return map == NULL || (map->entries == NULL && map->tables.count == 0);
}
