/* Counters in this process. A reservation cannot outlive it, so the deadline of a hold is the hold's own end.
 */
#include "store/store_kind.h"

#include "base/brief_mutex.h"
#include "base/siphash.h"
#include "store/counter_table.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    SHARDS = STORE_MEMORY_PARTS,
    SHARD_SHIFT = 58, /* the uppermost six bits of a place tell the shard */
};

struct shard {
    pthread_mutex_t lock; /* guards the tables */
    struct counter_table tables[STORE_POPULATIONS];
};

struct store_memory {
    struct store base;
    uint64_t seed[2];
    struct shard shards[SHARDS];
};

/* What a hold has reserved of one counter. The entry stays where it is, and while something is reserved it is
 * nobody else's. */
struct held {
    struct counter_entry *entry;
    uint64_t place;
    uint32_t amount;
};

struct memory_hold {
    struct store_hold base;
    size_t held_count;
    struct held held[];
};

static unsigned shard_of(uint64_t place)
{
    return (unsigned)(place >> SHARD_SHIFT);
}

/* All counters of a key are in one shard, so that a message takes few locks. Keys are strangers' words. */
static uint64_t place_of(uint64_t key_hash, uint64_t limit_hash)
{
    const uint64_t spread = (key_hash ^ limit_hash) * UINT64_C(0x9e3779b97f4a7c15);
    return (key_hash >> SHARD_SHIFT << SHARD_SHIFT) | (spread >> (64 - SHARD_SHIFT));
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

/* Gives each charge its place; tells the shards of all, a bit each. */
static uint64_t find_places(const struct store_memory *memory, struct store_charge *charges, size_t count)
{
    struct slice hashed = {0};
    uint64_t shards = 0, key_hash = 0;
    for (size_t i = 0; i < count; i++) {
        struct store_charge *charge = &charges[i];
        if (charge->place == 0) {
            if (charge->limit_hash == 0)
                charge->limit_hash = store_limit_hash(charge->limit);
            if (charge->key.data != hashed.data || charge->key.length != hashed.length)
                key_hash = siphash(memory->seed, charge->key);
            hashed = charge->key;
            charge->place = place_of(key_hash, charge->limit_hash);
        }
        shards |= UINT64_C(1) << shard_of(charge->place);
    }
    return shards;
}

static struct counter_table *table_of(struct store_memory *memory, const struct store_charge *charge)
{
    return &memory->shards[shard_of(charge->place)].tables[charge->population];
}

/* ---- reserve, settle, release ----------------------------------------------------------------------- */

/* NULL: there is none. `expected`: where it was when all was in the same order before. */
static struct held *held_of(struct memory_hold *hold, const struct store_charge *charge, size_t expected)
{
    if (expected < hold->held_count && hold->held[expected].place == charge->place)
        return &hold->held[expected];
    for (size_t i = 0; i < hold->held_count; i++)
        if (hold->held[i].place == charge->place)
            return &hold->held[i];
    return NULL;
}

/* Where nothing was reserved the entry may have become another counter's meanwhile. */
static bool is_still_of(const struct counter_entry *entry, const struct store_charge *charge)
{
    return entry->hash == charge->place;
}

/* The counter of a charge, made where there is none; NULL: it could not be made, or the hold is full. */
static struct held *find_held(struct memory_hold *hold, const struct store_charge *charge, size_t expected,
                              int64_t now_us)
{
    struct held *held = held_of(hold, charge, expected);
    if (held != NULL && is_still_of(held->entry, charge))
        return held;
    struct store_memory *memory = (struct store_memory *)hold->base.store;
    struct counter_entry *entry =
        counter_table_get(table_of(memory, charge), charge->place, charge->limit, charge->key, now_us);
    if (entry == NULL || (held == NULL && hold->held_count == hold->base.charges_max))
        return NULL;
    if (held == NULL)
        held = &hold->held[hold->held_count++];
    *held = (struct held){.entry = entry, .place = charge->place};
    return held;
}

static void look_at(struct store_charge *charge, const struct window_state *state, int64_t now_us)
{
    charge->level = window_look(&charge->window, state, now_us, charge->amount);
    charge->is_exceeded = !charge->level.fits;
}

/* Each is reserved as it is looked at, so that an entry that was just made does not make room for the next
 * one.
 */
struct taken {
    struct held *held;
    uint32_t amount;
};

static void take_one(struct taken *taken, uint64_t wanted)
{
    const uint32_t room = UINT32_MAX - taken->held->entry->state.reserved;
    taken->amount = wanted < room ? (uint32_t)wanted : room;
    taken->held->entry->state.reserved += taken->amount;
    taken->held->amount += taken->amount;
}

static void take_back(const struct taken *taken)
{
    taken->held->entry->state.reserved -= taken->amount;
    taken->held->amount -= taken->amount;
}

static void expect_all(struct store_memory *memory, const struct store_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        counter_table_expect(table_of(memory, &charges[i]), charges[i].place);
    for (size_t i = 0; i < count; i++)
        counter_table_expect_entry(table_of(memory, &charges[i]), charges[i].place);
}

/* With the shards locked. All or nothing: what was taken is in `taken`, of which there are `*count`. */
static enum store_answer take_all(struct memory_hold *hold, struct store_charge *charges, struct taken *taken,
                                  size_t *count)
{
    const int64_t now_us = store_now_us(hold->base.store);
    const size_t wanted = *count;
    enum store_answer answer = STORE_FITS;
    for (*count = 0; *count < wanted; (*count)++) {
        struct store_charge *charge = &charges[*count];
        struct held *held = find_held(hold, charge, *count, now_us);
        if (held == NULL)
            return STORE_UNKNOWN;
        look_at(charge, &held->entry->state, now_us);
        if (charge->is_exceeded && !charge->is_watched)
            answer = STORE_EXCEEDED;
        taken[*count] = (struct taken){.held = held};
        take_one(&taken[*count], charge->amount);
    }
    return answer;
}

static enum store_answer reserve(struct store_hold *base, struct store_charge *charges, size_t count,
                                 struct pending_awaited *awaited)
{
    (void)awaited;
    struct memory_hold *hold = (struct memory_hold *)base;
    struct store_memory *memory = (struct store_memory *)base->store;
    struct taken taken[STORE_CHARGES_MAX];
    const uint64_t shards = find_places(memory, charges, count);
    lock_shards(memory, shards);
    if (count > 1 && hold->held_count == 0)
        expect_all(memory, charges, count);
    const enum store_answer answer = take_all(hold, charges, taken, &count);
    for (size_t i = 0; i < count && answer != STORE_FITS; i++)
        take_back(&taken[i]);
    unlock_shards(memory, shards);
    return answer;
}

static uint64_t held_shards(const struct memory_hold *hold)
{
    uint64_t shards = 0;
    for (size_t i = 0; i < hold->held_count; i++)
        shards |= UINT64_C(1) << shard_of(hold->held[i].place);
    return shards;
}

/* With the shards of everything held locked. */
static void give_back(struct memory_hold *hold)
{
    for (size_t i = 0; i < hold->held_count; i++)
        if (hold->held[i].amount > 0)
            hold->held[i].entry->state.reserved -= hold->held[i].amount;
}

static void release(struct store_hold *base)
{
    struct memory_hold *hold = (struct memory_hold *)base;
    struct store_memory *memory = (struct store_memory *)base->store;
    const uint64_t shards = held_shards(hold);
    lock_shards(memory, shards);
    give_back(hold);
    hold->held_count = 0;
    unlock_shards(memory, shards);
}

/* A warning is due again once the use has fallen far enough since. */
static void charge_one(struct store_charge *charge, struct counter_entry *entry, int64_t now_us)
{
    const struct window *window = &charge->window;
    if (entry->is_warned && window_used(window, &entry->state, now_us) < charge->warn_until)
        entry->is_warned = false;
    window_charge(window, &entry->state, now_us, charge->amount);
    const uint64_t used = window_used(window, &entry->state, now_us);
    const uint64_t limit = window->kind == WINDOW_REFILL ? window->burst : window->limit;
    const uint64_t percent = used * 100 / limit;
    charge->level.used = used;
    charge->level.limit = limit;
    charge->warns = charge->warn_at > 0 && !entry->is_warned && used >= charge->warn_at;
    entry->is_warned |= charge->warns;
    entry->fill_percent = (uint8_t)(percent > 100 ? 100 : percent);
    entry->is_changed = true;
}

static bool settle(struct store_hold *base, struct store_charge *charges, size_t count,
                   struct pending_awaited *awaited)
{
    (void)awaited;
    struct memory_hold *hold = (struct memory_hold *)base;
    struct store_memory *memory = (struct store_memory *)base->store;
    const uint64_t shards = find_places(memory, charges, count) | held_shards(hold);
    lock_shards(memory, shards);
    give_back(hold);
    const int64_t now_us = store_now_us(base->store);
    for (size_t i = 0; i < count; i++) {
        const struct held *held = charges[i].amount == 0 ? NULL : find_held(hold, &charges[i], i, now_us);
        charges[i].warns = false;
        if (held != NULL) /* without memory it passes uncounted */
            charge_one(&charges[i], held->entry, now_us);
    }
    hold->held_count = 0;
    unlock_shards(memory, shards);
    return true;
}

/* ---- the rest ---------------------------------------------------------------------------------------- */

static bool look(struct store *base, struct store_charge *charges, size_t count)
{
    static const struct window_state nothing_used;
    struct store_memory *memory = (struct store_memory *)base;
    const uint64_t shards = find_places(memory, charges, count);
    lock_shards(memory, shards);
    const int64_t now_us = store_now_us(base);
    for (size_t i = 0; i < count; i++) {
        const struct counter_entry *entry = counter_table_find(
            table_of(memory, &charges[i]), charges[i].place, charges[i].limit, charges[i].key);
        look_at(&charges[i], entry == NULL ? &nothing_used : &entry->state, now_us);
    }
    unlock_shards(memory, shards);
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

static void forget(struct counter_entry *entry)
{
    entry->state = (struct window_state){.reserved = entry->state.reserved};
    entry->is_warned = false;
    entry->is_changed = true;
    entry->fill_percent = 0;
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
    forget(entry);
    resetting->count++;
}

static bool reset(struct store *base, struct slice limit, struct slice key, size_t *count)
{
    struct resetting resetting = {.limit = limit, .key = key, .now_us = store_now_us(base)};
    walk((struct store_memory *)base, reset_one, &resetting);
    *count = resetting.count;
    return true;
}

static void forget_one(void *context, struct counter_entry *entry, enum store_population population)
{
    (void)context;
    (void)population;
    forget(entry);
}

void store_memory_forget(struct store *base)
{
    walk((struct store_memory *)base, forget_one, NULL);
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
    const uint64_t place = place_of(siphash(memory->seed, counter->key), store_limit_hash(counter->limit));
    struct shard *shard = &memory->shards[shard_of(place)];
    pthread_mutex_lock(&shard->lock);
    struct counter_entry *entry = counter_table_get(&shard->tables[counter->population], place,
                                                    counter->limit, counter->key, store_now_us(base));
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
    .held_bytes = sizeof(struct held),
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
        brief_mutex_init(&memory->shards[s].lock);
        for (int p = 0; p < STORE_POPULATIONS; p++) {
            size_t most = options->keys_max[p] / SHARDS + 1;
            counter_table_init(&memory->shards[s].tables[p], (uint32_t)most);
        }
    }
    return &memory->base;
}
