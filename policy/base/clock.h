/*
 * Time as an argument.
 *
 * Everything that decides by time takes it from a struct clock, so that tests can turn the hands. The
 * monotonic reading is for waits, budgets and expiry; the wall clock only for records and logs.
 */
#ifndef CLOSEDRELAY_BASE_CLOCK_H
#define CLOSEDRELAY_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

struct clock {
    uint64_t (*monotonic_us)(void *context); /* since an arbitrary start; never goes back */
    int64_t (*wall_us)(void *context);       /* since 1970-01-01T00:00:00Z */
    void *context;
};

static inline uint64_t clock_system_monotonic_us(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static inline int64_t clock_system_wall_us(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + (int64_t)now.tv_nsec / 1000;
}

/* The machine's monotonic clock, for what has no other. */
static inline uint64_t clock_now_ms(void)
{
    return clock_system_monotonic_us(NULL) / 1000U;
}

/* The machine's own clocks. */
static inline struct clock clock_system(void)
{
    return (struct clock){clock_system_monotonic_us, clock_system_wall_us, NULL};
}

static inline uint64_t clock_monotonic_us(const struct clock *clock)
{
    return clock->monotonic_us(clock->context);
}

static inline uint64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_us(clock->context) / 1000U;
}

static inline int64_t clock_wall_us(const struct clock *clock)
{
    return clock->wall_us(clock->context);
}

#endif
