/* Counters in this process. A reservation cannot outlive it, so the deadline of a hold is the hold's own end.
 */
#include "store/store_kind.h"

#include "base/siphash.h"
#include "store/counter_table.h"

#include <pthread.h>
#include <stdlib.h>

enum { SHARDS = STORE_MEMORY_PARTS };

struct shard {
    pthread_mutex_t lock; /* guards the tables */
    struct counter_table tables[STORE_POPULATIONS];
};

struct store_memory {
    struct store base;
    uint64_t seed[2];
    struct shard shards[SHARDS];
};

/* What a hold has reserved of one counter. The entry stays where it is: one with a reservation is never
 * evicted. */
struct held {
    struct counter_entry *entry;
    uint64_t amount;
    uint8_t shard;
};

struct memory_hold {
    struct store_hold base;
    uint32_t held_count;
    struct held held[STORE_CHARGES_MAX];
};

/* Where the counter of each charge is. */
struct places {
    uint64_t shard_set; /* a bit each */
    uint64_t hashes[STORE_CHARGES_MAX];
    struct counter_entry *entries[STORE_CHARGES_MAX];
};

static unsigned shard_of(uint64_t hash)
{
    return (unsigned)(hash >> 58);
}

static uint64_t hash_of(const struct store_memory *memory, struct slice limit, struct slice key)
{
    /* The limit's hash seeds the key's, so that both need no copy to stand side by side. Limits are the
     * administrator's words (FNV-1a is enough); keys are strangers'. */
    uint64_t of_limit = 0xcbf29ce484222325;
    for (size_t i = 0; i < limit.length; i++)
        of_limit = (of_limit ^ (unsigned char)limit.data[i]) * 0x100000001b3;
    const uint64_t seed[2] = {memory->seed[0] ^ of_limit, memory->seed[1]};
    return siphash(seed, key);
}

/* In one order, so that two decisions never wait for each other. */
static void lock_shards(struct store_memory *memory, uint64_t set)
{
    for (; set != 0; set &= set - 1)
        pthread_mutex_lock(&memory->shards[__builtin_ctzll(set)].lock);
}

static void unlock_shards(struct store_memory *memory, uint64_t set)
{
    for (; set != 0; set &= set - 1)
        pthread_mutex_unlock(&memory->shards[__builtin_ctzll(set)].lock);
}

static void find_shards(const struct store_memory *memory, const struct store_charge *charges, size_t count,
                        struct places *places)
{
    places->shard_set = 0;
    for (size_t i = 0; i < count; i++) {
        places->hashes[i] = hash_of(memory, charges[i].limit, charges[i].key);
        places->shard_set |= 1ULL << shard_of(places->hashes[i]);
    }
}

static struct counter_table *table_of(struct store_memory *memory, uint64_t hash,
                                      enum store_population population)
{
    return &memory->shards[shard_of(hash)].tables[population];
}

static const struct window_state nothing_used;

/* False: an entry could not be made; entries found until then stay, empty ones do no harm. */
static bool find_entries(struct store_memory *memory, struct store_charge *charges, size_t count,
                         struct places *places, bool make)
{
    int64_t now_us = store_now_us(&memory->base);
    for (size_t i = 0; i < count; i++) {
        struct counter_table *table = table_of(memory, places->hashes[i], charges[i].population);
        places->entries[i] =
            make ? counter_table_get(table, places->hashes[i], charges[i].limit, charges[i].key, now_us)
                 : counter_table_find(table, places->hashes[i], charges[i].limit, charges[i].key);
        if (make && places->entries[i] == NULL)
            return false;
        /* An entry that was just made must not make room for the next one. */
        if (make)
            places->entries[i]->state.reserved++;
    }
    return true;
}

static void let_go(struct places *places, size_t count)
{
    for (size_t i = 0; i < count && places->entries[i] != NULL; i++)
        places->entries[i]->state.reserved--;
}

static void look_at(struct store_charge *charge, const struct window_state *state, int64_t now_us)
{
    charge->level = window_look(&charge->window, state, now_us, charge->amount);
    charge->is_exceeded = !window_fits(&charge->window, state, now_us, charge->amount);
}

/* ---- reserve, settle, release
 * ------------------------------------------------------------------------------ */

static struct held *held_of(struct memory_hold *hold, struct counter_entry *entry)
{
    for (uint32_t i = 0; i < hold->held_count; i++)
        if (hold->held[i].entry == entry)
            return &hold->held[i];
    if (hold->held_count == STORE_CHARGES_MAX)
        return NULL;
    struct held *added = &hold->held[hold->held_count++];
    *added = (struct held){.entry = entry, .shard = (uint8_t)shard_of(entry->hash)};
    return added;
}

static bool hold_has_room(struct memory_hold *hold, struct places *places, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (held_of(hold, places->entries[i]) == NULL)
            return false;
    return true;
}

static void reserve_all(struct memory_hold *hold, struct store_charge *charges, size_t count,
                        struct places *places)
{
    for (size_t i = 0; i < count; i++) {
        struct held *held = held_of(hold, places->entries[i]);
        uint64_t room = UINT32_MAX - places->entries[i]->state.reserved;
        uint64_t amount = charges[i].amount < room ? charges[i].amount : room;
        places->entries[i]->state.reserved += (uint32_t)amount;
        held->amount += amount;
    }
}

