/* Periods are what admins call them, in local time, and the one before is as long or the unit before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history/period.h"

#include <stdlib.h>
#include <time.h>

/* 2026-11-30 08:00 in Berlin */
static const int64_t now_us = INT64_C(1796022000) * 1000000;

static int64_t local_us(const char *text)
{
    struct tm local = {.tm_isdst = -1};
    assert_non_null(strptime(text, "%Y-%m-%d %H:%M", &local));
    return (int64_t)mktime(&local) * 1000000;
}

static void assert_period(const char *since, const char *until, const char *before, const char *from,
                          const char *to)
{
    struct history_period period;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    assert_true(history_period_read(since, until, now_us, &period, &problem));
    assert_true(period.before_us == local_us(before));
    assert_true(period.since_us == local_us(from));
    assert_true(period.until_us == local_us(to));
    strbuf_deinit(&problem);
}

static void words_name_whole_units(void **state)
{
    (void)state;
    assert_period("yesterday", NULL, "2026-11-28 00:00", "2026-11-29 00:00", "2026-11-30 00:00");
    assert_period("last-week", NULL, "2026-11-16 00:00", "2026-11-23 00:00", "2026-11-30 00:00");
    assert_period("last-month", NULL, "2026-09-01 00:00", "2026-10-01 00:00", "2026-11-01 00:00");
    assert_period("last-year", NULL, "2024-01-01 00:00", "2025-01-01 00:00", "2026-01-01 00:00");
    assert_period("2026-11-29", NULL, "2026-11-27 16:00", "2026-11-29 00:00", "2026-11-30 08:00");
}

static void what_is_not_over_ends_now(void **state)
{
    (void)state;
    assert_period("today", NULL, "2026-11-29 16:00", "2026-11-30 00:00", "2026-11-30 08:00");
    assert_period("7d", NULL, "2026-11-16 08:00", "2026-11-23 08:00", "2026-11-30 08:00");
    assert_period("2026-11-30T06:00", NULL, "2026-11-30 04:00", "2026-11-30 06:00", "2026-11-30 08:00");
}

static void both_ends_may_be_given(void **state)
{
    (void)state;
    assert_period("2026-11-01", "2026-11-11", "2026-10-22 01:00" /* the same time, over the end of summer */,
                  "2026-11-01 00:00", "2026-11-11 00:00");
    assert_period("2026-11-30T05:00:00Z", "now", "2026-11-30 04:00", "2026-11-30 06:00", "2026-11-30 08:00");
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"soon", NULL}, {"7", NULL},          {"7y", NULL},
                                           {"", NULL},     {"2026-13-01", NULL}, {"1d", "2d"},
                                           {"now", NULL},  {"7d", "never"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct history_period period;
        struct strbuf problem;
        strbuf_init(&problem, 0);
        assert_false(history_period_read(cases[i][0], cases[i][1], now_us, &period, &problem));
        assert_true(problem.length > 0);
        strbuf_deinit(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_name_whole_units),
        cmocka_unit_test(what_is_not_over_ends_now),
        cmocka_unit_test(both_ends_may_be_given),
        cmocka_unit_test(nonsense_is_refused),
    };
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
