#include "pool_watch.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

enum { PERIOD_MS = 10 };

/*
 * Threads inside are counted by the period they came in, of which there are two, this and the one before.
 * When nobody is left of the one before, a new one begins; who is left of it after that has been kept for a
 * period.
 */
static struct {
    atomic_uint period; /* 0 or 1 */
    atomic_uint inside_count[2];
    atomic_bool is_asleep; /* nobody is inside; the next to come in wakes the watch */
    sem_t wake;
    void (*knock)(void);
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
    /* Who came in before the flag was up is seen here; who came after it wakes us. */
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
            pool.knock();
        else
            atomic_store(&pool.period, before);
    }
    return NULL;
}

bool pool_watch_start(void (*knock)(void))
{
    pthread_t thread;
    pool.knock = knock;
    if (sem_init(&pool.wake, 0, 0) != 0 || pthread_create(&thread, NULL, watch, NULL) != 0)
        return false;
    pthread_detach(thread);
    return true;
}
