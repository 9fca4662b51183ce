/* Counters over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "store/store_checkpoint.h"

static const int64_t HOUR_US = 3600LL * 1000000;
static int64_t test_now_us = 1764460800LL * 1000000;

static uint64_t test_monotonic_us(void *context)
{
    (void)context;
    return (uint64_t)test_now_us;
}

static int64_t test_wall_us(void *context)
{
    (void)context;
    return test_now_us;
}

static struct store *make_store(void)
{
    const struct store_memory_options options = {.clock = {test_monotonic_us, test_wall_us, NULL},
                                                 .seed = {3, (uint64_t)rand()},
                                                 .keys_max = {1000, 1000}};
    struct store *store = store_memory_create(&options);
    assert_non_null(store);
    return store;
}

static struct state_database *open_database(const char *path)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    struct state_database *database = state_database_open(path, &problem);
    if (database == NULL)
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return database;
}

static struct store_charge charge_of(enum window_kind kind, const char *key, uint64_t amount)
{
    static const char *const limits[] = {"refill", "sliding", "calendar"};
    return (struct store_charge){
        .limit = slice_of(limits[kind]),
        .key = slice_of(key),
        .window = {.kind = kind,
                   .limit = 100,
                   .burst = 100,
                   .period_us = HOUR_US,
                   .starts_us = 1764460800LL * 1000000,
                   .ends_us = 1764460800LL * 1000000 + 24 * HOUR_US},
        .amount = amount,
    };
}

static void charge(struct store *store, enum window_kind kind, const char *key, uint64_t amount)
{
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    struct store_charge charge = charge_of(kind, key, amount);
    store_settle(hold, &charge, 1, NULL);
    talloc_free(hold);
}

static uint64_t used(struct store *store, enum window_kind kind, const char *key)
{
    struct store_charge charge = charge_of(kind, key, 0);
    assert_true(store_look(store, &charge, 1));
    return charge.level.used;
}

static void save(struct store *store, struct state_database *database)
{
    struct strbuf problem;
    strbuf_init(&problem, 0);
    if (!store_checkpoint_save(store, database, &problem))
        fail_msg("%s", strbuf_text(&problem));
    strbuf_deinit(&problem);
}

static void counters_go_on_after_a_restart(void **state)
{
    (void)state;
    char folder[] = "/tmp/closedrelay-checkpoint.XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state.sqlite", folder);
    struct state_database *database = open_database(path);
    struct store *store = make_store();
    for (int kind = WINDOW_REFILL; kind <= WINDOW_CALENDAR; kind++) {
        charge(store, (enum window_kind)kind, "ann@example.com", 40);
        charge(store, (enum window_kind)kind, "bob@example.com", 1);
    }
    save(store, database);
    charge(store, WINDOW_SLIDING, "ann@example.com", 3); /* after the last checkpoint */
    store_destroy(store);
    test_now_us += HOUR_US / 4;
    store = make_store();
    assert_int_equal(store_checkpoint_load(store, database), 5);         /* the one of bob has refilled */
    assert_int_equal(used(store, WINDOW_REFILL, "ann@example.com"), 15); /* 25 have refilled */
    assert_int_equal(used(store, WINDOW_SLIDING, "ann@example.com"), 40);
    assert_int_equal(used(store, WINDOW_CALENDAR, "ann@example.com"), 40);
    assert_int_equal(used(store, WINDOW_CALENDAR, "bob@example.com"), 1);
    charge(store, WINDOW_CALENDAR, "ann@example.com", 2);
    save(store, database);
    store_destroy(store);
    test_now_us += 3 * HOUR_US;
    store = make_store();
    assert_int_equal(store_checkpoint_load(store, database), 2); /* those of the day */
    assert_int_equal(used(store, WINDOW_CALENDAR, "ann@example.com"), 42);
    store_destroy(store);
    store = make_store();
    assert_int_equal(store_checkpoint_load(store, database), 2); /* what lapsed is gone from the file */
    store_destroy(store);
    state_database_close(database);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_go_on_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
