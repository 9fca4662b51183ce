/*
 * A store that is away, comes back, or has lost its memory: what each server knows and what it lets pass
 * meanwhile. Skipped, and said so, where there is no redis-server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "redis_fixture.h"

enum { MS = 1000, WAIT_MS = 10000 };

static struct store_charge two_seconds(const char *key, uint64_t limit)
{
    struct store_charge charge = redis_charge(key, limit, 1);
    charge.window.kind = WINDOW_SLIDING;
    charge.window.period_us = 2000 * MS;
    return charge;
}

static void a_server_that_forgets_its_scripts_is_told_again(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *store = redis_open(server, "a");
    redis_wait_until_there(store, true);
    assert_true(redis_pass_one(store, "ann", 10));
    redis_tell(server, "script flush");
    assert_true(redis_pass_one(store, "ann", 10));
    assert_int_equal(redis_used(store, "ann", 10), 2);
    redis_tell(server, "flushall"); /* it is told what was used, too */
    assert_true(redis_pass_one(store, "ann", 10));
    redis_wait_until_used(store, "ann", 10, 3);
    store_destroy(store);
}

/* What one knows beyond what the other has told a store without memory is told too, however much passed
 * since. */
static void each_tells_what_it_alone_knows(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *a = redis_open(server, "a"), *b = redis_open(server, "b");
    redis_wait_until_there(a, true);
    redis_wait_until_there(b, true);
    for (int i = 0; i < 3; i++)
        assert_true(redis_pass_one(a, "ann", 100));
    for (int i = 0; i < 2; i++)
        assert_true(redis_pass_one(b, "ann", 100));
    redis_tell(server, "flushall");
    for (int i = 0; i < 10; i++)
        assert_true(redis_pass_one(a, "ann", 100));
    for (unsigned waited = 0; redis_used(a, "ann", 100) < 13; waited++) {
        assert_true(waited < WAIT_MS);
        usleep(MS);
    }
    const long before = redis_pulses(server);
    for (unsigned waited = 0; redis_pulses(server) < before + 6; waited++) {
        assert_true(waited < WAIT_MS);
        usleep(MS);
    }
    assert_true(redis_pass_one(b, "ann", 100));
    redis_wait_until_used(a, "ann", 100, 16);
    store_destroy(a);
    store_destroy(b);
}

/* A connection that was lost and made again: what has lapsed meanwhile is not told as if it still counted. */
static void what_has_lapsed_is_not_told(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *store = redis_open(server, "a");
    redis_wait_until_there(store, true);
    for (int i = 0; i < 5; i++)
        assert_true(redis_pass_charge(store, two_seconds("ann", 5)));
    /* Seen last, and used up, in the second half of the window. */
    const int64_t begun_us = store_now_us(store);
    while (store_now_us(store) < begun_us + 1200 * MS)
        usleep(MS);
    assert_false(redis_pass_charge(store, two_seconds("ann", 5)));
    redis_tell(server, "client kill type normal");
    struct store_charge charge = two_seconds("ann", 5);
    charge.amount = 0;
    for (unsigned waited = 0; !store_look(store, &charge, 1) || charge.level.used > 0; waited++) {
        assert_true(waited < WAIT_MS);
        usleep(MS);
    }
    redis_wait_until_there(store, true);
    assert_true(redis_pass_charge(store, two_seconds("ann", 5)));
    assert_true(store_look(store, &charge, 1));
    assert_in_range(charge.level.used, 0, 1);
    store_destroy(store);
}

