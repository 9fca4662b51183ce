/*
 * Waiting for sockets: the one place that knows how this system does it (Linux: epoll, eventfd).
 *
 * A poller is waited at by one thread at a time; everything else may be called by any thread meanwhile.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_POLLER_H
#define CLOSEDRELAY_MILTER_ENGINE_POLLER_H

#include <stdbool.h>
#include <stddef.h>

enum { POLLER_EVENTS_MAX = 64 };

struct poller {
    int queue; /* -1: closed */
    int wake;
};

enum poller_interest {
    POLLER_READABLE,
    POLLER_WRITABLE,
    POLLER_ACCEPTABLE, /* a listening socket that several pollers wait at: one of them is told */
};

/* False: errno says why. */
bool poller_open(struct poller *poller);
void poller_close(struct poller *poller);

/* From now on events of `descriptor` are told as `subject`, again and again until it is removed or what it
 * is ready for was done. False: errno says why. */
bool poller_add(struct poller *poller, int descriptor, enum poller_interest interest, void *subject);
/* Of one that was added. A closed descriptor removes itself. */
void poller_remove(struct poller *poller, int descriptor);

/* Waits at most `timeout_ms` (-1: for ever) and fills `subjects`, which has room for POLLER_EVENTS_MAX. */
size_t poller_wait(struct poller *poller, void **subjects, int timeout_ms);

/* Ends a wait, or the next one. */
void poller_wake(struct poller *poller);

#endif
