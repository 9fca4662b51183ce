#include "base/pending.h"

#include "base/clock.h"
#include "base/waiting.h"

#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Waiters sleep on the word `progress` itself (futex(2)) rather than on a mutex and a condition, which would
 * make every cached answer ninety bytes larger for the few milliseconds that anybody waits on it.
 */
enum { PROGRESS_OPEN, PROGRESS_WAITED_FOR, PROGRESS_DONE };

/* For the same reason the lists of notices share a few locks; each is held for a few instructions. */
enum { LOCK_COUNT = 16 };
static pthread_mutex_t locks[LOCK_COUNT] = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
};

static pthread_mutex_t *lock_of(const struct pending *pending)
{
    return &locks[((uintptr_t)pending >> 6) % LOCK_COUNT];
}

/* ---- what is on its way ----------------------------------------------------------------------------- */

void pending_init(struct pending *pending)
{
    atomic_init(&pending->references, 1);
    atomic_init(&pending->progress, PROGRESS_OPEN);
    pending->notices = NULL;
}

void pending_ref(struct pending *pending)
{
    unsigned before = atomic_fetch_add_explicit(&pending->references, 1, memory_order_relaxed);
    assert(before > 0);
    (void)before;
}

bool pending_unref(struct pending *pending)
{
    unsigned before = atomic_fetch_sub_explicit(&pending->references, 1, memory_order_acq_rel);
    assert(before > 0);
    return before == 1;
}

bool pending_is_done(const struct pending *pending)
{
    return atomic_load_explicit(&pending->progress, memory_order_acquire) == PROGRESS_DONE;
}

static struct pending_notice *take_notices(struct pending *pending)
{
    pthread_mutex_lock(lock_of(pending));
    struct pending_notice *notices = pending->notices;
    pending->notices = NULL;
    for (struct pending_notice *notice = notices; notice != NULL; notice = notice->next)
        notice->is_listed = false;
    pthread_mutex_unlock(lock_of(pending));
    return notices;
}

void pending_complete(struct pending *pending)
{
    unsigned before = atomic_exchange(&pending->progress, PROGRESS_DONE);
    assert(before != PROGRESS_DONE);
    if (before == PROGRESS_WAITED_FOR)
        syscall(SYS_futex, &pending->progress, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    struct pending_notice *notice = take_notices(pending);
    while (notice != NULL) {
        struct pending_notice *next = notice->next; /* whoever is told may free the notice */
        notice->told(notice->context);
        notice = next;
    }
}

struct pending *pending_create(void)
{
    struct pending *pending = calloc(1, sizeof *pending);
    if (pending != NULL)
        pending_init(pending);
    return pending;
}

void pending_drop(struct pending *pending)
{
    if (pending != NULL && pending_unref(pending))
        free(pending);
}

/* ---- waiting ---------------------------------------------------------------------------------------- */

static void sleep_on(struct pending *pending, uint64_t timeout_us)
{
    struct timespec timeout = {(time_t)(timeout_us / 1000000U), (long)(timeout_us % 1000000U) * 1000};
    syscall(SYS_futex, &pending->progress, FUTEX_WAIT_PRIVATE, PROGRESS_WAITED_FOR, &timeout, NULL, 0);
}

bool pending_wait(struct pending *pending, uint64_t timeout_ms)
{
    if (timeout_ms == 0 || pending_is_done(pending))
        return pending_is_done(pending);
    uint64_t deadline_us = clock_system_monotonic_us(NULL) + timeout_ms * 1000U;
    waiting_begins();
    for (;;) {
        unsigned expected = PROGRESS_OPEN;
        atomic_compare_exchange_strong(&pending->progress, &expected, PROGRESS_WAITED_FOR);
        uint64_t now_us = clock_system_monotonic_us(NULL);
        if (expected == PROGRESS_DONE || now_us >= deadline_us)
            return pending_is_done(pending);
        sleep_on(pending, deadline_us - now_us);
    }
}

void pending_bound_init(struct pending_bound *bound, unsigned most)
{
    atomic_init(&bound->count, 0);
    atomic_init(&bound->most, most);
}

void pending_bound_set(struct pending_bound *bound, unsigned most)
{
    atomic_store(&bound->most, most);
}

static bool enter(struct pending_waiter *waiter)
{
    struct pending_bound *bound = waiter->bound;
    if (waiter->is_counted)
        return true;
    waiter->is_counted = atomic_fetch_add(&bound->count, 1) < atomic_load(&bound->most);
    if (!waiter->is_counted)
        atomic_fetch_sub(&bound->count, 1);
    return waiter->is_counted;
}

enum pending_result pending_waiter_wait(struct pending_waiter *waiter, struct pending *pending,
                                        uint64_t now_ms)
{
    if (pending_is_done(pending))
        return PENDING_DONE;
    if (now_ms >= waiter->deadline_ms)
        return PENDING_TIMEOUT;
    if (!enter(waiter))
        return PENDING_BUSY;
    return pending_wait(pending, waiter->deadline_ms - now_ms) ? PENDING_DONE : PENDING_TIMEOUT;
}

void pending_waiter_end(struct pending_waiter *waiter)
{
    if (waiter->is_counted)
        atomic_fetch_sub(&waiter->bound->count, 1);
    waiter->is_counted = false;
}

/* ---- being told ------------------------------------------------------------------------------------- */

bool pending_tell(struct pending *pending, struct pending_notice *notice)
{
    pthread_mutex_lock(lock_of(pending));
    notice->is_listed = !pending_is_done(pending);
    if (notice->is_listed) {
        notice->next = pending->notices;
        pending->notices = notice;
    }
    bool is_listed = notice->is_listed;
    pthread_mutex_unlock(lock_of(pending));
    return is_listed;
}

bool pending_forget(struct pending *pending, struct pending_notice *notice)
{
    pthread_mutex_lock(lock_of(pending));
    bool was_listed = notice->is_listed;
    for (struct pending_notice **at = &pending->notices; was_listed && *at != NULL; at = &(*at)->next)
        if (*at == notice) {
            *at = notice->next;
            break;
        }
    notice->is_listed = false;
    pthread_mutex_unlock(lock_of(pending));
    return was_listed;
}
