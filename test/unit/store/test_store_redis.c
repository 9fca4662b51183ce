/*
 * Counters shared through a real Redis: exact between two daemons, and never later than a time-out when it is
 * away. Skipped, and said so, where there is no redis-server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "redis_fixture.h"
#include "store/redis_address.h"

enum { MS = 1000, WAIT_MS = 10000 };

/* ---- tests ------------------------------------------------------------------------------------------- */

static void two_daemons_share_one_counter(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *a = redis_open(server, "a"), *b = redis_open(server, "b");
    redis_wait_until_there(a, true);
    redis_wait_until_there(b, true);
    struct store_hold *hold = store_hold_create(a, NULL, 3, 0);
    struct store_charge charge = redis_charge("ann", 10, 6);
    assert_int_equal(store_reserve(hold, &charge, 1, NULL), STORE_FITS);
    assert_int_equal(redis_used(b, "ann", 10), 6);
    struct store_hold *other = store_hold_create(b, NULL, 3, 0);
    assert_int_equal(store_reserve(other, &charge, 1, NULL), STORE_EXCEEDED);
    assert_true(charge.level.clears_us > store_now_us(b));
    charge.amount = 2;
    store_settle(hold, &charge, 1, NULL);
    assert_int_equal(redis_used(b, "ann", 10), 2);
    charge.amount = 8;
    assert_int_equal(store_reserve(other, &charge, 1, NULL), STORE_FITS);
    talloc_free(other); /* gone without a word */
    for (unsigned waited = 0; redis_used(a, "ann", 10) != 2; waited++) {
        assert_true(waited < WAIT_MS);
        usleep(MS);
    }
    talloc_free(hold);
    store_destroy(a);
    store_destroy(b);
}

struct crowd {
    struct store *stores[2];
    atomic_uint passed, turn;
    unsigned limit;
};

static void *send_mail(void *context)
{
    struct crowd *crowd = context;
    const unsigned self = atomic_fetch_add(&crowd->turn, 1);
    for (unsigned i = 0; i < 40; i++) {
        struct store *store = crowd->stores[(self + i) % 2];
        struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
        struct store_charge charge = redis_charge("ann", crowd->limit, 1);
        bool passes = store_reserve(hold, &charge, 1, NULL) == STORE_FITS;
        if (passes && i % 4 != 0) { /* one in four is given up */
            store_settle(hold, &charge, 1, NULL);
            atomic_fetch_add(&crowd->passed, 1);
        }
        talloc_free(hold);
    }
    return NULL;
}

static void a_crowd_on_two_daemons_passes_no_more_than_the_limit(void **state)
{
    enum { THREADS = 16, LIMIT = 100 };
    struct redis_server *server = redis_of(state);
    struct crowd crowd = {.stores = {redis_open(server, "a"), redis_open(server, "b")}, .limit = LIMIT};
    pthread_t threads[THREADS];
    redis_wait_until_there(crowd.stores[0], true);
    redis_wait_until_there(crowd.stores[1], true);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_mail, &crowd), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(redis_is_there(crowd.stores[0]) && redis_is_there(crowd.stores[1]));
    assert_true(crowd.passed <= LIMIT);
    /* What was given up is free again: all that is left can be had, and not one more. */
    for (unsigned waited = 0; redis_used(crowd.stores[0], "ann", LIMIT) != crowd.passed; waited++) {
        assert_true(waited < WAIT_MS);
        usleep(MS);
    }
    store_destroy(crowd.stores[1]);
    crowd.stores[1] = redis_open(server, "c"); /* it remembers nothing of who is over the limit */
    redis_wait_until_there(crowd.stores[1], true);
    while (crowd.passed < LIMIT) {
        assert_true(redis_pass_one(crowd.stores[1], "ann", LIMIT));
        crowd.passed++;
    }
    assert_false(redis_pass_one(crowd.stores[1], "ann", LIMIT));
    store_destroy(crowd.stores[0]);
    store_destroy(crowd.stores[1]);
}

