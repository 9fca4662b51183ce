#include "store/store_kind.h"

#include <assert.h>
#include <stddef.h>
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

/* FNV-1a: limits are the administrator's words. */
uint64_t store_limit_hash(struct slice limit)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < limit.length; i++)
        hash = (hash ^ (unsigned char)limit.data[i]) * 0x100000001b3;
    return hash;
}

struct store_hold *store_hold_create(struct store *store, void *owner, size_t charges_max, size_t extra_bytes)
{
    assert(charges_max <= STORE_CHARGES_MAX);
    const struct store_kind *kind = store->kind;
    const size_t align = _Alignof(max_align_t);
    const size_t own_bytes = (kind->hold_bytes + charges_max * kind->held_bytes + align - 1) / align * align;
    struct store_hold *hold = talloc_zero_size(owner, own_bytes + extra_bytes);
    if (hold == NULL)
        return NULL;
    hold->store = store;
    hold->charges_max = charges_max;
    hold->extra = (char *)hold + own_bytes;
    talloc_set_destructor(hold, hold_release);
    return hold;
}

void *store_hold_extra(struct store_hold *hold)
{
    return hold->extra;
}

enum store_answer store_reserve(struct store_hold *hold, struct store_charge *charges, size_t count,
                                struct pending_awaited *awaited)
{
    assert(count <= hold->charges_max);
    return hold->store->kind->reserve(hold, charges, count, awaited);
}

bool store_settle(struct store_hold *hold, struct store_charge *charges, size_t count,
                  struct pending_awaited *awaited)
{
    assert(count <= hold->charges_max);
    return hold->store->kind->settle(hold, charges, count, awaited);
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
