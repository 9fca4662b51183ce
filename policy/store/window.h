/*
 * The arithmetic of one limit for one key: how much was used, what still fits, and when more will.
 *
 * Three kinds, since people mean three things by "500 an hour":
 *   refill    a bucket of `burst` that fills at limit / period (GCRA, one time of arrival as its whole
 * state): `burst` at once, then one every period / limit; so within one period burst + limit - 1 can pass
 *   sliding   at most `limit` in any period, wherever it begins; forgets in steps of a twelfth of it
 *   calendar  at most `limit` between two fixed moments, such as midnights; the caller says which
 *
 * What is reserved counts as used until it is settled or given back, and is kept apart from what was charged:
 * giving back restores exactly what was there. Pure functions; time is an argument, in microseconds on any
 * clock that does not step (calendar: the wall clock that its moments are on).
 */
#ifndef CLOSEDRELAY_STORE_WINDOW_H
#define CLOSEDRELAY_STORE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum window_kind { WINDOW_REFILL, WINDOW_SLIDING, WINDOW_CALENDAR };

enum {
    WINDOW_SLOTS = 13, /* the twelve steps of a period, and the one under way */
};

/* Amounts are below WINDOW_AMOUNT_MAX: bytes are counted in kB. */
static const uint64_t WINDOW_AMOUNT_MAX = UINT32_MAX;

struct window {
    enum window_kind kind;
    uint64_t limit;    /* at least 1 */
    uint64_t burst;    /* refill only; at least 1 */
    int64_t period_us; /* refill and sliding; at least 1 */
    int64_t starts_us; /* calendar only: the moments that `now_us` lies between */
    int64_t ends_us;
};

/* All zero: nothing was used. */
struct window_state {
    /* refill: when the bucket will be full again (the theoretical time of arrival), in nanoseconds; sliding:
     * the number of the newest step; calendar: starts_us of the counts */
    int64_t stamp;
    int64_t empty_at_us;         /* from then on the state equals one of all zero */
    uint32_t reserved;           /* not charged yet */
    uint32_t used[WINDOW_SLOTS]; /* sliding: by step, the newest at stamp % WINDOW_SLOTS; calendar: [0] */
};

/* How matters stand. */
struct window_level {
    uint64_t limit; /* what may be used at once: the burst where there is one */
    uint64_t used;  /* with what is reserved; may exceed `limit` where it was lowered or only watched */
    uint64_t remaining;
    int64_t clears_us; /* when the asked amount fits; `now_us` where it does; INT64_MAX: never */
    int64_t reset_us;  /* when all of it can be used again */
    bool fits;         /* the asked amount, now */
};

/* The level at `now_us`, asked for `amount` more. */
struct window_level window_look(const struct window *window, const struct window_state *state, int64_t now_us,
                                uint64_t amount);

/* How much is used at `now_us`, with what is reserved. */
uint64_t window_used(const struct window *window, const struct window_state *state, int64_t now_us);

/* Charges `amount`, whether it fits or not: the caller has asked. */
void window_charge(const struct window *window, struct window_state *state, int64_t now_us, uint64_t amount);

/* Whether the state can be forgotten: nothing is reserved, and all that was charged has lapsed. */
bool window_is_empty(const struct window_state *state, int64_t now_us);

#endif
