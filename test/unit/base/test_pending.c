/* Waiting: what is on its way is completed once, waited for with a deadline, or told to who asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/pending.h"

enum { PATIENCE_MS = 20000 };

/* An answer as its users build it. */
struct reply {
    struct pending pending;
    int number; /* to be read once it is done */
};

static struct reply *new_reply(void)
{
    struct reply *reply = calloc(1, sizeof *reply);
    assert_non_null(reply);
    pending_init(&reply->pending);
    return reply;
}

static void drop(struct reply *reply)
{
    if (pending_unref(&reply->pending))
        free(reply);
}

/* ---- one thread ------------------------------------------------------------------------------------- */

static void a_deadline_ends_the_wait(void **state)
{
    (void)state;
    struct pending *pending = pending_create();
    assert_false(pending_wait(pending, 0));
    assert_false(pending_wait(pending, 5));
    pending_complete(pending);
    assert_true(pending_wait(pending, 0));
    assert_true(pending_wait(pending, PATIENCE_MS));
    pending_drop(pending);
    pending_drop(NULL);
}

static void the_last_reference_is_told(void **state)
{
    (void)state;
    struct reply *reply = new_reply();
    pending_ref(&reply->pending);
    assert_false(pending_unref(&reply->pending));
    assert_true(pending_unref(&reply->pending));
    free(reply);
}

static void more_than_may_wait_do_not(void **state)
{
    (void)state;
    struct pending_bound bound;
    pending_bound_init(&bound, 1);
    struct pending *open = pending_create(), *done = pending_create();
    pending_complete(done);
    const uint64_t now_ms = clock_system_monotonic_us(NULL) / 1000;
    struct pending_waiter first = {.bound = &bound, .deadline_ms = now_ms + 5};
    struct pending_waiter second = {.bound = &bound, .deadline_ms = now_ms + PATIENCE_MS};
    assert_int_equal(pending_waiter_wait(&first, open, now_ms), PENDING_TIMEOUT);
    assert_int_equal(atomic_load(&bound.count), 1); /* it may wait for more with what is left */
    assert_int_equal(pending_waiter_wait(&second, open, now_ms), PENDING_BUSY);
    assert_int_equal(pending_waiter_wait(&second, done, now_ms), PENDING_DONE);
    assert_int_equal(pending_waiter_wait(&second, open, now_ms + PATIENCE_MS), PENDING_TIMEOUT);
    pending_waiter_end(&first);
    pending_waiter_end(&first);
    assert_int_equal(atomic_load(&bound.count), 0);
    pending_bound_set(&bound, 0);
    assert_int_equal(pending_waiter_wait(&second, open, now_ms), PENDING_BUSY);
    pending_drop(open);
    pending_drop(done);
}

static void count_told(void *context)
{
    atomic_fetch_add((atomic_uint *)context, 1);
}

static void who_asks_is_told_once(void **state)
{
    (void)state;
    atomic_uint told = 0;
    struct pending_notice notices[4];
    for (size_t i = 0; i < 4; i++)
        notices[i] = (struct pending_notice){.told = count_told, .context = &told};
    struct pending *pending = pending_create();
    for (size_t i = 0; i < 3; i++)
        assert_true(pending_tell(pending, &notices[i]));
    assert_true(pending_forget(pending, &notices[1]));
    assert_false(pending_forget(pending, &notices[1]));
    assert_false(pending_forget(pending, &notices[3]));
    assert_int_equal(told, 0);
    pending_complete(pending);
    assert_int_equal(told, 2);
    assert_false(pending_forget(pending, &notices[0]));
    assert_false(pending_tell(pending, &notices[3])); /* too late: look at it */
    assert_int_equal(told, 2);
    pending_drop(pending);
}

/* ---- several threads -------------------------------------------------------------------------------- */

enum { THREADS = 8, ROUNDS = 200 };

/* One who waits for each reply, and asks to be told of it. */
struct waiting {
    struct race *race;
    struct pending_notice notices[ROUNDS];
    atomic_uint told[ROUNDS];
    bool asked[ROUNDS], taken_back[ROUNDS];
};

struct race {
    struct reply *replies[ROUNDS];
    struct pending_bound bound;
    atomic_uint seen;
    struct waiting waiting[THREADS];
};

static void *wait_for_all(void *context)
{
    struct waiting *own = context;
    struct race *race = own->race;
    const uint64_t now_ms = clock_system_monotonic_us(NULL) / 1000;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct pending_waiter waiter = {.bound = &race->bound, .deadline_ms = now_ms + PATIENCE_MS};
        struct pending *pending = &race->replies[i]->pending;
        own->notices[i] = (struct pending_notice){.told = count_told, .context = &own->told[i]};
        own->asked[i] = pending_tell(pending, &own->notices[i]);
        if (pending_waiter_wait(&waiter, pending, now_ms) == PENDING_DONE)
            atomic_fetch_add(&race->seen, race->replies[i]->number == (int)i);
        own->taken_back[i] = own->asked[i] && i % 2 == 0 && pending_forget(pending, &own->notices[i]);
        pending_waiter_end(&waiter);
    }
    return NULL;
}

static void what_one_thread_brings_all_see(void **state)
{
    (void)state;
    struct race *race = calloc(1, sizeof *race);
    assert_non_null(race);
    pthread_t threads[THREADS];
    pending_bound_init(&race->bound, THREADS);
    for (unsigned i = 0; i < ROUNDS; i++)
        race->replies[i] = new_reply();
    for (unsigned i = 0; i < THREADS; i++) {
        race->waiting[i].race = race;
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_all, &race->waiting[i]), 0);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        race->replies[i]->number = (int)i;
        pending_complete(&race->replies[i]->pending);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(race->seen, THREADS * ROUNDS);
    assert_int_equal(atomic_load(&race->bound.count), 0);
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < ROUNDS; i++) {
            const struct waiting *own = &race->waiting[t];
            assert_int_equal(own->told[i], own->asked[i] && !own->taken_back[i]);
        }
    for (unsigned i = 0; i < ROUNDS; i++)
        drop(race->replies[i]);
    free(race);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_ends_the_wait),       cmocka_unit_test(the_last_reference_is_told),
        cmocka_unit_test(more_than_may_wait_do_not),      cmocka_unit_test(who_asks_is_told_once),
        cmocka_unit_test(what_one_thread_brings_all_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