/* What a daemon reserved that is killed comes free at its deadline. */
static void what_a_killed_daemon_held_comes_free(void **state)
{
    struct redis_server *server = redis_of(state);
    const pid_t killed = fork();
    if (killed == 0) {
        struct store *store = redis_open_with(server, "killed", "timeout=5000&reserve=1");
        redis_wait_until_there(store, true);
        struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
        struct store_charge charge = redis_charge("ann", 10, 6);
        _exit(store_reserve(hold, &charge, 1, NULL) == STORE_FITS ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(killed, &status, 0), killed);
    assert_int_equal(status, 0);
    struct store *store = redis_open(server, "a");
    redis_wait_until_there(store, true);
    for (unsigned waited = 0; redis_used(store, "ann", 10) != 0; waited++) {
        assert_true(waited < WAIT_MS);
        usleep(MS);
    }
    store_destroy(store);
}

/* Also for one that knows the limit to be used up, and asks no more. */
static void what_one_resets_is_reset_for_all(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *a = redis_open(server, "a"), *b = redis_open(server, "b");
    redis_wait_until_there(a, true);
    redis_wait_until_there(b, true);
    while (redis_pass_one(b, "ann", 10))
        ;
    size_t count = 0;
    assert_true(store_reset(a, slice_of(""), slice_of("ann"), &count));
    assert_int_equal(count, 1);
    assert_true(store_reset(a, slice_of(""), slice_of("ann"), &count));
    assert_int_equal(count, 0);
    for (unsigned waited = 0; !redis_pass_one(b, "ann", 10); waited++) {
        assert_true(waited < WAIT_MS);
        usleep(MS);
    }
    redis_tell(server, "client kill type normal"); /* what it knew of before is of no account */
    usleep(MS);
    redis_wait_until_there(b, true);
    assert_true(redis_pass_one(b, "ann", 10));
    redis_wait_until_used(b, "ann", 10, 2);
    store_destroy(a);
    store_destroy(b);
}

/* A server that is stopped takes connections and never answers. */
static void a_paused_server_holds_nobody_up(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *store = redis_open_with(server, "a", "timeout=50");
    redis_wait_until_there(store, true);
    assert_true(redis_pass_one(store, "ann", 1000));
    kill(server->pid, SIGSTOP);
    for (int i = 0; i < 100; i++)
        assert_true(redis_pass_one(store, "ann", 1000));
    assert_false(redis_is_there(store));
    kill(server->pid, SIGCONT);
    redis_wait_until_there(store, true);
    /* What was sent before the pause may have been taken too: each message is charged once all the same. */
    redis_wait_until_used(store, "ann", 1000, 101);
    store_destroy(store);
}

/* Repeats a call that is to be come back for, once what it waits for is there. */
static void come_back_for(const struct pending_awaited *awaited)
{
    assert_non_null(awaited->pending);
    pending_wait(awaited->pending, WAIT_MS);
}

static enum store_answer reserve_in_parts(struct store_hold *hold, struct store_charge *charge)
{
    struct pending_awaited awaited = {.pending = NULL};
    enum store_answer answer;
    while ((answer = store_reserve(hold, charge, 1, &awaited)) == STORE_WAITS)
        come_back_for(&awaited);
    return answer;
}

static void settle_in_parts(struct store_hold *hold, struct store_charge *charge)
{
    struct pending_awaited awaited = {.pending = NULL};
    while (!store_settle(hold, charge, 1, &awaited))
        come_back_for(&awaited);
}

static void an_answer_can_be_come_back_for(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *store = redis_open(server, "a");
    redis_wait_until_there(store, true);
    struct store_hold *hold = store_hold_create(store, NULL, 3, 0);
    struct store_charge charge = redis_charge("ann", 10, 4);
    redis_tell(server, "script flush");
    assert_int_equal(reserve_in_parts(hold, &charge), STORE_FITS);
    assert_int_equal(redis_used(store, "ann", 10), 4);
    charge.amount = 7;
    assert_int_equal(reserve_in_parts(hold, &charge), STORE_EXCEEDED);
    charge.amount = 3;
    settle_in_parts(hold, &charge);
    assert_int_equal(redis_used(store, "ann", 10), 3);
    talloc_free(hold);
    store_destroy(store);
}

/* Whoever goes meanwhile takes back what it asked for; what was used is charged once, whether the answer was
 * seen or not. */
static void what_nobody_comes_back_for_does_not_stick(void **state)
{
    struct redis_server *server = redis_of(state);
    struct store *store = redis_open(server, "a");
    redis_wait_until_there(store, true);
    struct pending_awaited awaited = {.pending = NULL};
    struct store_charge charge = redis_charge("ann", 10, 4), other = redis_charge("ben", 10, 2);
    struct store_hold *gone = store_hold_create(store, NULL, 3, 0);
    struct store_hold *settled = store_hold_create(store, NULL, 3, 0);
    assert_int_equal(reserve_in_parts(settled, &other), STORE_FITS);
    kill(server->pid, SIGSTOP);
    assert_int_equal(waitpid(server->pid, NULL, WUNTRACED), server->pid);
    assert_int_equal(store_reserve(gone, &charge, 1, &awaited), STORE_WAITS);
    assert_false(pending_is_done(awaited.pending));
    awaited.pending = NULL;
    assert_false(store_settle(settled, &other, 1, &awaited));
    talloc_free(gone);
    kill(server->pid, SIGCONT);
    come_back_for(&awaited);
    assert_true(store_settle(settled, &other, 1, NULL));
    redis_wait_until_used(store, "ann", 10, 0);
    redis_wait_until_used(store, "ben", 10, 2);
    talloc_free(settled);
    store_destroy(store);
}

static void addresses_are_read(void **state)
{
    static const struct {
        const char *url, *printed;
    } cases[] = {
        {"redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"},
        {"redis://store.example", "redis://store.example:6379/0"},
        {"rediss://ann:s%40cret@store.example:7000/3", "rediss://store.example:7000/3"},
        {"redis://[::1]:7000", "redis://[::1]:7000/0"},
        {"redis+unix:///run/redis/redis.sock?db=2", "redis+unix:///run/redis/redis.sock"},
        {"unix:/run/redis.sock", "redis+unix:///run/redis.sock"},
        {"redis+sentinel://10.0.0.1,[::1]:7000/mail", "redis+sentinel://10.0.0.1:26379,[::1]:7000/mail/0"},
        {"rediss+sentinel://ann:s%40cret@10.0.0.1/mail/2?ca_file=/ca.pem&cert_file=/c.pem",
         "rediss+sentinel://10.0.0.1:26379/mail/2"},
    };
    static const char *const wrong[] = {"mysql://x",
                                        "redis://h/zero",
                                        "redis://h?colour=red",
                                        "redis://h?password_file=/nonexistent",
                                        "redis+sentinel://h",
                                        "redis+sentinel://1,2,3,4,5,6,7,8,9/mail"};
    void *owner = talloc_new(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct redis_address address;
        struct strbuf problem, printed;
        strbuf_init(&problem, 0);
        strbuf_init(&printed, 0);
        if (!redis_address_read(owner, cases[i].url, &address, &problem))
            fail_msg("%s: %s", cases[i].url, strbuf_text(&problem));
        redis_address_print(&address, &printed);
        assert_string_equal(strbuf_text(&printed), cases[i].printed);
        if (address.user != NULL)
            assert_string_equal(address.password, "s@cret");
        strbuf_deinit(&problem);
        strbuf_deinit(&printed);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct redis_address address;
        struct strbuf problem;
        strbuf_init(&problem, 0);
        assert_false(redis_address_read(owner, wrong[i], &address, &problem));
        assert_true(problem.length > 0);
        strbuf_deinit(&problem);
    }
    talloc_free(owner);
}

#define SERVER_TEST(function) cmocka_unit_test_setup_teardown(function, redis_begin, redis_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),
        SERVER_TEST(two_daemons_share_one_counter),
        SERVER_TEST(a_crowd_on_two_daemons_passes_no_more_than_the_limit),
        SERVER_TEST(what_a_killed_daemon_held_comes_free),
        SERVER_TEST(what_one_resets_is_reset_for_all),
        SERVER_TEST(a_paused_server_holds_nobody_up),
        SERVER_TEST(an_answer_can_be_come_back_for),
        SERVER_TEST(what_nobody_comes_back_for_does_not_stick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
