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
    /* A change of other sets, without texts of its own: what `removed` has not, and one of the others has. */
    const struct text_set *below, *added, *removed;
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

struct text_set *text_set_change(void *owner, const struct text_set *below, const struct text_set *added,
                                 const struct text_set *removed)
{
    struct text_set *set = talloc_zero(owner, struct text_set);
    if (set != NULL) {
        set->below = below;
        set->added = added;
        set->removed = removed;
    }
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

/* A question to the sets that a change is made of. */
static enum table_answer ask_change(const struct text_set *set, struct slice text,
                                    enum table_answer (*ask)(const struct text_set *set, struct slice text))
{
    enum table_answer answer = ask(set->removed, text);
    if (answer != TABLE_MISSING)
        return answer == TABLE_FOUND ? TABLE_MISSING : TABLE_UNKNOWN;
    answer = ask(set->added, text);
    if (answer == TABLE_FOUND)
        return TABLE_FOUND;
    const enum table_answer below = ask(set->below, text);
    return below == TABLE_MISSING ? answer : below;
}

static bool is_change(const struct text_set *set)
{
    return set != NULL && (set->added != NULL || set->removed != NULL);
}

enum table_answer text_set_lookup(const struct text_set *set, struct slice text)
{
    if (is_change(set))
        return ask_change(set, text, text_set_lookup);
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
    if (is_change(set))
        return ask_change(set, domain, domain_set_lookup);
    const enum table_answer answer = text_set_lookup(set, domain);
    return answer == TABLE_MISSING ? lookup_parents(set, domain) : answer;
}

enum table_answer address_set_lookup(const struct text_set *set, struct slice address)
{
    const size_t at = slice_find_last(address, '@');
    enum table_answer answer = text_set_lookup(set, address);
    if (at == address.length)
        return answer;
    if (answer == TABLE_MISSING)
        answer = text_set_lookup(set, slice_part(address, at, address.length));
    return answer == TABLE_MISSING ? domain_set_lookup(set, slice_part(address, at + 1, address.length))
                                   : answer;
}

/* ---- all entries ------------------------------------------------------------------------------------ */

/* Entries of a set that is part of a change. */
struct part_visit {
    bool (*visit)(void *context, const char *text);
    void *context;
    const struct text_set *without, *seen;
};

static bool visit_part(void *context, const char *text)
{
    const struct part_visit *part = context;
    const struct slice entry = slice_of(text);
    if (text_set_contains(part->without, entry) || text_set_contains(part->seen, entry))
        return true;
    return part->visit(part->context, text);
}

bool text_set_each(const struct text_set *set, bool (*visit)(void *context, const char *text), void *context)
{
    if (is_change(set)) {
        struct part_visit part = {visit, context, set->removed, NULL};
        if (!text_set_each(set->added, visit_part, &part))
            return false;
        part.seen = set->added;
        return text_set_each(set->below, visit_part, &part);
    }
    for (const struct text_entry *entry = set == NULL ? NULL : set->table; entry != NULL;
         entry = entry->hh.next)
        if (!visit(context, entry->text))
            return false;
    return true;
}

static bool count_entry(void *context, const char *text)
{
    (void)text;
    ++*(size_t *)context;
    return true;
}

size_t text_set_count(const struct text_set *set)
{
    size_t count = 0;
    if (!is_change(set))
        return set == NULL ? 0 : HASH_COUNT(set->table);
    text_set_each(set, count_entry, &count);
    return count;
}

bool text_set_has_tables(const struct text_set *set)
{
    return set != NULL &&
           (set->tables.count > 0 || text_set_has_tables(set->below) || text_set_has_tables(set->added));
}

bool text_set_is_empty(const struct text_set *set)
{
    return text_set_count(set) == 0 && !text_set_has_tables(set);
}

static bool is_not_in(void *set, const char *text)
{
    return !text_set_contains(set, slice_of(text));
}

bool text_sets_can_meet(const struct text_set *a, const struct text_set *b)
{
    if (text_set_is_empty(a) || text_set_is_empty(b) || text_set_has_tables(a) || text_set_has_tables(b))
        return true;
    if (text_set_count(a) > text_set_count(b))
        return text_sets_can_meet(b, a);
    return !text_set_each(a, is_not_in, (void *)(uintptr_t)b);
}
