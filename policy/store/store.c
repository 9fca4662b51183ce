#include "store/store_kind.h"

#include <assert.h>
#include <talloc.h>

void store_init(struct store *store, const struct store_kind *kind, const struct clock *clock)
{
    store->kind = kind;
    store->clock = *clock;
    store->started_us = clock_wall_us(clock);
    store->started_tick_us = clock_monotonic_us(clock);
}

int64_t store_now_us(const struct store *store)
{
    if (store->kind->now_us != NULL)
        return store->kind->now_us(store);
    return store->started_us + (int64_t)(clock_monotonic_us(&store->clock) - store->started_tick_us);
}

int64_t store_calendar_us(const struct store *store)
{
    return store->kind->now_us != NULL ? store->kind->now_us(store) : clock_wall_us(&store->clock);
}

static int hold_release(struct store_hold *hold)
{
    store_release(hold);
    return 0;
}

struct store_hold *store_hold_create(struct store *store, void *owner)
{
    struct store_hold *hold = talloc_zero_size(owner, store->kind->hold_bytes);
    if (hold == NULL)
        return NULL;
    hold->store = store;
    talloc_set_destructor(hold, hold_release);
    return hold;
}

enum store_answer store_reserve(struct store_hold *hold, struct store_charge *charges, size_t count)
{
    assert(count <= STORE_CHARGES_MAX);
    return hold->store->kind->reserve(hold, charges, count);
}

void store_settle(struct store_hold *hold, struct store_charge *charges, size_t count)
{
    assert(count <= STORE_CHARGES_MAX);
    hold->store->kind->settle(hold, charges, count);
}

void store_release(struct store_hold *hold)
{
    hold->store->kind->release(hold);
}

bool store_look(struct store *store, struct store_charge *charges, size_t count)
{
    return store->kind->look(store, charges, count);
}

bool store_reset(struct store *store, struct slice limit, struct slice key, size_t *count)
{
    return store->kind->reset(store, limit, key, count);
}

bool store_each(struct store *store, void (*show)(void *context, const struct store_counter *counter),
                void *context)
{
    return store->kind->each(store, show, context);
}

enum store_notes_answer store_exchange_notes(struct store *store, struct store_exchange *exchange)
{
    assert(exchange->count <= STORE_NOTES_MAX);
    exchange->has_more = false;
    return store->kind->exchange == NULL ? STORE_NOTES_ALONE : store->kind->exchange(store, exchange);
}

void store_tick(struct store *store)
{
    if (store->kind->tick != NULL)
        store->kind->tick(store);
}

bool store_describe(struct store *store, struct strbuf *out)
{
    return store->kind->describe(store, out);
}

void store_destroy(struct store *store)
{
    if (store != NULL)
        store->kind->destroy(store);
}