static enum store_answer reserve(struct store_hold *base, struct store_charge *charges, size_t count)
{
    struct memory_hold *hold = (struct memory_hold *)base;
    struct store_memory *memory = (struct store_memory *)base->store;
    struct places places = {0};
    enum store_answer answer = STORE_FITS;
    find_shards(memory, charges, count, &places);
    lock_shards(memory, places.shard_set);
    bool has_entries = find_entries(memory, charges, count, &places, true);
    let_go(&places, count);
    if (!has_entries || !hold_has_room(hold, &places, count)) {
        answer = STORE_UNKNOWN;
    } else {
        int64_t now_us = store_now_us(&memory->base);
        for (size_t i = 0; i < count; i++) {
            look_at(&charges[i], &places.entries[i]->state, now_us);
            if (charges[i].is_exceeded && !charges[i].is_watched)
                answer = STORE_EXCEEDED;
        }
        if (answer == STORE_FITS)
            reserve_all(hold, charges, count, &places);
    }
    unlock_shards(memory, places.shard_set);
    return answer;
}

/* With the shards of everything held locked. */
static void give_back(struct memory_hold *hold)
{
    for (uint32_t i = 0; i < hold->held_count; i++)
        hold->held[i].entry->state.reserved -= (uint32_t)hold->held[i].amount;
    hold->held_count = 0;
}

static uint64_t held_shards(const struct memory_hold *hold)
{
    uint64_t set = 0;
    for (uint32_t i = 0; i < hold->held_count; i++)
        set |= 1ULL << hold->held[i].shard;
    return set;
}

static void release(struct store_hold *base)
{
    struct memory_hold *hold = (struct memory_hold *)base;
    struct store_memory *memory = (struct store_memory *)base->store;
    uint64_t set = held_shards(hold);
    lock_shards(memory, set);
    give_back(hold);
    unlock_shards(memory, set);
}

static void charge_one(struct store_charge *charge, struct counter_entry *entry, int64_t now_us)
{
    window_charge(&charge->window, &entry->state, now_us, charge->amount);
    charge->level = window_look(&charge->window, &entry->state, now_us, 0);
    uint64_t percent = charge->level.used * 100 / charge->level.limit;
    entry->fill_percent = (uint8_t)(percent > 100 ? 100 : percent);
    charge->warns = charge->warn_at > 0 && !entry->is_warned && charge->level.used >= charge->warn_at;
    if (charge->warns)
        entry->is_warned = true;
    entry->is_changed = true;
}

/* A warning is due again once the use has fallen far enough since. */
static void rearm_warning(const struct store_charge *charge, struct counter_entry *entry, int64_t now_us)
{
    if (entry->is_warned && window_look(&charge->window, &entry->state, now_us, 0).used < charge->warn_until)
        entry->is_warned = false;
}

static void settle(struct store_hold *base, struct store_charge *charges, size_t count)
{
    struct memory_hold *hold = (struct memory_hold *)base;
    struct store_memory *memory = (struct store_memory *)base->store;
    struct places places = {0};
    find_shards(memory, charges, count, &places);
    uint64_t set = places.shard_set | held_shards(hold);
    lock_shards(memory, set);
    give_back(hold);
    (void)find_entries(memory, charges, count, &places, true); /* without memory it passes uncounted */
    let_go(&places, count);
    int64_t now_us = store_now_us(&memory->base);
    for (size_t i = 0; i < count && places.entries[i] != NULL; i++) {
        rearm_warning(&charges[i], places.entries[i], now_us);
        charge_one(&charges[i], places.entries[i], now_us);
    }
    unlock_shards(memory, set);
}

/* ---- the rest
 * ---------------------------------------------------------------------------------------------- */

static bool look(struct store *base, struct store_charge *charges, size_t count)
{
    struct store_memory *memory = (struct store_memory *)base;
    struct places places = {0};
    find_shards(memory, charges, count, &places);
    lock_shards(memory, places.shard_set);
    (void)find_entries(memory, charges, count, &places, false);
    int64_t now_us = store_now_us(base);
    for (size_t i = 0; i < count; i++)
        look_at(&charges[i], places.entries[i] == NULL ? &nothing_used : &places.entries[i]->state, now_us);
    unlock_shards(memory, places.shard_set);
    return true;
}

static struct slice limit_of(const struct counter_entry *entry)
{
    return slice_make(entry->text, entry->limit_length);
}

static struct slice key_of(const struct counter_entry *entry)
{
    return slice_make(entry->text + entry->limit_length + 1,
                      (size_t)entry->text_length - entry->limit_length - 1);
}

