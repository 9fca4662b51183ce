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

/* ---- who need not ask ------------------------------------------------------------------------------- */

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

/* ---- what is asked ---------------------------------------------------------------------------------- */

/* False: no memory. */
static bool ask(struct store_redis *redis, struct redis_hold *hold, const char *operation,
                struct store_charge *charges, size_t count)
{
    struct redis_decision *asked = talloc_zero(hold, struct redis_decision);
    if (asked == NULL)
        return false;
    *asked = (struct redis_decision){
        .operation = operation, .owner = owner_of(redis, hold), .charges = charges, .count = count};
    hold->asked = asked;
    redis_decision_begin(redis, asked);
    return true;
}

static bool is_asking(const struct redis_hold *hold, const char *operation)
{
    return hold->asked != NULL && strcmp(hold->asked->operation, operation) == 0;
}

static void forget_asked(struct redis_hold *hold)
{
    TALLOC_FREE(hold->asked);
}

/* Nobody takes the answer: what it grants is given back with the rest. */
static void drop_asked(struct redis_hold *hold)
{
    if (hold->asked != NULL)
        redis_decision_drop(hold->asked);
    forget_asked(hold);
}

static enum store_answer take_answer(struct store_redis *redis, struct redis_hold *hold)
{
    const enum store_answer answer = redis_decision_end(redis, hold->asked);
    hold->waited_us += hold->asked->waited_us;
    hold->overdue_us += hold->asked->overdue_us;
    return answer;
}

/* ---- reserve ---------------------------------------------------------------------------------------- */

/* From here on it may be reserved, whatever comes of the answer. */
static bool ask_to_reserve(struct store_redis *redis, struct redis_hold *hold, struct store_charge *charges,
                           size_t count)
{
    hold->held_before = hold->held_count;
    if (!ask(redis, hold, "reserve", charges, count))
        return false;
    note_held(hold, hold->asked, false);
    return true;
}

static enum store_answer take_reserved(struct store_redis *redis, struct redis_hold *hold)
{
    const enum store_answer answer = take_answer(redis, hold);
    if (answer == STORE_FITS)
        note_held(hold, hold->asked, true);
    while (answer == STORE_EXCEEDED && hold->held_count > hold->held_before)
        talloc_free(hold->held[--hold->held_count].key);
    forget_asked(hold);
    return answer;
}

enum store_answer redis_reserve(struct store_hold *base, struct store_charge *charges, size_t count,
                                struct pending_awaited *awaited)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    struct store_redis *redis = (struct store_redis *)base->store;
    if (hold->asked == NULL) {
        for (size_t i = 0; i < count; i++)
            charges[i].is_share = false;
        if (count == 0 || is_held_ahead(hold, charges, count))
            return STORE_FITS;
        if (hold->local != NULL || atomic_load(&redis->is_by_share))
            return redis_reserve_share(redis, hold, charges, count);
        if (is_known_exceeded(redis, charges, count))
            return STORE_EXCEEDED;
        if (!ask_to_reserve(redis, hold, charges, count))
            return STORE_UNKNOWN;
    }
    if (redis_decision_waits(redis, hold->asked, awaited))
        return STORE_WAITS;
    const enum store_answer answer = take_reserved(redis, hold);
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
    drop_asked(hold);
    tell_wait(hold);
    if (hold->local != NULL)
        store_release(hold->local);
    release_shared((struct store_redis *)base->store, hold);
}

/* What does not reach the server now is kept until it does. */
static void begin_to_settle(struct store_redis *redis, struct redis_hold *hold, struct store_charge *charges,
                            size_t count)
{
    drop_asked(hold);
    if (hold->local != NULL)
        redis_settle_share(redis, hold, charges, count);
    if (count == 0)
        return;
    if (hold->local != NULL && hold->owner[0] == '\0') {
        redis_unsent_keep(redis, NULL, charges, count);
        return;
    }
    const bool is_away = hold->local != NULL || atomic_load(&redis->is_by_share);
    if (is_away || !ask(redis, hold, "settle", charges, count)) {
        redis_unsent_keep(redis, owner_of(redis, hold), charges, count);
        forget_charged(hold, charges, count);
    }
}

static void take_settled(struct store_redis *redis, struct redis_hold *hold, struct store_charge *charges,
                         size_t count)
{
    if (take_answer(redis, hold) == STORE_UNKNOWN)
        redis_unsent_keep(redis, hold->owner, charges, count);
    forget_charged(hold, charges, count);
    forget_asked(hold);
}

bool redis_settle(struct store_hold *base, struct store_charge *charges, size_t count,
                  struct pending_awaited *awaited)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    struct store_redis *redis = (struct store_redis *)base->store;
    if (!is_asking(hold, "settle"))
        begin_to_settle(redis, hold, charges, count);
    if (hold->asked != NULL) {
        if (redis_decision_waits(redis, hold->asked, awaited))
            return false;
        take_settled(redis, hold, charges, count);
    }
    release_shared(redis, hold);
    tell_wait(hold);
    hold->owner[0] = '\0'; /* what comes next is charged too */
    return true;
}

bool redis_look(struct store *base, struct store_charge *charges, size_t count)
{
    struct redis_decision decision = {.operation = "look", .owner = "", .charges = charges, .count = count};
    return count == 0 || redis_decide((struct store_redis *)base, &decision) != STORE_UNKNOWN;
}
