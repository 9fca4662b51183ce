/* Sets of texts and domains: those of the configuration hashed, then tables. */
#include "config/sets.h"

#include "facts/domain_name.h"
#include "table/table.h"

#include <talloc.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct text_entry {
    const char *text;
    UT_hash_handle hh;
};

struct text_set {
    char *bytes;                /* all texts */
    struct text_entry *entries; /* one array, in order of collection */
    struct text_entry *table;   /* uthash's head, NULL while empty */
    struct config_table_list tables;
};

void text_collection_init(struct text_collection *collection)
{
    strbuf_init(&collection->bytes, 0);
    collection->count = 0;
}

void text_collection_deinit(struct text_collection *collection)
{
    strbuf_deinit(&collection->bytes);
}

void text_collection_add(struct text_collection *collection, struct slice text)
{
    strbuf_append_slice(&collection->bytes, text);
    strbuf_append_byte(&collection->bytes, '\0');
    collection->count++;
}

void text_collection_add_lower(struct text_collection *collection, struct slice text)
{
    const size_t from = collection->bytes.length;
    char domain[DOMAIN_NAME_BYTES];
    size_t at;
    if (domain_entry_behind_at(text, &at, domain)) {
        strbuf_append_slice(&collection->bytes, slice_part(text, 0, at + 1));
        text = slice_of(domain);
    }
    text_collection_add(collection, text);
    for (size_t i = from; i < collection->bytes.length; i++)
        collection->bytes.data[i] = ascii_lower(collection->bytes.data[i]);
}

/* uthash's table is not talloc's. */
static int destroy_table(struct text_set *set)
{
    HASH_CLEAR(hh, set->table);
    return 0;
}

static bool add_entry(struct text_set *set, struct text_entry *entry, size_t length)
{
    struct text_entry *same = NULL;
    HASH_FIND(hh, set->table, entry->text, length, same);
    if (same != NULL)
        return true;
    HASH_ADD_KEYPTR(hh, set->table, entry->text, length, entry);
    return entry->hh.tbl != NULL;
}

static bool fill_table(struct text_set *set, size_t count)
{
    const char *text = set->bytes;
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(text);
        set->entries[i].text = text;
        if (!add_entry(set, &set->entries[i], length))
            return false;
        text += length + 1;
    }
    return true;
}

struct text_set *text_set_create(void *owner, const struct text_collection *collection)
{
    if (collection->bytes.failed)
        return NULL;
    struct text_set *set = talloc_zero(owner, struct text_set);
    if (set == NULL)
        return NULL;
    talloc_set_destructor(set, destroy_table);
    if (collection->count == 0)
        return set;
    set->bytes = talloc_memdup(set, collection->bytes.data, collection->bytes.length);
    set->entries = talloc_zero_size(set, collection->count * sizeof *set->entries);
    if (set->bytes == NULL || set->entries == NULL || !fill_table(set, collection->count))
        TALLOC_FREE(set);
    return set;
}

void text_set_use_tables(struct text_set *set, struct config_table_list tables)
{
    set->tables = tables;
}

static bool has_entry(const struct text_set *set, struct slice text)
{
    const struct text_entry *found = NULL;
    if (set == NULL || set->table == NULL || text.data == NULL)
        return false;
    HASH_FIND(hh, set->table, text.data, text.length, found);
    return found != NULL;
}

enum table_answer text_set_lookup(const struct text_set *set, struct slice text)
{
    enum table_answer answer = has_entry(set, text) ? TABLE_FOUND : TABLE_MISSING;
    for (size_t i = 0; set != NULL && i < set->tables.count && answer != TABLE_FOUND; i++) {
        const enum table_answer next = table_lookup(set->tables.items[i], text, NULL);
        answer = next == TABLE_MISSING ? answer : next;
    }
    return answer;
}

bool text_set_contains(const struct text_set *set, struct slice text)
{
    return text_set_lookup(set, text) == TABLE_FOUND;
}

/* ".parent" of each parent in turn, from the nearest; what a table is asked for is limited to parents of few
 * labels. */
static enum table_answer lookup_parents(const struct text_set *set, struct slice domain)
{
    enum { LABELS_ASKED_FOR_MAX = 8 };
    size_t dots = 0;
    for (size_t i = 0; i < domain.length; i++)
        dots += domain.data[i] == '.';
    for (size_t at = slice_find(domain, '.'); at < domain.length; dots--) {
        const struct slice parent = slice_part(domain, at, domain.length);
        enum table_answer answer = has_entry(set, parent) ? TABLE_FOUND : TABLE_MISSING;
        if (answer == TABLE_MISSING && dots <= LABELS_ASKED_FOR_MAX)
            answer = text_set_lookup(set, parent);
        if (answer != TABLE_MISSING)
            return answer;
        at += 1 + slice_find(slice_part(parent, 1, parent.length), '.');
    }
    return TABLE_MISSING;
}

enum table_answer domain_set_lookup(const struct text_set *set, struct slice domain)
{
    if (domain.length == 0)
        return TABLE_MISSING;
    const enum table_answer answer = text_set_lookup(set, domain);
    return answer == TABLE_MISSING ? lookup_parents(set, domain) : answer;
}

size_t text_set_count(const struct text_set *set)
{
    return set == NULL ? 0 : HASH_COUNT(set->table);
}

bool text_set_has_tables(const struct text_set *set)
{
    return set != NULL && set->tables.count > 0;
}

bool text_set_is_empty(const struct text_set *set)
{
    return text_set_count(set) == 0 && !text_set_has_tables(set);
}

bool text_sets_can_meet(const struct text_set *a, const struct text_set *b)
{
    if (text_set_is_empty(a) || text_set_is_empty(b) || text_set_has_tables(a) || text_set_has_tables(b))
        return true;
    if (text_set_count(a) > text_set_count(b))
        return text_sets_can_meet(b, a);
    for (const struct text_entry *entry = a->table; entry != NULL; entry = entry->hh.next)
        if (has_entry(b, slice_of(entry->text)))
            return true;
    return false;
}

bool text_set_each(const struct text_set *set, bool (*visit)(void *context, const char *text), void *context)
{
    for (const struct text_entry *entry = set == NULL ? NULL : set->table; entry != NULL;
         entry = entry->hh.next)
        if (!visit(context, entry->text))
            return false;
    return true;
}
