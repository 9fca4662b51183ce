#include "store/window.h"

#include <string.h>

/* ---- refill -------------------------------------------------------------------------------------------- */

/* What one costs in time. Rounded up once, here, so that `burst` times one is exactly what fits; nanoseconds,
 * so that a limit of some million kB an hour is still met within a thousandth. */
static int64_t interval_ns(const struct window *window)
{
    int64_t limit = (int64_t)window->limit;
    return (window->period_us * 1000 + limit - 1) / limit;
}

/* What `amount` costs, or frees where it is negative; what is beyond ten years is ten years. */
static int64_t cost_ns(const struct window *window, int64_t amount)
{
    static const int64_t TEN_YEARS_NS = 10LL * 366 * 86400 * 1000000000;
    int64_t cost = 0;
    bool is_huge = __builtin_mul_overflow(amount, interval_ns(window), &cost);
    if (is_huge || cost > TEN_YEARS_NS || cost < -TEN_YEARS_NS)
        return amount < 0 ? -TEN_YEARS_NS : TEN_YEARS_NS;
    return cost;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static uint64_t refill_used(const struct window *window, const struct window_state *state, int64_t now_us)
{
    int64_t owed_ns = later(state->stamp - now_us * 1000, 0);
    int64_t one_ns = interval_ns(window);
    return (uint64_t)((owed_ns + one_ns - 1) / one_ns);
}

/* When `amount` fits, and so what is reserved with it. */
static int64_t refill_ready_us(const struct window *window, const struct window_state *state, int64_t now_us,
                               uint64_t amount)
{
    int64_t more = (int64_t)(amount + state->reserved) - (int64_t)window->burst;
    int64_t ready_ns = later(state->stamp, now_us * 1000) + cost_ns(window, more);
    return later((ready_ns + 999) / 1000, now_us);
}

/* What is only watched may go over the limit; it owes two buckets at most, so that it clears in finite time.
 */
static void refill_charge(const struct window *window, struct window_state *state, int64_t now_us,
                          uint64_t amount)
{
    int64_t now_ns = now_us * 1000;
    int64_t most_ns = now_ns + cost_ns(window, 2 * (int64_t)window->burst);
    int64_t stamp_ns = later(state->stamp, now_ns) + cost_ns(window, (int64_t)amount);
    state->stamp = stamp_ns < most_ns ? stamp_ns : most_ns;
    state->empty_at_us = (state->stamp + 999) / 1000;
}

/* ---- sliding ------------------------------------------------------------------------------------------- */

static int64_t step_us(const struct window *window)
{
    int64_t step = (window->period_us + WINDOW_SLOTS - 2) / (WINDOW_SLOTS - 1);
    return step > 0 ? step : 1;
}

static int64_t step_of(const struct window *window, int64_t now_us)
{
    return now_us / step_us(window);
}

/* The count of step `number`, 0 where it has lapsed at step `current`. */
static uint64_t used_in_step(const struct window_state *state, int64_t number, int64_t current)
{
    bool is_kept = number <= state->stamp && number > state->stamp - WINDOW_SLOTS;
    bool has_lapsed = number <= current - WINDOW_SLOTS;
    return is_kept && !has_lapsed && number >= 0 ? state->used[number % WINDOW_SLOTS] : 0;
}

/* All that is kept, less what has lapsed since the newest step. */
static uint64_t sliding_used(const struct window *window, const struct window_state *state, int64_t now_us)
{
    const int64_t lapsed = step_of(window, now_us) - state->stamp;
    uint64_t used = 0;
    if (lapsed >= WINDOW_SLOTS)
        return 0;
    for (size_t i = 0; i < WINDOW_SLOTS; i++)
        used += state->used[i];
    for (int64_t number = state->stamp + 1; number <= state->stamp + lapsed; number++)
        used -= state->used[number % WINDOW_SLOTS]; /* the place of the one that lapsed as `number` began */
    return used;
}

/* Steps lapse one by one, the oldest first. */
static int64_t sliding_ready_us(const struct window *window, const struct window_state *state, int64_t now_us,
                                uint64_t amount)
{
    int64_t current = step_of(window, now_us);
    uint64_t wanted = sliding_used(window, state, now_us) + state->reserved + amount;
    for (int64_t number = current - WINDOW_SLOTS + 1; wanted > window->limit && number <= current; number++) {
        uint64_t lapsing = used_in_step(state, number, current);
        wanted -= lapsing;
        if (lapsing > 0 && wanted <= window->limit)
            return (number + WINDOW_SLOTS) * step_us(window);
    }
    return now_us;
}

/* Makes step `current` the newest; those between it and the former newest were empty. */
static void sliding_advance(struct window_state *state, int64_t current)
{
    if (current - state->stamp >= WINDOW_SLOTS) {
        memset(state->used, 0, sizeof state->used);
    } else {
        for (int64_t number = state->stamp + 1; number <= current; number++)
            state->used[number % WINDOW_SLOTS] = 0;
    }
    if (current > state->stamp)
        state->stamp = current;
}

/* ---- all three ----------------------------------------------------------------------------------------- */

static uint64_t capacity(const struct window *window)
{
    return window->kind == WINDOW_REFILL ? window->burst : window->limit;
}

static uint64_t charged(const struct window *window, const struct window_state *state, int64_t now_us)
{
    switch (window->kind) {
    case WINDOW_REFILL:
        return refill_used(window, state, now_us);
    case WINDOW_SLIDING:
        return sliding_used(window, state, now_us);
    case WINDOW_CALENDAR:
        break;
    }
    return state->stamp == window->starts_us ? state->used[0] : 0;
}

static int64_t ready_us(const struct window *window, const struct window_state *state, int64_t now_us,
                        uint64_t amount)
{
    if (amount > capacity(window))
        return INT64_MAX;
    switch (window->kind) {
    case WINDOW_REFILL:
        return refill_ready_us(window, state, now_us, amount);
    case WINDOW_SLIDING:
        return sliding_ready_us(window, state, now_us, amount);
    case WINDOW_CALENDAR:
        break;
    }
    return window->ends_us;
}

uint64_t window_used(const struct window *window, const struct window_state *state, int64_t now_us)
{
    return charged(window, state, now_us) + state->reserved;
}

/* `used`: as window_used() says. */
static bool fits(const struct window *window, const struct window_state *state, int64_t now_us,
                 uint64_t amount, uint64_t used)
{
    /* For a bucket the time decides: counts are rounded up, and would turn the last one away. */
    if (window->kind == WINDOW_REFILL)
        return amount + state->reserved <= window->burst &&
               refill_ready_us(window, state, now_us, amount) <= now_us;
    return used + amount <= window->limit;
}

struct window_level window_look(const struct window *window, const struct window_state *state, int64_t now_us,
                                uint64_t amount)
{
    struct window_level level = {.limit = capacity(window), .clears_us = now_us};
    level.used = window_used(window, state, now_us);
    level.remaining = level.used >= level.limit ? 0 : level.limit - level.used;
    level.fits = fits(window, state, now_us, amount, level.used);
    if (!level.fits)
        level.clears_us = ready_us(window, state, now_us, amount);
    level.reset_us = state->empty_at_us > now_us && level.used > 0 ? state->empty_at_us : now_us;
    return level;
}

static uint32_t add_capped(uint32_t count, uint64_t amount)
{
    return amount > UINT32_MAX - count ? UINT32_MAX : count + (uint32_t)amount;
}

void window_charge(const struct window *window, struct window_state *state, int64_t now_us, uint64_t amount)
{
    switch (window->kind) {
    case WINDOW_REFILL:
        refill_charge(window, state, now_us, amount);
        return;
    case WINDOW_SLIDING:
        sliding_advance(state, step_of(window, now_us));
        uint32_t *step = &state->used[state->stamp % WINDOW_SLOTS];
        *step = add_capped(*step, amount);
        state->empty_at_us = (state->stamp + WINDOW_SLOTS) * step_us(window);
        return;
    case WINDOW_CALENDAR:
        if (state->stamp != window->starts_us)
            state->used[0] = 0;
        state->stamp = window->starts_us;
        state->used[0] = add_capped(state->used[0], amount);
        state->empty_at_us = window->ends_us;
        return;
    }
}

bool window_is_empty(const struct window_state *state, int64_t now_us)
{
    return state->reserved == 0 && state->empty_at_us <= now_us;
}
