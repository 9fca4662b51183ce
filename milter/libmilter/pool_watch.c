#include "pool_watch.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

enum { PERIOD_MS = 10 };

/*
 * Threads inside are counted by the period in which they came in: the present one, or the one before. A new
 * period begins when nobody is left inside of the one before; as long as somebody is, that thread has been
 * kept for a whole period.
 */
static struct {
    atomic_uint period; /* 0 or 1 */
    atomic_uint inside_count[2];
    atomic_bool is_asleep; /* no thread is inside; the next to come in wakes the watch */
    sem_t wake;
    void (*wake_pool)(void);
} pool;

unsigned pool_watch_enter(void)
{
    unsigned period = atomic_load(&pool.period);
    atomic_fetch_add(&pool.inside_count[period], 1);
    if (atomic_load(&pool.is_asleep) && atomic_exchange(&pool.is_asleep, false))
        sem_post(&pool.wake);
    return period;
}

void pool_watch_leave(unsigned period)
{
    atomic_fetch_sub(&pool.inside_count[period], 1);
}

static bool is_empty(void)
{
    return atomic_load(&pool.inside_count[0]) == 0 && atomic_load(&pool.inside_count[1]) == 0;
}

static void sleep_while_empty(void)
{
    atomic_store(&pool.is_asleep, true);
    /* A thread that came in before the flag was set is seen here; one that comes later wakes us. */
    if (!is_empty() && atomic_exchange(&pool.is_asleep, false))
        return;
    while (sem_wait(&pool.wake) != 0)
        continue;
}

static void *watch(void *unused)
{
    (void)unused;
    for (;;) {
        if (is_empty())
            sleep_while_empty();
        nanosleep(&(struct timespec){.tv_nsec = PERIOD_MS * 1000 * 1000}, NULL);
        unsigned before = atomic_load(&pool.period) ^ 1U;
        if (atomic_load(&pool.inside_count[before]) > 0)
            pool.wake_pool();
        else
            atomic_store(&pool.period, before);
    }
    return NULL;
}

bool pool_watch_start(void (*wake_pool)(void))
{
    pthread_t thread;
    pool.wake_pool = wake_pool;
    if (sem_init(&pool.wake, 0, 0) != 0 || pthread_create(&thread, NULL, watch, NULL) != 0)
        return false;
    pthread_detach(thread);
    return true;
}
