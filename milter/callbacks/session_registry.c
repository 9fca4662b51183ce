#include "session_registry.h"

#include <errno.h>
#include <pthread.h>

/* The top bit of `inside` is the shut door, so that entering and looking at the door are one step. */
#define DOOR_SHUT (UINT64_C(1) << 63)

static struct {
    pthread_mutex_t lock;         /* guards the list */
    struct milter_session *first; /* newest first */
    atomic_uint_least64_t session_count;
    atomic_uint_least64_t sessions_max;
    atomic_uint_least64_t inside; /* callbacks running, and DOOR_SHUT */
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER, .sessions_max = UINT64_MAX};

void registry_set_limit(uint64_t sessions_max)
{
    atomic_store(&registry.sessions_max, sessions_max);
}

bool registry_add(struct milter_session *session)
{
    uint64_t before = atomic_fetch_add(&registry.session_count, 1);
    pthread_mutex_lock(&registry.lock);
    session->previous = NULL;
    session->next = registry.first;
    if (registry.first != NULL)
        registry.first->previous = session;
    registry.first = session;
    pthread_mutex_unlock(&registry.lock);
    return before < atomic_load(&registry.sessions_max);
}

void registry_remove(struct milter_session *session)
{
    pthread_mutex_lock(&registry.lock);
    if (session->next != NULL)
        session->next->previous = session->previous;
    if (session->previous != NULL)
        session->previous->next = session->next;
    else
        registry.first = session->next;
    pthread_mutex_unlock(&registry.lock);
    atomic_fetch_sub(&registry.session_count, 1);
}

uint64_t registry_session_count(void)
{
    return atomic_load(&registry.session_count);
}

bool registry_enter(void)
{
    if ((atomic_fetch_add(&registry.inside, 1) & DOOR_SHUT) == 0)
        return true;
    atomic_fetch_sub(&registry.inside, 1);
    return false;
}

void registry_leave(void)
{
    atomic_fetch_sub(&registry.inside, 1);
}

bool registry_shut(uint64_t wait_ms)
{
    uint64_t deadline_ms = clock_now_ms() + wait_ms;
    atomic_fetch_or(&registry.inside, DOOR_SHUT);
    while (atomic_load(&registry.inside) != DOOR_SHUT) {
        if (clock_now_ms() >= deadline_ms)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
    }
    return true;
}

void registry_end_all(void)
{
    pthread_mutex_lock(&registry.lock);
    for (struct milter_session *session = registry.first; session != NULL; session = session->next) {
        policy_session_end(session->policy);
        session->policy = NULL;
    }
    pthread_mutex_unlock(&registry.lock);
}

uint64_t registry_slowest_ms(uint64_t at_ms)
{
    uint64_t slowest = 0;
    pthread_mutex_lock(&registry.lock);
    for (struct milter_session *session = registry.first; session != NULL; session = session->next) {
        uint64_t since = atomic_load_explicit(&session->busy_since_ms, memory_order_relaxed);
        if (since != 0 && at_ms > since && at_ms - since > slowest)
            slowest = at_ms - since;
    }
    pthread_mutex_unlock(&registry.lock);
    return slowest;
}
