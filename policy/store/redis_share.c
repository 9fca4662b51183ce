/* What is remembered of counters, and the decision by a share while the server is away. */
#include "store/store_redis.h"

#include "base/counter.h"
#include "base/siphash.h"

COUNTER(share_decisions, "store_share_decisions", "store_share_decisions_total", "",
        "Decisions on limits that were made by this server's share, while the store was away.");

enum { US_PER_MS = 1000 };

/* ---- what is remembered ----------------------------------------------------------------------------- */

static uint64_t hash_of(const struct store_redis *redis, struct slice limit, struct slice key)
{
    const uint64_t seed[2] = {redis->seed[0] ^ siphash(redis->seed, limit), redis->seed[1]};
    const uint64_t hash = siphash(seed, key);
    return hash == 0 ? 1 : hash;
}

static struct redis_remembered *place_of(struct store_redis *redis, uint64_t hash)
{
    return &redis->remembered[hash & (REDIS_REMEMBERED - 1)];
}

struct redis_remembered redis_recall(struct store_redis *redis, const struct store_charge *charge)
{
    const uint64_t hash = hash_of(redis, charge->limit, charge->key);
    pthread_mutex_lock(&redis->lock);
    struct redis_remembered known = *place_of(redis, hash);
    pthread_mutex_unlock(&redis->lock);
    return known.hash == hash ? known : (struct redis_remembered){0};
}

void redis_remember(struct store_redis *redis, const struct store_charge *charge,
                    const struct redis_remembered *seen)
{
    struct redis_remembered fresh = *seen;
    const bool is_over = charge->is_exceeded && !charge->is_watched && charge->amount == 1;
    fresh.hash = hash_of(redis, charge->limit, charge->key);
    fresh.used = charge->level.used;
    fresh.lapses_us = charge->level.reset_us;
    fresh.exceeded_until_us = is_over ? charge->level.clears_us : 0;
    pthread_mutex_lock(&redis->lock);
    struct redis_remembered *known = place_of(redis, fresh.hash);
    /* Threads come here in any order: an answer that is older than another tells nothing new. */
    const bool is_late =
        known->hash == fresh.hash && known->memory == fresh.memory && known->seen_us > fresh.seen_us;
    /* A share is made of what was known before: a store that has forgotten does not know what is under way.
     */
    if (atomic_load(&redis->is_by_share) && known->hash == fresh.hash && known->used > fresh.used)
        fresh.used = known->used;
    if (!is_late)
        *known = fresh;
    pthread_mutex_unlock(&redis->lock);
}

void redis_remember_moved(struct store_redis *redis, struct slice limit, struct slice key,
                          const struct redis_remembered *moved)
{
    const bool is_reset = moved->used == 0;
    struct redis_remembered fresh = *moved;
    fresh.hash = hash_of(redis, limit, key);
    fresh.memory = atomic_load(&redis->memory);
    pthread_mutex_lock(&redis->lock);
    struct redis_remembered *known = place_of(redis, fresh.hash);
    const bool is_known = known->hash == fresh.hash;
    if (is_known && !is_reset)
        fresh.exceeded_until_us = known->exceeded_until_us;
    const bool is_newer = known->seen_us / US_PER_MS <= fresh.seen_us / US_PER_MS;
    /* A store that has lost its memory is still to be told: what others have told it is not what is known
     * here. */
    const bool is_to_be_told =
        known->memory != fresh.memory && known->charged > 0 && known->lapses_us > fresh.seen_us && !is_reset;
    if (!is_known || (is_newer && !is_to_be_told))
        *known = fresh;
    else if (is_newer && known->used < fresh.used)
        known->used = fresh.used;
    pthread_mutex_unlock(&redis->lock);
}

void redis_forget_remembered(struct store_redis *redis)
{
    pthread_mutex_lock(&redis->lock);
    memset(redis->remembered, 0, REDIS_REMEMBERED * sizeof *redis->remembered);
    pthread_mutex_unlock(&redis->lock);
}

/* ---- shares ----------------------------------------------------------------------------------------- */

static uint64_t at_least_one(uint64_t number)
{
    return number > 0 ? number : 1;
}

/* This daemon's share of a limit: of what was left when it was last seen, else of all of it. False: nothing
 * is left. */
static bool take_share(struct store_redis *redis, struct store_charge *charge)
{
    const uint64_t servers = atomic_load(&redis->servers);
    const struct redis_remembered known = redis_recall(redis, charge);
    struct window *window = &charge->window;
    const int64_t now_us = redis_now_us(&redis->base);
    const int64_t lasts_us = window->kind == WINDOW_CALENDAR ? window->ends_us - now_us : window->period_us;
    const uint64_t all = window->kind == WINDOW_REFILL ? window->burst : window->limit;
    window->limit = at_least_one(window->limit / servers);
    window->burst = at_least_one(window->burst / servers);
    if (known.hash == 0 || now_us - known.seen_us >= lasts_us)
        return true;
    /* What was under way at each of the others when the server went away is not known of: as much as here. */
    const uint64_t under_way = at_least_one(atomic_load(&redis->under_way));
    const uint64_t used = known.used + (servers - 1) * under_way;
    const uint64_t left = (used < all ? all - used : 0) / servers;
    if (window->kind == WINDOW_REFILL)
        window->burst = at_least_one(left);
    else
        window->limit = at_least_one(left);
    return left > 0;
}

static bool make_shares(struct store_redis *redis, const struct store_charge *charges, size_t count,
                        struct store_charge *shares)
{
    bool has_all = true;
    for (size_t i = 0; i < count; i++) {
        shares[i] = charges[i];
        shares[i].warn_at = 0;
        const bool is_left = take_share(redis, &shares[i]);
        shares[i].is_exceeded = !is_left;
        has_all = has_all && (is_left || shares[i].is_watched);
    }
    return has_all;
}

enum store_answer redis_reserve_share(struct store_redis *redis, struct redis_hold *hold,
                                      struct store_charge *charges, size_t count)
{
    struct store_charge shares[STORE_CHARGES_MAX];
    enum store_answer answer = STORE_UNKNOWN;
    if (hold->local == NULL)
        hold->local = store_hold_create(redis->local, hold, hold->base.charges_max, 0);
    if (hold->local == NULL)
        return STORE_UNKNOWN;
    bool is_left[STORE_CHARGES_MAX];
    const bool has_all = make_shares(redis, charges, count, shares);
    for (size_t i = 0; i < count; i++)
        is_left[i] = !shares[i].is_exceeded;
    if (has_all)
        answer = store_reserve(hold->local, shares, count, NULL);
    else if (store_look(redis->local, shares, count))
        answer = STORE_EXCEEDED;
    for (size_t i = 0; i < count; i++) {
        charges[i].level = shares[i].level;
        charges[i].is_exceeded = shares[i].is_exceeded || !is_left[i];
        charges[i].is_share = true;
    }
    counter_add(&share_decisions, 1);
    return answer;
}

void redis_settle_share(struct store_redis *redis, struct redis_hold *hold,
                        const struct store_charge *charges, size_t count)
{
    struct store_charge shares[STORE_CHARGES_MAX];
    make_shares(redis, charges, count, shares);
    store_settle(hold->local, shares, count, NULL);
}
