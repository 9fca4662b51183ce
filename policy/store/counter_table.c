#include "store/counter_table.h"

#include <stdlib.h>

enum {
    CHUNK_ENTRIES = 64,
    INDEX_SLOTS_FIRST = 64,
    LOOKED_AT_MAX = 32, /* entries that a search for a place looks at */
    EVICTABLE_PERCENT = 50,
};

void counter_table_init(struct counter_table *table, uint32_t entries_max)
{
    *table = (struct counter_table){.entries_max = entries_max};
}

void counter_table_deinit(struct counter_table *table)
{
    for (uint32_t i = 0; i < table->entry_count; i++)
        free(counter_table_entry(table, i)->text);
    for (uint32_t i = 0; i < table->chunk_count; i++)
        free(table->chunks[i]);
    free(table->chunks);
    free(table->index);
    *table = (struct counter_table){0};
}

struct counter_entry *counter_table_entry(const struct counter_table *table, uint32_t number)
{
    return &table->chunks[number / CHUNK_ENTRIES][number % CHUNK_ENTRIES];
}

/* ---- index ------------------------------------------------------------------------------------------------
 */

static bool is_entry_of(const struct counter_entry *entry, uint64_t hash, struct slice limit,
                        struct slice key)
{
    return entry->hash == hash && entry->limit_length == limit.length &&
           entry->text_length == limit.length + 1 + key.length &&
           memcmp(entry->text, limit.data, limit.length) == 0 &&
           memcmp(entry->text + limit.length + 1, key.data, key.length) == 0;
}

static void index_put(struct counter_table *table, uint32_t number)
{
    uint32_t at = (uint32_t)counter_table_entry(table, number)->hash & table->index_mask;
    while (table->index[at] != 0)
        at = (at + 1) & table->index_mask;
    table->index[at] = number + 1;
}

/* Closes the gap, so that a search never ends too early (linear probing without tombstones). */
static void index_remove(struct counter_table *table, uint32_t number)
{
    uint32_t mask = table->index_mask;
    uint32_t gap = (uint32_t)counter_table_entry(table, number)->hash & mask;
    while (table->index[gap] != number + 1)
        gap = (gap + 1) & mask;
    table->index[gap] = 0;
    for (uint32_t at = (gap + 1) & mask; table->index[at] != 0; at = (at + 1) & mask) {
        uint32_t home = (uint32_t)counter_table_entry(table, table->index[at] - 1)->hash & mask;
        bool may_stay = ((at - home) & mask) < ((at - gap) & mask);
        if (may_stay)
            continue;
        table->index[gap] = table->index[at];
        table->index[at] = 0;
        gap = at;
    }
}

/* At most three quarters full. */
static bool index_has_room(struct counter_table *table)
{
    uint32_t slots = table->index == NULL ? 0 : table->index_mask + 1;
    if (table->entry_count + 1 <= slots / 4 * 3)
        return true;
    uint32_t wanted = slots == 0 ? INDEX_SLOTS_FIRST : slots * 2;
    uint32_t *grown = calloc(wanted, sizeof *grown);
    if (grown == NULL)
        return false;
    free(table->index);
    table->index = grown;
    table->index_mask = wanted - 1;
    for (uint32_t i = 0; i < table->entry_count; i++)
        index_put(table, i);
    return true;
}

struct counter_entry *counter_table_find(struct counter_table *table, uint64_t hash, struct slice limit,
                                         struct slice key)
{
    if (table->index == NULL)
        return NULL;
    for (uint32_t at = (uint32_t)hash & table->index_mask; table->index[at] != 0;
         at = (at + 1) & table->index_mask) {
        struct counter_entry *entry = counter_table_entry(table, table->index[at] - 1);
        if (is_entry_of(entry, hash, limit, key))
            return entry;
    }
    return NULL;
}

void counter_table_expect(const struct counter_table *table, uint64_t hash)
{
    if (table->index != NULL)
        __builtin_prefetch(&table->index[(uint32_t)hash & table->index_mask]);
}

