/* Reserving and settling at the server. */
#include "store/store_redis.h"

#include <stdio.h>
#include <talloc.h>

/* ---- what a message holds --------------------------------------------------------------------------- */

static struct redis_held *held_of(struct redis_hold *hold, const struct store_charge *charge, bool make)
{
    char *key = redis_counter_key(hold, charge);
    for (size_t i = 0; key != NULL && i < hold->held_count; i++)
        if (strcmp(hold->held[i].key, key) == 0) {
            talloc_free(key);
            return &hold->held[i];
        }
    if (key == NULL || !make || hold->held_count == STORE_CHARGES_MAX) {
        talloc_free(key);
        return NULL;
    }
    struct redis_held *added = &hold->held[hold->held_count++];
    *added = (struct redis_held){.key = key};
    return added;
}

/* What was reserved ahead is enough: nobody need be asked. */
static bool is_held_ahead(struct redis_hold *hold, struct store_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct redis_held *held = held_of(hold, &charges[i], false);
        if (held == NULL || held->reserved - held->used < charges[i].amount)
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct redis_held *held = held_of(hold, &charges[i], false);
        charges[i].level = held->level;
        charges[i].is_exceeded = false;
        held->used += charges[i].amount;
    }
    return count > 0;
}

static void note_held(struct redis_hold *hold, const struct store_charge *charges, size_t count,
                      const redisReply *reply)
{
    for (size_t i = 0; i < count; i++) {
        struct redis_held *held = held_of(hold, &charges[i], true);
        if (held == NULL)
            continue;
        const size_t at = REDIS_ANSWER_HEAD + i * REDIS_ANSWER_FIELDS + REDIS_ANSWER_GRANTED;
        held->reserved += (uint64_t)redis_number_at(reply, at);
        held->used += charges[i].amount;
        held->level = charges[i].level;
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
            .remaining = known.remaining,
            .clears_us = known.exceeded_until_us,
            .reset_us = known.exceeded_until_us,
        };
        charges[i].level.used = charges[i].level.limit - known.remaining;
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

enum store_answer redis_reserve(struct store_hold *base, struct store_charge *charges, size_t count)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    struct store_redis *redis = (struct store_redis *)base->store;
    struct redis_command command;
    const redisReply *reply = NULL;
    struct redis_call *call = NULL;
    if (count == 0 || is_held_ahead(hold, charges, count))
        return STORE_FITS;
    if (hold->local != NULL || !redis_connection_is_there(redis->connection))
        return redis_reserve_share(redis, hold, charges, count);
    if (is_known_exceeded(redis, charges, count))
        return STORE_EXCEEDED;
    if (redis_decide_build(redis, &command, "reserve", owner_of(redis, hold), charges, count))
        call = redis_ask(redis, &command, &reply);
    redis_command_end(&command);
    enum store_answer answer;
    if (redis_decide_is_answer(reply, count)) {
        redis_decide_take(redis, charges, count, reply);
        answer = redis_decide_fits(reply) ? STORE_FITS : STORE_EXCEEDED;
        if (answer == STORE_FITS)
            note_held(hold, charges, count, reply);
    } else {
        answer = redis_reserve_share(redis, hold, charges, count);
    }
    redis_call_drop(call);
    return answer;
}

/* ---- release, settle -------------------------------------------------------------------------------- */

/* Not waited for: the deadline would do the same, only later. */
static void release_shared(struct store_redis *redis, struct redis_hold *hold)
{
    char field[sizeof hold->owner + 2];
    snprintf(field, sizeof field, "r:%s", hold->owner);
    for (size_t i = 0; i < hold->held_count; i++) {
        const struct slice arguments[] = {slice_of("HDEL"), slice_of(hold->held[i].key), slice_of(field)};
        redis_call_drop(redis_send(redis->connection, arguments, 3));
        talloc_free(hold->held[i].key);
    }
    hold->held_count = 0;
}

void redis_release(struct store_hold *base)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    if (hold->local != NULL)
        store_release(hold->local);
    release_shared((struct store_redis *)base->store, hold);
}

static void settle_shared(struct store_redis *redis, struct redis_hold *hold, struct store_charge *charges,
                          size_t count)
{
    struct redis_command command;
    const redisReply *reply = NULL;
    struct redis_call *call = NULL;
    if (hold->local != NULL && hold->owner[0] == '\0') {
        redis_unsent_keep(redis, NULL, charges, count);
        return;
    }
    if (redis_decide_build(redis, &command, "settle", owner_of(redis, hold), charges, count) &&
        hold->local == NULL)
        call = redis_ask(redis, &command, &reply);
    redis_command_end(&command);
    if (redis_decide_is_answer(reply, count))
        redis_decide_take(redis, charges, count, reply);
    else
        redis_unsent_keep(redis, hold->owner, charges, count);
    redis_call_drop(call);
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
    hold->owner[0] = '\0'; /* what comes next is charged too */
}

bool redis_look(struct store *base, struct store_charge *charges, size_t count)
{
    struct store_redis *redis = (struct store_redis *)base;
    struct redis_command command;
    const redisReply *reply = NULL;
    struct redis_call *call = NULL;
    if (count == 0)
        return true;
    if (redis_decide_build(redis, &command, "look", "", charges, count))
        call = redis_ask(redis, &command, &reply);
    redis_command_end(&command);
    const bool is_told = redis_decide_is_answer(reply, count);
    if (is_told)
        redis_decide_take(redis, charges, count, reply);
    redis_call_drop(call);
    return is_told;
}
