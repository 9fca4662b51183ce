/* The days and months in which calendar limits count. */
#include "check/rates/rates.h"

#include <time.h>

static const int64_t US_PER_SECOND = 1000000;

/* Midnight by the clock on the wall: a day of a change of clocks has 23 or 25 hours. */
static int64_t midnight_us(struct tm day)
{
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    return (int64_t)mktime(&day) * US_PER_SECOND;
}

/* The day or month that `now` lies in, in seconds. */
static void work_out_window(enum rate_calendar calendar, time_t now, struct window *window)
{
    struct tm day;
    localtime_r(&now, &day);
    if (calendar == RATE_MONTH)
        day.tm_mday = 1;
    window->starts_us = midnight_us(day);
    if (calendar == RATE_MONTH)
        day.tm_mon++;
    else
        day.tm_mday++;
    window->ends_us = midnight_us(day);
}

/* A window in one word, so that any thread may read and write it: its length in the low bits, in seconds. */
enum { LENGTH_BITS = 22 };

static bool recall_window(const struct rate_limit *limit, int64_t now_us, struct window *window)
{
    const uint64_t word = limit->last_window == NULL ? 0 : atomic_load(limit->last_window);
    window->starts_us = (int64_t)(word >> LENGTH_BITS) * US_PER_SECOND;
    window->ends_us = window->starts_us + (int64_t)(word & ((1U << LENGTH_BITS) - 1)) * US_PER_SECOND;
    return now_us >= window->starts_us && now_us < window->ends_us;
}

static void remember_window(const struct rate_limit *limit, const struct window *window)
{
    const uint64_t length = (uint64_t)((window->ends_us - window->starts_us) / US_PER_SECOND);
    if (limit->last_window != NULL && window->starts_us > 0)
        atomic_store(limit->last_window,
                     (uint64_t)(window->starts_us / US_PER_SECOND) << LENGTH_BITS | length);
}

struct window rate_window(const struct rate_limit *limit, int64_t now_us)
{
    struct window window = {
        .kind = limit->kind, .limit = limit->limit, .burst = limit->burst, .period_us = limit->period_us};
    if (limit->calendar == RATE_SPAN || recall_window(limit, now_us, &window))
        return window;
    work_out_window(limit->calendar, (time_t)(now_us / US_PER_SECOND), &window);
    remember_window(limit, &window);
    return window;
}
