/* What was charged while the server was away, for when it is back: each once, by its number. */
#include "store/store_redis.h"

#include "base/counter.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

COUNTER(sent_late, "store_charges_late", "store_charges_late_total", "",
        "Charges that were made while the store was away, and reached it later.");
COUNTER(never_sent, "store_charges_lost", "store_charges_lost_total", "",
        "Charges that were made while the store was away, and for which there was no room.");

enum {
    UNSENT_MAX = 50000, /* counters, or settlements that were not answered */
    BATCH = 64,         /* asked one after the other in one go */
};

/* One settlement, under an owner's number once it was sent: the server charges each number once. */
struct redis_unsent {
    struct redis_unsent *next;
    char owner[REDIS_OWNER_BYTES]; /* "": never sent */
    bool is_release;               /* nothing is charged: what the owner reserved is given back */
    size_t count;
    struct store_charge charges[]; /* texts are talloc children of it */
};

void redis_owner_make(struct store_redis *redis, char owner[REDIS_OWNER_BYTES])
{
    snprintf(owner, REDIS_OWNER_BYTES, "%s:%" PRIu64, redis->name,
             (uint64_t)atomic_fetch_add(&redis->next_owner, 1));
}

static bool copy_slice(void *owner, struct slice *text)
{
    char *copy = talloc_strndup(owner, text->data, text->length);
    text->data = copy;
    return copy != NULL;
}

static struct redis_unsent *unsent_create(const char *owner, const struct store_charge *charges, size_t count)
{
    struct redis_unsent *unsent = talloc_zero_size(NULL, sizeof *unsent + count * sizeof unsent->charges[0]);
    if (unsent == NULL)
        return NULL;
    snprintf(unsent->owner, sizeof unsent->owner, "%s", owner == NULL ? "" : owner);
    unsent->count = count;
    bool is_whole = true;
    for (size_t i = 0; i < count; i++) {
        unsent->charges[i] = charges[i];
        is_whole = is_whole && copy_slice(unsent, &unsent->charges[i].limit) &&
                   copy_slice(unsent, &unsent->charges[i].key);
    }
    if (!is_whole)
        TALLOC_FREE(unsent);
    return unsent;
}

/* ---- keeping ---------------------------------------------------------------------------------------- */

static bool is_same_counter(const struct store_charge *a, const struct store_charge *b)
{
    return slice_equal(a->key, b->key) && slice_equal(a->limit, b->limit) &&
           a->window.starts_us == b->window.starts_us;
}

/* Added to what was never sent of the same counter; false: there is none. The newest are looked at only: who
 * sends much is among them. */
static bool add_to_former_locked(struct store_redis *redis, const struct store_charge *charge)
{
    enum { LOOKED_AT = 64 };
    struct redis_unsent *unsent = redis->unsent;
    for (int i = 0; unsent != NULL && i < LOOKED_AT; i++, unsent = unsent->next) {
        if (unsent->owner[0] != '\0' || !is_same_counter(&unsent->charges[0], charge))
            continue;
        unsent->charges[0].amount += charge->amount;
        return true;
    }
    return false;
}

static void keep_locked(struct store_redis *redis, const char *owner, const struct store_charge *charges,
                        size_t count)
{
    struct redis_unsent *unsent =
        redis->unsent_count < UNSENT_MAX ? unsent_create(owner, charges, count) : NULL;
    if (unsent == NULL) {
        counter_add(&never_sent, count);
        return;
    }
    unsent->next = redis->unsent;
    redis->unsent = unsent;
    redis->unsent_count++;
}

void redis_unsent_keep(struct store_redis *redis, const char *owner, const struct store_charge *charges,
                       size_t count)
{
    pthread_mutex_lock(&redis->lock);
    if (owner != NULL)
        keep_locked(redis, owner, charges, count);
    for (size_t i = 0; owner == NULL && i < count; i++)
        if (!add_to_former_locked(redis, &charges[i]))
            keep_locked(redis, NULL, &charges[i], 1);
    pthread_mutex_unlock(&redis->lock);
}

void redis_unsent_keep_release(struct store_redis *redis, const char *owner, struct slice counter)
{
    /* Its window is of no account. */
    struct store_charge charge = {.window = {.limit = 1, .burst = 1, .period_us = 1}};
    if (!redis_counter_split(counter, &charge.limit, &charge.key))
        return;
    pthread_mutex_lock(&redis->lock);
    struct redis_unsent *former = redis->unsent;
    keep_locked(redis, owner, &charge, 1);
    if (redis->unsent != former)
        redis->unsent->is_release = true;
    pthread_mutex_unlock(&redis->lock);
}

/* ---- sending ---------------------------------------------------------------------------------------- */

static struct redis_unsent *take_some(struct store_redis *redis)
{
    pthread_mutex_lock(&redis->lock);
    struct redis_unsent *first = redis->unsent, *last = first;
    for (int i = 1; last != NULL && last->next != NULL && i < BATCH; i++)
        last = last->next;
    if (last != NULL) {
        redis->unsent = last->next;
        last->next = NULL;
    }
    for (struct redis_unsent *unsent = first; unsent != NULL; unsent = unsent->next)
        redis->unsent_count--;
    pthread_mutex_unlock(&redis->lock);
    return first;
}

static void put_back(struct store_redis *redis, struct redis_unsent *unsent)
{
    pthread_mutex_lock(&redis->lock);
    unsent->next = redis->unsent;
    redis->unsent = unsent;
    redis->unsent_count++;
    pthread_mutex_unlock(&redis->lock);
}

static bool send_one(struct store_redis *redis, struct redis_unsent *unsent)
{
    if (unsent->owner[0] == '\0')
        redis_owner_make(redis, unsent->owner);
    struct redis_decision decision = {.operation = unsent->is_release ? "release" : "settle",
                                      .owner = unsent->owner,
                                      .charges = unsent->charges,
                                      .count = unsent->count,
                                      .tells = true};
    redis_decide(redis, &decision);
    return decision.is_answered;
}

/* True: all were sent. */
static bool send_some(struct store_redis *redis, struct redis_unsent *first)
{
    bool is_there = true;
    for (struct redis_unsent *unsent = first, *next; unsent != NULL; unsent = next) {
        next = unsent->next;
        is_there = is_there && send_one(redis, unsent);
        if (is_there) {
            counter_add(&sent_late, unsent->is_release ? 0 : unsent->count);
            talloc_free(unsent);
        } else {
            put_back(redis, unsent);
        }
    }
    return is_there;
}

bool redis_unsent_send(struct store_redis *redis)
{
    struct redis_unsent *some;
    while (redis_connection_is_there(redis->connection)) {
        some = take_some(redis);
        if (some == NULL)
            return true;
        if (!send_some(redis, some))
            break;
    }
    return false;
}

bool redis_unsent_is_any(struct store_redis *redis)
{
    pthread_mutex_lock(&redis->lock);
    const bool is_any = redis->unsent_count > 0;
    pthread_mutex_unlock(&redis->lock);
    return is_any;
}

void redis_unsent_free(struct store_redis *redis)
{
    struct redis_unsent *next;
    for (struct redis_unsent *unsent = redis->unsent; unsent != NULL; unsent = next) {
        next = unsent->next;
        talloc_free(unsent);
    }
    redis->unsent = NULL;
}
