/*
 * Counters by key, in memory: an index by hash over entries that stay where they are.
 *
 * Bounded: a new key takes the place of one that is empty, for an empty counter equals an absent one; then of
 * one that has used least and is below half of its limit; never of one above, which whoever invents keys
 * would set free. No lock of its own. For policy/store/ only.
 */
#ifndef CLOSEDRELAY_STORE_COUNTER_TABLE_H
#define CLOSEDRELAY_STORE_COUNTER_TABLE_H

#include "base/slice.h"
#include "store/window.h"

/* `text` is limit and key with a NUL between them. */
struct counter_entry {
    uint64_t hash;
    char *text;
    uint16_t limit_length;
    uint16_t text_length;
    uint8_t fill_percent; /* when it was last charged; 100: at its limit */
    bool is_warned;
    bool is_changed; /* since it was last written to the disk */
    struct window_state state;
};

struct counter_table {
    struct counter_entry **chunks;
    uint32_t *index; /* entry number + 1; 0: free */
    uint32_t index_mask;
    uint32_t chunk_count;
    uint32_t entry_count;
    uint32_t entries_max;
    uint32_t hand; /* where the next search for a place begins */
};

void counter_table_init(struct counter_table *table, uint32_t entries_max);
void counter_table_deinit(struct counter_table *table);

/* NULL: there is none. */
struct counter_entry *counter_table_find(struct counter_table *table, uint64_t hash, struct slice limit,
                                         struct slice key);

/* Has the memory that a search will look at fetched: of several counters at once, first the one and then the
 * other for all, so that the processor waits for all of them together. */
void counter_table_expect(const struct counter_table *table, uint64_t hash);
void counter_table_expect_entry(const struct counter_table *table, uint64_t hash);

/* The entry, a new one with an empty counter where there was none; NULL: no memory, or no place. */
struct counter_entry *counter_table_get(struct counter_table *table, uint64_t hash, struct slice limit,
                                        struct slice key, int64_t now_us);

/* Entry `number` of entry_count. */
struct counter_entry *counter_table_entry(const struct counter_table *table, uint32_t number);

#endif
