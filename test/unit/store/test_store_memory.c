/* Counters in this process: reservations that never stick, limits that never leak. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <talloc.h>

#include "store/store.h"

static const int64_t HOUR_US = 3600LL * 1000000;

static uint64_t test_tick_us = 1000000;

static uint64_t test_monotonic_us(void *context)
{
    (void)context;
    return test_tick_us;
}

static int64_t test_wall_us(void *context)
{
    (void)context;
    return 1764460800LL * 1000000;
}

static struct store *make_store(size_t keys_max)
{
    const struct store_memory_options options = {
        .clock = {test_monotonic_us, test_wall_us, NULL},
        .seed = {1, 2},
        .keys_max = {keys_max, keys_max},
    };
    struct store *store = store_memory_create(&options);
    assert_non_null(store);
    return store;
}

static struct store_charge charge_of(const char *limit_name, const char *key, uint64_t limit, uint64_t amount)
{
    return (struct store_charge){
        .limit = slice_of(limit_name),
        .key = slice_of(key),
        .window = {.kind = WINDOW_REFILL, .limit = limit, .burst = limit, .period_us = HOUR_US},
        .amount = amount,
    };
}

static uint64_t used(struct store *store, const char *limit_name, const char *key)
{
    struct store_charge charge = charge_of(limit_name, key, 100, 0);
    assert_true(store_look(store, &charge, 1));
    return charge.level.used;
}

static void only_what_is_settled_is_charged(void **state)
{
    (void)state;
    struct store *store = make_store(1000);
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    struct store_charge charge = charge_of("user", "ann", 100, 30);
    assert_int_equal(store_reserve(hold, &charge, 1, NULL), STORE_FITS);
    assert_int_equal(charge.level.remaining, 100);
    assert_int_equal(used(store, "user", "ann"), 30);
    charge.amount = 27; /* three were refused by the MTA */
    store_settle(hold, &charge, 1, NULL);
    assert_int_equal(charge.level.used, 27);
    assert_int_equal(used(store, "user", "ann"), 27);
    store_release(hold);
    assert_int_equal(used(store, "user", "ann"), 27);
    talloc_free(hold);
    store_destroy(store);
}

static void an_abandoned_hold_gives_all_back(void **state)
{
    (void)state;
    struct store *store = make_store(1000);
    for (int i = 0; i < 1000; i++) {
        struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
        struct store_charge charge = charge_of("user", "ann", 100, 60);
        assert_int_equal(store_reserve(hold, &charge, 1, NULL), STORE_FITS);
        charge.amount = 40;
        assert_int_equal(store_reserve(hold, &charge, 1, NULL), STORE_FITS);
        charge.amount = 1;
        assert_int_equal(store_reserve(hold, &charge, 1, NULL), STORE_EXCEEDED);
        assert_true(charge.is_exceeded);
        talloc_free(hold);
    }
    assert_int_equal(used(store, "user", "ann"), 0);
    store_destroy(store);
}

static void what_is_forgotten_leaves_what_is_reserved(void **state)
{
    (void)state;
    struct store *store = make_store(1000);
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    struct store_charge ann = charge_of("user", "ann", 100, 30), bob = charge_of("user", "bob", 100, 20);
    store_settle(hold, &ann, 1, NULL);
    assert_int_equal(store_reserve(hold, &bob, 1, NULL), STORE_FITS);
    store_memory_forget(store);
    assert_int_equal(used(store, "user", "ann"), 0);
    assert_int_equal(used(store, "user", "bob"), 20);
    store_settle(hold, &bob, 1, NULL);
    assert_int_equal(used(store, "user", "bob"), 20);
    talloc_free(hold);
    store_destroy(store);
}

static void all_levels_are_charged_or_none(void **state)
{
    (void)state;
    struct store *store = make_store(1000);
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    struct store_charge charges[] = {charge_of("user", "ann", 100, 50),
                                     charge_of("domain", "example.com", 100, 50),
                                     charge_of("customer", "acme", 49, 50)};
    assert_int_equal(store_reserve(hold, charges, 3, NULL), STORE_EXCEEDED);
    assert_false(charges[0].is_exceeded);
    assert_true(charges[2].is_exceeded);
    assert_int_equal(used(store, "user", "ann") + used(store, "domain", "example.com"), 0);
    charges[2].is_watched = true;
    assert_int_equal(store_reserve(hold, charges, 3, NULL), STORE_FITS);
    store_settle(hold, charges, 3, NULL);
    assert_int_equal(used(store, "user", "ann"), 50);
    assert_int_equal(used(store, "domain", "example.com"), 50);
    talloc_free(hold);
    store_destroy(store);
}

static void a_warning_comes_once_a_crossing(void **state)
{
    (void)state;
    struct store *store = make_store(1000);
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    struct store_charge charge = charge_of("user", "ann", 100, 10);
    unsigned warnings = 0;
    charge.warn_at = 80;
    charge.warn_until = 60;
    for (int i = 0; i < 10; i++) {
        store_settle(hold, &charge, 1, NULL);
        warnings += charge.warns;
    }
    assert_int_equal(warnings, 1);
    test_tick_us += (uint64_t)HOUR_US / 4; /* 75 used: not far enough */
    store_settle(hold, &charge, 1, NULL);
    assert_false(charge.warns);
    test_tick_us += (uint64_t)HOUR_US / 2;
    store_settle(hold, &charge, 1, NULL);
    for (int i = 0; i < 4; i++) {
        assert_false(charge.warns);
        store_settle(hold, &charge, 1, NULL);
    }
    assert_true(charge.warns);
    talloc_free(hold);
    store_destroy(store);
}

