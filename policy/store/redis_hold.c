/* What a message reserves, settles, gives back. */
#include "store/store_redis.h"

#include "base/counter.h"
#include "base/counter_family.h"

#include <stdio.h>
#include <talloc.h>

HISTOGRAM(wait_seconds, "store_wait_seconds",
          "How long a message waited for the shared store, all its questions together.");
COUNTER(waits_late, "store_waits_late", "store_waits_late_total", "",
        "Messages that waited longer than 50 ms for the shared store.");
COUNTER(
    waits_starved, "store_waits_starved", "store_waits_starved_total", "",
    "Those of them whose answer, or the end of its time, was there before: the machine had no processor for them.");

static const uint64_t LATE_US = 50000;

/* ---- what a message holds --------------------------------------------------------------------------- */

static struct redis_held *held_of(struct redis_hold *hold, const struct store_charge *charge, bool make)
{
    char *key = redis_counter_key(hold, charge);
    for (size_t i = 0; key != NULL && i < hold->held_count; i++)
        if (strcmp(hold->held[i].key, key) == 0) {
            talloc_free(key);
            return &hold->held[i];
        }
    if (key == NULL || !make || hold->held_count == hold->base.charges_max) {
        talloc_free(key);
        return NULL;
    }
    struct redis_held *added = &hold->held[hold->held_count++];
    *added = (struct redis_held){.key = key};
    return added;
}

static void use(struct redis_held *held, uint64_t amount)
{
    held->used += amount;
    held->level.used += amount;
    held->level.remaining -= amount < held->level.remaining ? amount : held->level.remaining;
}

/* What was reserved ahead is enough: nobody need be asked. */
static bool is_held_ahead(struct redis_hold *hold, struct store_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct redis_held *held = held_of(hold, &charges[i], false);
        if (held == NULL || held->reserved < held->used + charges[i].amount)
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct redis_held *held = held_of(hold, &charges[i], false);
        charges[i].level = held->level;
        charges[i].is_exceeded = false;
        use(held, charges[i].amount);
    }
    return count > 0;
}

/* Without an answer it may have been reserved all the same: nothing is known to be granted, and all is given
 * back. */
static void note_held(struct redis_hold *hold, const struct redis_decision *decision, bool is_granted)
{
    for (size_t i = 0; i < decision->count; i++) {
        const struct store_charge *charge = &decision->charges[i];
        struct redis_held *held = held_of(hold, charge, true);
        if (held == NULL || !is_granted)
            continue;
        held->reserved += decision->granted[i];
        held->level = charge->level;
        use(held, charge->amount);
    }
}

/* The decision at the server gives back what it charges for; the rest is given back beside it. */
static void forget_charged(struct redis_hold *hold, const struct store_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct redis_held *held = held_of(hold, &charges[i], false);
        if (held == NULL)
            continue;
        talloc_free(held->key);
        *held = hold->held[--hold->held_count];
    }
}

/* ---- reserve ---------------------------------------------------------------------------------------- */

/* Who is over a limit asks in vain until it clears: a robot that hammers costs the server nothing. */
static bool is_known_exceeded(struct store_redis *redis, struct store_charge *charges, size_t count)
{
    const int64_t now_us = redis_now_us(&redis->base);
    bool is_exceeded = false;
    for (size_t i = 0; i < count; i++) {
        const struct redis_remembered known = redis_recall(redis, &charges[i]);
        charges[i].is_exceeded = known.exceeded_until_us > now_us && charges[i].amount > 0;
        charges[i].level = (struct window_level){
            .limit =
                charges[i].window.kind == WINDOW_REFILL ? charges[i].window.burst : charges[i].window.limit,
            .used = known.used,
            .clears_us = known.exceeded_until_us,
            .reset_us = known.exceeded_until_us,
        };
        charges[i].level.remaining =
            known.used < charges[i].level.limit ? charges[i].level.limit - known.used : 0;
        is_exceeded = is_exceeded || (charges[i].is_exceeded && !charges[i].is_watched);
    }
    return is_exceeded;
}

static const char *owner_of(struct store_redis *redis, struct redis_hold *hold)
{
    if (hold->owner[0] == '\0')
        redis_owner_make(redis, hold->owner);
    return hold->owner;
}

