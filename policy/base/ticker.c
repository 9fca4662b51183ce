#include "base/ticker.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct ticker {
    uint64_t period_ms;
    void (*tick)(void *context);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock; /* guards `is_stopping` */
    pthread_cond_t stopped;
    bool is_stopping;
};

static struct timespec end_of_period(const struct ticker *ticker)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)(ticker->period_ms / 1000);
    end.tv_nsec += (long)(ticker->period_ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    return end;
}

/* False: it is to stop. */
static bool wait_a_period(struct ticker *ticker)
{
    const struct timespec end = end_of_period(ticker);
    int status = 0;
    pthread_mutex_lock(&ticker->lock);
    while (!ticker->is_stopping && status == 0)
        status = pthread_cond_timedwait(&ticker->stopped, &ticker->lock, &end);
    bool goes_on = !ticker->is_stopping;
    pthread_mutex_unlock(&ticker->lock);
    return goes_on;
}

static void *run(void *context)
{
    struct ticker *ticker = context;
    while (wait_a_period(ticker))
        ticker->tick(ticker->context);
    return NULL;
}

static void destroy(struct ticker *ticker)
{
    pthread_cond_destroy(&ticker->stopped);
    pthread_mutex_destroy(&ticker->lock);
    free(ticker);
}

struct ticker *ticker_start(uint64_t period_ms, void (*tick)(void *context), void *context)
{
    struct ticker *ticker = calloc(1, sizeof *ticker);
    pthread_condattr_t attributes;
    sigset_t all, before;
    if (ticker == NULL)
        return NULL;
    *ticker = (struct ticker){.period_ms = period_ms, .tick = tick, .context = context};
    pthread_mutex_init(&ticker->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&ticker->stopped, &attributes);
    pthread_condattr_destroy(&attributes);
    /* Signals are for the threads that expect them. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&ticker->thread, NULL, run, ticker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status == 0)
        return ticker;
    destroy(ticker);
    return NULL;
}

void ticker_stop(struct ticker *ticker)
{
    if (ticker == NULL)
        return;
    pthread_mutex_lock(&ticker->lock);
    ticker->is_stopping = true;
    pthread_cond_signal(&ticker->stopped);
    pthread_mutex_unlock(&ticker->lock);
    pthread_join(ticker->thread, NULL);
    destroy(ticker);
}
