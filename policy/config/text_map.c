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
    bool has_one_value;
    struct map_entry *entries; /* uthash's head, NULL while empty */
    struct config_table_list tables;
};

/* uthash's table is not talloc's. */
static int destroy_entries(struct text_map *map)
{
    HASH_CLEAR(hh, map->entries);
    return 0;
}

struct text_map *text_map_create(void *owner, bool has_one_value)
{
    struct text_map *map = talloc_zero(owner, struct text_map);
    if (map == NULL)
        return NULL;
    map->has_one_value = has_one_value;
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
    ascii_lower_text(lower);
    entry->key = lower;
    entry->value = talloc_strndup(map, value.length == 0 ? "" : value.data, value.length);
    if (entry->value == NULL)
        return false;
    struct map_entry *earlier = find(map, slice_of(lower));
    if (earlier != NULL && map->has_one_value)
        return true;
    if (earlier != NULL) {
        earlier->value = talloc_asprintf(map, "%s, %s", earlier->value, entry->value);
        return earlier->value != NULL;
    }
    HASH_ADD_KEYPTR(hh, map->entries, entry->key, strlen(lower), entry);
    return entry->hh.tbl != NULL;
}

void text_map_use_tables(struct text_map *map, struct config_table_list tables)
{
    map->tables = tables;
}

/* Appends what one source has behind what the others had. */
static enum table_answer append_from(struct table *table, struct slice key, struct strbuf *value,
                                     bool is_first)
{
    const size_t before = value->length;
    if (!is_first)
        strbuf_append_text(value, ", ");
    const size_t from = value->length;
    const enum table_answer answer = table_lookup(table, key, value);
    if (answer != TABLE_FOUND || value->length == from)
        strbuf_truncate(value, before);
    return answer;
}

enum table_answer text_map_lookup(const struct text_map *map, struct slice key, struct strbuf *value)
{
    const struct map_entry *entry = map == NULL || key.length == 0 ? NULL : find(map, key);
    const size_t from = value->length;
    enum table_answer answer = entry == NULL ? TABLE_MISSING : TABLE_FOUND;
    if (entry != NULL)
        strbuf_append_text(value, entry->value);
    for (size_t i = 0; map != NULL && i < map->tables.count; i++) {
        if (map->has_one_value && answer != TABLE_MISSING)
            break;
        const enum table_answer next = append_from(map->tables.items[i], key, value, value->length == from);
        if (next == TABLE_UNKNOWN || (next == TABLE_FOUND && answer == TABLE_MISSING))
            answer = next;
    }
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