void counter_table_expect_entry(const struct counter_table *table, uint64_t hash)
{
    const uint32_t number = table->index == NULL ? 0 : table->index[(uint32_t)hash & table->index_mask];
    if (number == 0)
        return;
    const struct counter_entry *entry = counter_table_entry(table, number - 1);
    __builtin_prefetch(entry);
    __builtin_prefetch(&entry->state);
    __builtin_prefetch(&entry->state.used[WINDOW_SLOTS - 1]);
}

/* ---- places -----------------------------------------------------------------------------------------------
 */

static bool add_chunk(struct counter_table *table)
{
    struct counter_entry **chunks =
        realloc(table->chunks, (table->chunk_count + 1) * sizeof(struct counter_entry *));
    if (chunks == NULL)
        return false;
    table->chunks = chunks;
    struct counter_entry *chunk = calloc(CHUNK_ENTRIES, sizeof *chunk);
    if (chunk == NULL)
        return false;
    table->chunks[table->chunk_count++] = chunk;
    return true;
}

/* The number of an entry that may go, or entry_count. The hand goes round, so that every entry gets its turn.
 */
static uint32_t find_evictable(struct counter_table *table, int64_t now_us)
{
    uint32_t best = table->entry_count;
    uint8_t best_percent = EVICTABLE_PERCENT;
    for (uint32_t i = 0; i < LOOKED_AT_MAX && i < table->entry_count; i++) {
        uint32_t number = table->hand;
        const struct counter_entry *entry = counter_table_entry(table, number);
        table->hand = table->hand + 1 >= table->entry_count ? 0 : table->hand + 1;
        if (window_is_empty(&entry->state, now_us))
            return number;
        if (entry->state.reserved == 0 && entry->fill_percent < best_percent) {
            best = number;
            best_percent = entry->fill_percent;
        }
    }
    return best;
}

/* An empty entry goes first where one is seen, so that the table holds no more than it must. */
static uint32_t find_place(struct counter_table *table, int64_t now_us)
{
    if (table->entry_count < table->entries_max) {
        uint32_t number = table->entry_count == 0 ? 0 : table->hand % table->entry_count;
        if (table->entry_count > 0)
            table->hand = number + 1 >= table->entry_count ? 0 : number + 1;
        if (table->entry_count > 0 && window_is_empty(&counter_table_entry(table, number)->state, now_us))
            return number;
        bool has_room = table->entry_count < table->chunk_count * CHUNK_ENTRIES || add_chunk(table);
        return has_room ? table->entry_count : UINT32_MAX;
    }
    uint32_t number = find_evictable(table, now_us);
    return number == table->entry_count ? UINT32_MAX : number;
}

static char *join_text(struct slice limit, struct slice key)
{
    char *text = malloc(limit.length + 1 + key.length);
    if (text == NULL)
        return NULL;
    memcpy(text, limit.data, limit.length);
    text[limit.length] = '\0';
    memcpy(text + limit.length + 1, key.data, key.length);
    return text;
}

struct counter_entry *counter_table_get(struct counter_table *table, uint64_t hash, struct slice limit,
                                        struct slice key, int64_t now_us)
{
    struct counter_entry *found = counter_table_find(table, hash, limit, key);
    if (found != NULL)
        return found;
    char *text = index_has_room(table) ? join_text(limit, key) : NULL;
    uint32_t number = text == NULL ? UINT32_MAX : find_place(table, now_us);
    if (number == UINT32_MAX) {
        free(text);
        return NULL;
    }
    struct counter_entry *entry = counter_table_entry(table, number);
    if (number < table->entry_count) {
        index_remove(table, number);
        free(entry->text);
    } else {
        table->entry_count++;
    }
    *entry = (struct counter_entry){
        .hash = hash,
        .text = text,
        .limit_length = (uint16_t)limit.length,
        .text_length = (uint16_t)(limit.length + 1 + key.length),
    };
    index_put(table, number);
    return entry;
}