static void note_wait(struct redis_hold *hold, const struct redis_decision *decision)
{
    hold->waited_us += decision->waited_us;
    hold->overdue_us += decision->overdue_us;
}

enum store_answer redis_reserve(struct store_hold *base, struct store_charge *charges, size_t count)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    struct store_redis *redis = (struct store_redis *)base->store;
    for (size_t i = 0; i < count; i++)
        charges[i].is_share = false;
    if (count == 0 || is_held_ahead(hold, charges, count))
        return STORE_FITS;
    if (hold->local != NULL || atomic_load(&redis->is_by_share))
        return redis_reserve_share(redis, hold, charges, count);
    if (is_known_exceeded(redis, charges, count))
        return STORE_EXCEEDED;
    struct redis_decision decision = {
        .operation = "reserve", .owner = owner_of(redis, hold), .charges = charges, .count = count};
    const enum store_answer answer = redis_decide(redis, &decision);
    note_wait(hold, &decision);
    if (answer != STORE_EXCEEDED)
        note_held(hold, &decision, answer == STORE_FITS);
    return answer == STORE_UNKNOWN ? redis_reserve_share(redis, hold, charges, count) : answer;
}

/* ---- release, settle -------------------------------------------------------------------------------- */

/* Not waited for: the deadline would do the same, only later. What cannot be sent now is sent once the server
 * is back, or it would use up the limit until then. */
static void release_shared(struct store_redis *redis, struct redis_hold *hold)
{
    char field[sizeof hold->owner + 2];
    snprintf(field, sizeof field, "r:%s", hold->owner);
    for (size_t i = 0; i < hold->held_count; i++) {
        const struct slice key = slice_of(hold->held[i].key);
        const struct slice arguments[] = {slice_of("HDEL"), key, slice_of(field)};
        struct redis_call *call = redis_send(redis->connection, arguments, 3, NULL);
        if (call == NULL)
            redis_unsent_keep_release(redis, hold->owner, key);
        redis_call_drop(call);
        talloc_free(hold->held[i].key);
    }
    hold->held_count = 0;
}

/* Once a message: what it waited in all. */
static void tell_wait(struct redis_hold *hold)
{
    if (hold->waited_us == 0)
        return;
    histogram_add(&wait_seconds, hold->waited_us);
    const bool is_late = hold->waited_us > LATE_US;
    counter_add(&waits_late, is_late);
    counter_add(&waits_starved, is_late && hold->waited_us - hold->overdue_us <= LATE_US);
    hold->waited_us = hold->overdue_us = 0;
}

void redis_release(struct store_hold *base)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    tell_wait(hold);
    if (hold->local != NULL)
        store_release(hold->local);
    release_shared((struct store_redis *)base->store, hold);
}

static void settle_shared(struct store_redis *redis, struct redis_hold *hold, struct store_charge *charges,
                          size_t count)
{
    if (hold->local != NULL && hold->owner[0] == '\0') {
        redis_unsent_keep(redis, NULL, charges, count);
        return;
    }
    struct redis_decision decision = {
        .operation = "settle", .owner = owner_of(redis, hold), .charges = charges, .count = count};
    if (hold->local != NULL || atomic_load(&redis->is_by_share) ||
        redis_decide(redis, &decision) == STORE_UNKNOWN)
        redis_unsent_keep(redis, hold->owner, charges, count);
    note_wait(hold, &decision);
    forget_charged(hold, charges, count);
}

void redis_settle(struct store_hold *base, struct store_charge *charges, size_t count)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    struct store_redis *redis = (struct store_redis *)base->store;
    if (hold->local != NULL)
        redis_settle_share(redis, hold, charges, count);
    if (count > 0)
        settle_shared(redis, hold, charges, count);
    release_shared(redis, hold);
    tell_wait(hold);
    hold->owner[0] = '\0'; /* what comes next is charged too */
}

bool redis_look(struct store *base, struct store_charge *charges, size_t count)
{
    struct redis_decision decision = {.operation = "look", .owner = "", .charges = charges, .count = count};
    return count == 0 || redis_decide((struct store_redis *)base, &decision) != STORE_UNKNOWN;
}
