#include "http/http_workers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LANE_COUNT = 2, STACK_BYTES = 1 << 20 };

struct lane {
    struct http_workers *workers;
    pthread_t thread;
    bool is_started;
    int nice_value;
    struct http_job *first, *last;
    size_t count;
    pthread_cond_t changed;
};

struct http_workers {
    pthread_mutex_t lock; /* guards the lanes */
    struct lane lanes[LANE_COUNT];
    bool is_stopping;
    void (*done)(void *context, struct http_job *job);
    void *context;
};

void http_lower_priority(int nice_value)
{
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), nice_value);
}

/* NULL: it is over. */
static struct http_job *next_job(struct lane *lane)
{
    struct http_workers *workers = lane->workers;
    pthread_mutex_lock(&workers->lock);
    while (lane->first == NULL && !workers->is_stopping)
        pthread_cond_wait(&lane->changed, &workers->lock);
    struct http_job *job = lane->first;
    if (job != NULL) {
        lane->first = job->next;
        lane->count--;
    }
    pthread_mutex_unlock(&workers->lock);
    return job;
}

static bool is_stopping(struct http_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    const bool stops = workers->is_stopping;
    pthread_mutex_unlock(&workers->lock);
    return stops;
}

static void *run(void *context)
{
    struct lane *lane = context;
    struct http_job *job;
    http_lower_priority(lane->nice_value);
    while ((job = next_job(lane)) != NULL) {
        if (is_stopping(lane->workers))
            http_answer_text(&job->call, 503, "closedrelay is stopping\n");
        else
            job->route->serve(&job->call);
        lane->workers->done(lane->workers->context, job);
    }
    return NULL;
}

static bool start_lane(struct http_workers *workers, enum http_lane number, int nice_value)
{
    struct lane *lane = &workers->lanes[number];
    pthread_attr_t attributes;
    lane->workers = workers;
    lane->nice_value = nice_value;
    pthread_cond_init(&lane->changed, NULL);
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    lane->is_started = pthread_create(&lane->thread, &attributes, run, lane) == 0;
    pthread_attr_destroy(&attributes);
    return lane->is_started;
}

struct http_workers *http_workers_start(void (*done)(void *context, struct http_job *job), void *context)
{
    struct http_workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL)
        return NULL;
    pthread_mutex_init(&workers->lock, NULL);
    workers->done = done;
    workers->context = context;
    const bool has_quick = start_lane(workers, HTTP_LANE_QUICK, 10);
    if (start_lane(workers, HTTP_LANE_HISTORY, 19) && has_quick)
        return workers;
    http_workers_stop(workers);
    return NULL;
}

bool http_workers_take(struct http_workers *workers, struct http_job *job)
{
    struct lane *lane = &workers->lanes[job->route->lane];
    pthread_mutex_lock(&workers->lock);
    const bool has_room = lane->count < HTTP_QUEUE_MAX && !workers->is_stopping;
    if (has_room) {
        job->next = NULL;
        if (lane->first == NULL)
            lane->first = job;
        else
            lane->last->next = job;
        lane->last = job;
        lane->count++;
        pthread_cond_signal(&lane->changed);
    }
    pthread_mutex_unlock(&workers->lock);
    return has_room;
}

void http_workers_stop(struct http_workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->is_stopping = true;
    for (size_t i = 0; i < LANE_COUNT; i++)
        pthread_cond_signal(&workers->lanes[i].changed);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < LANE_COUNT; i++) {
        if (workers->lanes[i].is_started)
            pthread_join(workers->lanes[i].thread, NULL);
        pthread_cond_destroy(&workers->lanes[i].changed);
    }
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}