/* Each counter of each table, its shard locked. */
static void walk(struct store_memory *memory,
                 void (*visit)(void *context, struct counter_entry *entry, enum store_population population),
                 void *context)
{
    for (size_t s = 0; s < SHARDS; s++) {
        pthread_mutex_lock(&memory->shards[s].lock);
        for (int p = 0; p < STORE_POPULATIONS; p++) {
            const struct counter_table *table = &memory->shards[s].tables[p];
            for (uint32_t i = 0; i < table->entry_count; i++)
                visit(context, counter_table_entry(table, i), (enum store_population)p);
        }
        pthread_mutex_unlock(&memory->shards[s].lock);
    }
}

struct resetting {
    struct slice limit, key;
    int64_t now_us;
    size_t count;
};

static void reset_one(void *context, struct counter_entry *entry, enum store_population population)
{
    struct resetting *resetting = context;
    (void)population;
    if (!slice_equal(key_of(entry), resetting->key) ||
        (resetting->limit.length > 0 && !slice_equal(limit_of(entry), resetting->limit)) ||
        entry->state.empty_at_us <= resetting->now_us)
        return;
    entry->state = (struct window_state){.reserved = entry->state.reserved};
    entry->is_warned = false;
    entry->is_changed = true;
    entry->fill_percent = 0;
    resetting->count++;
}

static bool reset(struct store *base, struct slice limit, struct slice key, size_t *count)
{
    struct resetting resetting = {.limit = limit, .key = key, .now_us = store_now_us(base)};
    walk((struct store_memory *)base, reset_one, &resetting);
    *count = resetting.count;
    return true;
}

struct showing {
    void (*show)(void *context, const struct store_counter *counter);
    void *context;
    int64_t now_us;
};

static void show_one(void *context, struct counter_entry *entry, enum store_population population)
{
    const struct showing *showing = context;
    const struct store_counter counter = {limit_of(entry), key_of(entry), population, &entry->state};
    if (!window_is_empty(&entry->state, showing->now_us))
        showing->show(showing->context, &counter);
}

static bool each(struct store *base, void (*show)(void *context, const struct store_counter *counter),
                 void *context)
{
    struct showing showing = {show, context, store_now_us(base)};
    walk((struct store_memory *)base, show_one, &showing);
    return true;
}

size_t store_memory_take_changed(struct store *base, size_t part,
                                 void (*take)(void *context, const struct store_counter *counter),
                                 void *context)
{
    struct store_memory *memory = (struct store_memory *)base;
    size_t count = 0;
    pthread_mutex_lock(&memory->shards[part].lock);
    for (int p = 0; p < STORE_POPULATIONS; p++) {
        const struct counter_table *table = &memory->shards[part].tables[p];
        for (uint32_t i = 0; i < table->entry_count; i++) {
            struct counter_entry *entry = counter_table_entry(table, i);
            if (!entry->is_changed)
                continue;
            const struct store_counter counter = {limit_of(entry), key_of(entry), (enum store_population)p,
                                                  &entry->state};
            take(context, &counter);
            entry->is_changed = false;
            count++;
        }
    }
    pthread_mutex_unlock(&memory->shards[part].lock);
    return count;
}

bool store_memory_put(struct store *base, const struct store_counter *counter)
{
    struct store_memory *memory = (struct store_memory *)base;
    uint64_t hash = hash_of(memory, counter->limit, counter->key);
    struct shard *shard = &memory->shards[shard_of(hash)];
    pthread_mutex_lock(&shard->lock);
    struct counter_entry *entry = counter_table_get(&shard->tables[counter->population], hash, counter->limit,
                                                    counter->key, store_now_us(base));
    if (entry != NULL) {
        uint32_t reserved = entry->state.reserved;
        entry->state = *counter->state;
        entry->state.reserved = reserved;
        entry->fill_percent = 100; /* until it is charged again nothing is known, and it is not evicted */
    }
    pthread_mutex_unlock(&shard->lock);
    return entry != NULL;
}

static bool describe(struct store *base, struct strbuf *out)
{
    (void)base;
    strbuf_append_text(out, "memory");
    return true;
}

static void destroy(struct store *base)
{
    struct store_memory *memory = (struct store_memory *)base;
    for (size_t s = 0; s < SHARDS; s++) {
        for (int p = 0; p < STORE_POPULATIONS; p++)
            counter_table_deinit(&memory->shards[s].tables[p]);
        pthread_mutex_destroy(&memory->shards[s].lock);
    }
    free(memory);
}

static const struct store_kind memory_kind = {
    .hold_bytes = sizeof(struct memory_hold),
    .reserve = reserve,
    .settle = settle,
    .release = release,
    .look = look,
    .reset = reset,
    .each = each,
    .describe = describe,
    .destroy = destroy,
};

struct store *store_memory_create(const struct store_memory_options *options)
{
    struct store_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        return NULL;
    store_init(&memory->base, &memory_kind, &options->clock);
    memory->seed[0] = options->seed[0];
    memory->seed[1] = options->seed[1];
    for (size_t s = 0; s < SHARDS; s++) {
        pthread_mutex_init(&memory->shards[s].lock, NULL);
        for (int p = 0; p < STORE_POPULATIONS; p++) {
            size_t most = options->keys_max[p] / SHARDS + 1;
            counter_table_init(&memory->shards[s].tables[p], (uint32_t)most);
        }
    }
    return &memory->base;
}
