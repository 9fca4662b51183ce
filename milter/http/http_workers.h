/* Who makes the answers: a thread a lane, each with a short queue. */
#ifndef CLOSEDRELAY_MILTER_HTTP_HTTP_WORKERS_H
#define CLOSEDRELAY_MILTER_HTTP_HTTP_WORKERS_H

#include "http/http_call.h"

/* Embedded in what belongs to the caller. */
struct http_job {
    struct http_call call;
    const struct http_route *route;
    struct http_job *next;
};

struct http_workers;

/* `done` is called on the worker's thread with each job whose answer is made; it must be short. NULL: no
 * memory or no thread. */
struct http_workers *http_workers_start(void (*done)(void *context, struct http_job *job), void *context);

/* False: as many wait as may (HTTP_QUEUE_MAX a lane). */
bool http_workers_take(struct http_workers *workers, struct http_job *job);

/* Every job that was taken is done when it returns. NULL is allowed. */
void http_workers_stop(struct http_workers *workers);

enum { HTTP_QUEUE_MAX = 32 };

/* The priority of the calling thread, by its nice value; what goes wrong with that does no harm. */
void http_lower_priority(int nice_value);

#endif