static size_t reset(struct store *store, const char *limit, const char *key)
{
    size_t count = 0;
    assert_true(store_reset(store, slice_of(limit), slice_of(key), &count));
    return count;
}

static void reset_forgets_what_was_charged(void **state)
{
    (void)state;
    struct store *store = make_store(1000);
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    struct store_charge charges[] = {charge_of("a", "ann", 100, 50), charge_of("b", "ann", 100, 50),
                                     charge_of("a", "bob", 100, 50)};
    store_settle(hold, charges, 3, NULL);
    assert_int_equal(store_reserve(hold, charges, 1, NULL), STORE_FITS);
    assert_int_equal(reset(store, "b", "ann"), 1);
    assert_int_equal(reset(store, "", "ann"), 1);
    assert_int_equal(used(store, "a", "ann"), 50); /* still reserved */
    talloc_free(hold);
    assert_int_equal(used(store, "a", "ann"), 0);
    assert_int_equal(used(store, "a", "bob"), 50);
    store_destroy(store);
}

static void count_one(void *context, const struct store_counter *counter)
{
    (void)counter;
    ++*(size_t *)context;
}

/* Whoever invents keys pushes out keys that were used little, never one at its limit. */
static void invented_keys_set_nobody_free(void **state)
{
    (void)state;
    struct store *store = make_store(2000);
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    struct store_charge full = charge_of("user", "ann", 100, 100);
    store_settle(hold, &full, 1, NULL);
    for (int i = 0; i < 50000; i++) {
        char key[32];
        snprintf(key, sizeof key, "192.0.2.%d", i);
        struct store_charge charge = charge_of("user", key, 100, 1);
        store_settle(hold, &charge, 1, NULL);
    }
    assert_int_equal(used(store, "user", "ann"), 100);
    size_t count = 0;
    store_each(store, count_one, &count);
    assert_true(count > 1500 && count <= 2064);
    talloc_free(hold);
    store_destroy(store);
}

static void a_table_full_of_limited_keys_cannot_tell(void **state)
{
    (void)state;
    struct store *store = make_store(1);
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    size_t unknown = 0;
    for (int i = 0; i < 1000; i++) {
        char key[32];
        snprintf(key, sizeof key, "user%d", i);
        struct store_charge charge = charge_of("user", key, 1, 1);
        if (store_reserve(hold, &charge, 1, NULL) == STORE_UNKNOWN)
            unknown++;
        else
            store_settle(hold, &charge, 1, NULL);
    }
    assert_true(unknown > 900 && unknown < 1000);
    test_tick_us += 2 * (uint64_t)HOUR_US; /* all have lapsed */
    struct store_charge charge = charge_of("user", "somebody", 1, 1);
    assert_int_equal(store_reserve(hold, &charge, 1, NULL), STORE_FITS);
    talloc_free(hold);
    store_destroy(store);
}

struct crowd {
    struct store *store;
    atomic_uint passed;
};

static void *send_mail(void *context)
{
    struct crowd *crowd = context;
    for (int i = 0; i < 300; i++) {
        struct store_hold *hold = store_hold_create(crowd->store, NULL, 3, 0);
        struct store_charge charges[] = {charge_of("user", "ann", 1000, 1),
                                         charge_of("domain", "example.com", 5000, 1)};
        if (store_reserve(hold, charges, 2, NULL) == STORE_FITS && i % 3 != 0) {
            store_settle(hold, charges, 2, NULL);
            atomic_fetch_add(&crowd->passed, 1);
        }
        talloc_free(hold);
    }
    return NULL;
}

static void a_crowd_passes_exactly_the_limit(void **state)
{
    (void)state;
    enum { THREADS = 16 };
    struct crowd crowd = {.store = make_store(1000)};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_mail, &crowd), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    /* Of those that came late some met a place that somebody held and gave back: never more, and all that is
     * left can still be had. */
    assert_true(crowd.passed <= 1000);
    struct store_hold *hold = store_hold_create(crowd.store, NULL, 3, 0);
    while (crowd.passed < 1000) {
        struct store_charge charge = charge_of("user", "ann", 1000, 1);
        assert_int_equal(store_reserve(hold, &charge, 1, NULL), STORE_FITS);
        store_settle(hold, &charge, 1, NULL);
        crowd.passed++;
    }
    struct store_charge charge = charge_of("user", "ann", 1000, 1);
    assert_int_equal(store_reserve(hold, &charge, 1, NULL), STORE_EXCEEDED);
    talloc_free(hold);
    store_destroy(crowd.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_settled_is_charged),
        cmocka_unit_test(an_abandoned_hold_gives_all_back),
        cmocka_unit_test(what_is_forgotten_leaves_what_is_reserved),
        cmocka_unit_test(all_levels_are_charged_or_none),
        cmocka_unit_test(a_warning_comes_once_a_crossing),
        cmocka_unit_test(reset_forgets_what_was_charged),
        cmocka_unit_test(invented_keys_set_nobody_free),
        cmocka_unit_test(a_table_full_of_limited_keys_cannot_tell),
        cmocka_unit_test(a_crowd_passes_exactly_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
