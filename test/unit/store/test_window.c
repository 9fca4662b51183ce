/* One limit for one key: what fits, what is left, when it clears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "store/window.h"

enum { SECOND_US = 1000000 };
static const int64_t HOUR_US = 3600LL * SECOND_US;
static const int64_t NOW_US = 1764460800LL * SECOND_US;

static struct window refill(uint64_t limit, uint64_t burst, int64_t period_us)
{
    return (struct window){.kind = WINDOW_REFILL, .limit = limit, .burst = burst, .period_us = period_us};
}

static struct window sliding(uint64_t limit, int64_t period_us)
{
    return (struct window){.kind = WINDOW_SLIDING, .limit = limit, .period_us = period_us};
}

static struct window calendar(uint64_t limit, int64_t starts_us, int64_t ends_us)
{
    return (struct window){
        .kind = WINDOW_CALENDAR, .limit = limit, .starts_us = starts_us, .ends_us = ends_us};
}

/* Charges one at a time as long as it fits. */
static unsigned fill(const struct window *window, struct window_state *state, int64_t now_us)
{
    unsigned count = 0;
    while (count < 100000 && window_look(window, state, now_us, 1).fits) {
        window_charge(window, state, now_us, 1);
        count++;
    }
    return count;
}

static void every_limit_passes_exactly_its_number(void **unused)
{
    (void)unused;
    for (uint64_t limit = 1; limit < 500; limit += 7) {
        struct window windows[] = {refill(limit, limit, HOUR_US), sliding(limit, HOUR_US),
                                   calendar(limit, NOW_US - 5, NOW_US + HOUR_US)};
        for (size_t i = 0; i < 3; i++) {
            struct window_state state = {0};
            assert_int_equal(fill(&windows[i], &state, NOW_US), limit);
            struct window_level level = window_look(&windows[i], &state, NOW_US, 1);
            assert_int_equal(level.used, limit);
            assert_int_equal(level.remaining, 0);
            assert_true(level.clears_us > NOW_US);
            assert_true(window_look(&windows[i], &(struct window_state){0}, NOW_US, limit).fits);
            assert_false(window_look(&windows[i], &(struct window_state){0}, NOW_US, limit + 1).fits);
        }
    }
}

static void a_bucket_refills_one_by_one(void **unused)
{
    (void)unused;
    struct window window = refill(500, 500, HOUR_US);
    struct window_state state = {0};
    fill(&window, &state, NOW_US);
    int64_t one_us = HOUR_US / 500; /* 7.2 s */
    assert_int_equal(window_look(&window, &state, NOW_US, 1).clears_us, NOW_US + one_us);
    assert_false(window_look(&window, &state, NOW_US + one_us - 1, 1).fits);
    assert_int_equal(fill(&window, &state, NOW_US + one_us), 1);
    assert_int_equal(fill(&window, &state, NOW_US + 11 * one_us), 10);
    assert_int_equal(window_look(&window, &state, NOW_US + 11 * one_us, 1).reset_us,
                     NOW_US + 11 * one_us + HOUR_US);
    assert_true(window_is_empty(&state, NOW_US + 12 * HOUR_US));
}

/* What is printed of a limit: at most burst + limit - 1 in any period. */
static void a_bucket_passes_less_than_twice_its_limit_in_a_period(void **unused)
{
    (void)unused;
    struct window window = refill(60, 60, HOUR_US);
    struct window_state state = {0};
    unsigned passed = 0;
    for (int64_t now_us = NOW_US; now_us < NOW_US + HOUR_US; now_us += SECOND_US)
        passed += fill(&window, &state, now_us);
    assert_int_equal(passed, 60 + 59);
}

static void a_sliding_window_never_passes_more_in_any_period(void **unused)
{
    (void)unused;
    enum { EVENTS_MAX = 20000 };
    struct window window = sliding(100, HOUR_US);
    struct window_state state = {0};
    static int64_t passed_us[EVENTS_MAX];
    size_t count = 0;
    srandom(20261130);
    for (int64_t now_us = NOW_US; count < EVENTS_MAX && now_us < NOW_US + 40 * HOUR_US;
         now_us += random() % (90LL * SECOND_US))
        if (window_look(&window, &state, now_us, 1).fits) {
            window_charge(&window, &state, now_us, 1);
            passed_us[count++] = now_us;
        }
    assert_true(count > 3000); /* it does not stick: at least nine in ten of what an hour allows */
    for (size_t i = 100; i < count; i++)
        assert_true(passed_us[i] - passed_us[i - 100] > HOUR_US);
}

