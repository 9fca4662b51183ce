#include "replaced.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static atomic_bool is_called[REPLACED_COUNT];

/* Not a semaphore: they are called for every packet, and only the first call of each matters. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t first_call = PTHREAD_COND_INITIALIZER;

void replaced_is_called(enum replaced replaced)
{
    if (atomic_load_explicit(&is_called[replaced], memory_order_relaxed))
        return;
    pthread_mutex_lock(&lock);
    atomic_store(&is_called[replaced], true);
    pthread_cond_signal(&first_call);
    pthread_mutex_unlock(&lock);
}

/* The name of one that was not called; NULL: all were. */
static const char *missing_one(void)
{
    static const char *const names[REPLACED_COUNT] = {"accept", "sigwait", "mi_rd_cmd"};
    for (int i = 0; i < REPLACED_COUNT; i++)
        if (!atomic_load(&is_called[i]))
            return names[i];
    return NULL;
}

bool replaced_wait_for_all(unsigned wait_ms, struct strbuf *problem)
{
    struct timespec deadline;
    const char *missing;
    int result = 0;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += wait_ms / 1000;
    pthread_mutex_lock(&lock);
    while ((missing = missing_one()) != NULL && result == 0)
        result = pthread_cond_clockwait(&first_call, &lock, CLOCK_MONOTONIC, &deadline);
    pthread_mutex_unlock(&lock);
    if (missing != NULL)
        strbuf_printf(
            problem,
            "it does not call closedrelay's own %s: a libmilter linked with -Bsymbolic or statically "
            "cannot be used. Debian's libmilter1.0.1 can",
            missing);
    return missing == NULL;
}
