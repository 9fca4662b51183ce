#include "dns/dns_lookup.h"

#include "base/clock.h"

#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Waiters sleep on the word `progress` itself (futex(2)) rather than on a mutex and a condition, which would
 * make every cached answer ninety bytes larger for the few milliseconds that anybody waits on it.
 */
enum { PROGRESS_OPEN, PROGRESS_WAITED_FOR, PROGRESS_DONE };

struct dns_lookup *dns_lookup_create(struct slice name, enum dns_type type)
{
    struct dns_lookup *lookup = calloc(1, sizeof *lookup + name.length + 1);
    if (lookup == NULL)
        return NULL;
    atomic_init(&lookup->references, 1);
    atomic_init(&lookup->progress, PROGRESS_OPEN);
    lookup->type = type;
    lookup->name_length = name.length;
    if (name.length > 0)
        memcpy(lookup->name, name.data, name.length);
    return lookup;
}

struct dns_lookup *dns_lookup_ref(struct dns_lookup *lookup)
{
    unsigned before = atomic_fetch_add_explicit(&lookup->references, 1, memory_order_relaxed);
    assert(before > 0);
    return lookup;
}

void dns_lookup_unref(struct dns_lookup *lookup)
{
    if (lookup == NULL)
        return;
    unsigned before = atomic_fetch_sub_explicit(&lookup->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1)
        return;
    dns_answer_deinit(&lookup->answer);
    free(lookup);
}

bool dns_lookup_is_done(const struct dns_lookup *lookup)
{
    return atomic_load_explicit(&lookup->progress, memory_order_acquire) == PROGRESS_DONE;
}

static void sleep_on(struct dns_lookup *lookup, uint64_t timeout_us)
{
    struct timespec timeout = {(time_t)(timeout_us / 1000000U), (long)(timeout_us % 1000000U) * 1000};
    syscall(SYS_futex, &lookup->progress, FUTEX_WAIT_PRIVATE, PROGRESS_WAITED_FOR, &timeout, NULL, 0);
}

bool dns_lookup_wait(struct dns_lookup *lookup, uint64_t timeout_ms)
{
    if (timeout_ms == 0 || dns_lookup_is_done(lookup))
        return dns_lookup_is_done(lookup);
    uint64_t deadline_us = clock_system_monotonic_us(NULL) + timeout_ms * 1000U;
    for (;;) {
        unsigned expected = PROGRESS_OPEN;
        atomic_compare_exchange_strong(&lookup->progress, &expected, PROGRESS_WAITED_FOR);
        uint64_t now_us = clock_system_monotonic_us(NULL);
        if (expected == PROGRESS_DONE || now_us >= deadline_us)
            return dns_lookup_is_done(lookup);
        sleep_on(lookup, deadline_us - now_us);
    }
}

void dns_lookup_complete(struct dns_lookup *lookup, const struct dns_answer *answer, uint64_t now_ms)
{
    assert(!dns_lookup_is_done(lookup));
    lookup->answer = *answer;
    lookup->answered_ms = now_ms;
    if (lookup->store.answered != NULL)
        lookup->store.answered(lookup->store.context, lookup);
    if (lookup->observer.answered != NULL)
        lookup->observer.answered(lookup->observer.context, lookup);
    if (atomic_exchange(&lookup->progress, PROGRESS_DONE) == PROGRESS_WAITED_FOR)
        syscall(SYS_futex, &lookup->progress, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