static void a_sliding_window_tells_when_it_clears(void **unused)
{
    (void)unused;
    struct window window = sliding(10, HOUR_US);
    struct window_state state = {0};
    window_charge(&window, &state, NOW_US, 6);
    window_charge(&window, &state, NOW_US + HOUR_US / 2, 4);
    int64_t now_us = NOW_US + HOUR_US / 2 + 1;
    int64_t clears_us = window_look(&window, &state, now_us, 1).clears_us;
    assert_true(clears_us > NOW_US + HOUR_US && clears_us <= NOW_US + HOUR_US + HOUR_US / 12);
    assert_false(window_look(&window, &state, clears_us - 1, 1).fits);
    assert_true(window_look(&window, &state, clears_us, 6).fits);
    assert_false(window_look(&window, &state, clears_us, 7).fits);
    int64_t all_us = window_look(&window, &state, now_us, 10).clears_us;
    assert_true(window_look(&window, &state, all_us, 10).fits);
    assert_false(window_look(&window, &state, all_us - 1, 10).fits);
}

static void a_calendar_window_begins_anew(void **unused)
{
    (void)unused;
    struct window today = calendar(5, NOW_US, NOW_US + HOUR_US);
    struct window tomorrow = calendar(5, NOW_US + HOUR_US, NOW_US + 2 * HOUR_US);
    struct window_state state = {0};
    assert_int_equal(fill(&today, &state, NOW_US + 1), 5);
    assert_int_equal(window_look(&today, &state, NOW_US + 1, 1).clears_us, NOW_US + HOUR_US);
    assert_false(window_is_empty(&state, NOW_US + HOUR_US - 1));
    assert_true(window_is_empty(&state, NOW_US + HOUR_US));
    assert_int_equal(fill(&tomorrow, &state, NOW_US + HOUR_US), 5);
}

static void what_is_reserved_counts_and_comes_back_whole(void **unused)
{
    (void)unused;
    struct window windows[] = {refill(10, 10, HOUR_US), sliding(10, HOUR_US),
                               calendar(10, NOW_US, NOW_US + HOUR_US)};
    for (size_t i = 0; i < 3; i++) {
        struct window_state state = {0};
        window_charge(&windows[i], &state, NOW_US, 4);
        state.reserved = 6;
        assert_false(window_look(&windows[i], &state, NOW_US, 1).fits);
        assert_int_equal(window_look(&windows[i], &state, NOW_US, 1).used, 10);
        assert_false(window_is_empty(&state, NOW_US + 100 * HOUR_US));
        struct window_state before = state;
        state.reserved -= 6;
        assert_true(window_look(&windows[i], &state, NOW_US, 6).fits);
        assert_false(window_look(&windows[i], &state, NOW_US, 7).fits);
        assert_int_equal(before.stamp, state.stamp);
    }
}

static void more_than_all_of_it_never_fits(void **unused)
{
    (void)unused;
    struct window window = refill(10, 5, HOUR_US);
    struct window_state state = {0};
    assert_int_equal(window_look(&window, &state, NOW_US, 6).clears_us, INT64_MAX);
}

static void large_amounts_do_not_wrap(void **unused)
{
    (void)unused;
    struct window windows[] = {refill(UINT32_MAX, UINT32_MAX, HOUR_US), sliding(UINT32_MAX, HOUR_US)};
    for (size_t i = 0; i < 2; i++) {
        struct window_state state = {0};
        window_charge(&windows[i], &state, NOW_US, UINT32_MAX);
        window_charge(&windows[i], &state, NOW_US, UINT32_MAX);
        assert_false(window_look(&windows[i], &state, NOW_US, 1).fits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_limit_passes_exactly_its_number),
        cmocka_unit_test(a_bucket_refills_one_by_one),
        cmocka_unit_test(a_bucket_passes_less_than_twice_its_limit_in_a_period),
        cmocka_unit_test(a_sliding_window_never_passes_more_in_any_period),
        cmocka_unit_test(a_sliding_window_tells_when_it_clears),
        cmocka_unit_test(a_calendar_window_begins_anew),
        cmocka_unit_test(what_is_reserved_counts_and_comes_back_whole),
        cmocka_unit_test(more_than_all_of_it_never_fits),
        cmocka_unit_test(large_amounts_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