/* Two daemons were seen, 4 of 10 are left: each may give (4 - 1) / 2 of them while the server is gone. */
static void without_the_server_each_has_its_share(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *a = redis_open(server, "a"), *b = redis_open(server, "b");
    redis_wait_until_there(a, true);
    redis_wait_until_there(b, true);
    for (int i = 0; i < 3; i++)
        assert_true(redis_pass_one(a, "ann", 10) && redis_pass_one(b, "ann", 10));
    for (unsigned waited = 0; waited < 100; waited++) { /* until each has seen the other's heartbeat */
        usleep(5 * MS);
    }
    assert_int_equal(redis_used(a, "ann", 10), 6);
    assert_int_equal(redis_used(b, "ann", 10), 6);
    redis_kill(server);
    redis_wait_until_there(a, false);
    redis_wait_until_there(b, false);
    unsigned passed_a = 0, passed_b = 0;
    for (int i = 0; i < 10; i++) {
        passed_a += redis_pass_one(a, "ann", 10);
        passed_b += redis_pass_one(b, "ann", 10);
    }
    assert_int_equal(passed_a, 1);
    assert_int_equal(passed_b, 1);
    assert_true(redis_pass_one(a, "somebody never seen", 10));
    redis_start(server); /* empty: it is told what was used before, and charged once what passed since */
    redis_wait_until_there(a, true);
    redis_wait_until_there(b, true);
    redis_wait_until_used(a, "ann", 10, 8);
    redis_wait_until_used(b, "somebody never seen", 10, 1);
    store_destroy(a);
    store_destroy(b);
}

/* What passed while it was gone is part of what is left when it goes again, and is counted once. */
static void each_absence_has_a_share_of_its_own(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *a = redis_open(server, "a");
    redis_wait_until_there(a, true);
    for (int absence = 0; absence < 2; absence++) {
        redis_kill(server);
        redis_wait_until_there(a, false);
        for (int i = 0; i < 3; i++)
            assert_true(redis_pass_one(a, "ann", 10));
        redis_start(server);
        redis_wait_until_there(a, true);
        redis_wait_until_used(a, "ann", 10, 3 * (uint64_t)(absence + 1));
    }
    redis_kill(server);
    redis_wait_until_there(a, false);
    for (int i = 0; i < 4; i++)
        assert_true(redis_pass_one(a, "ann", 10));
    assert_false(redis_pass_one(a, "ann", 10));
    store_destroy(a);
}

/* One that never asked for a counter knows all the same what others have used of it. */
static void what_others_used_is_known(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *a = redis_open(server, "a"), *b = redis_open(server, "b");
    redis_wait_until_there(a, true);
    redis_wait_until_there(b, true);
    for (int i = 0; i < 6; i++)
        assert_true(redis_pass_one(a, "ann", 10));
    const long before = redis_pulses(server);
    for (unsigned waited = 0; redis_pulses(server) < before + 6; waited++) {
        assert_true(waited < WAIT_MS);
        usleep(MS);
    }
    redis_kill(server);
    redis_wait_until_there(b, false);
    unsigned passed = 0;
    for (int i = 0; i < 10; i++)
        passed += redis_pass_one(b, "ann", 10);
    assert_int_equal(passed, 1);
    store_destroy(a);
    store_destroy(b);
}

static void a_replica_is_no_store(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *store = redis_open(server, "a");
    redis_wait_until_there(store, true);
    redis_tell(server, "replicaof 127.0.0.1 1");
    redis_wait_until_there(store, false);
    assert_true(redis_pass_one(store, "ann", 10));
    redis_tell(server, "replicaof no one");
    redis_wait_until_there(store, true);
    redis_wait_until_used(store, "ann", 10, 1);
    store_destroy(store);
}

#define SERVER_TEST(function) cmocka_unit_test_setup_teardown(function, redis_begin, redis_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(a_server_that_forgets_its_scripts_is_told_again),
        SERVER_TEST(each_tells_what_it_alone_knows),
        SERVER_TEST(what_has_lapsed_is_not_told),
        SERVER_TEST(without_the_server_each_has_its_share),
        SERVER_TEST(each_absence_has_a_share_of_its_own),
        SERVER_TEST(what_others_used_is_known),
        SERVER_TEST(a_replica_is_no_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
