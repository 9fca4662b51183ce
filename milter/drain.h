/* The end of the daemon: no new connections, those open served to their end, then libmilter stopped. */
#ifndef CLOSEDRELAY_MILTER_DRAIN_H
#define CLOSEDRELAY_MILTER_DRAIN_H

#include "listener.h"

#include <pthread.h>

struct drain {
    struct listener *listener;
    int signals;             /* a second signal to stop ends the wait */
    uint64_t wait_ms;        /* for open sessions */
    pthread_t milter_thread; /* runs smfi_main */
};

/* Returns when libmilter has stopped and no callback runs. False: a callback did not come back in time, and
 * nothing that callbacks use may be freed. */
bool drain_run(const struct drain *drain);

#endif
