/* The end of the daemon: no new connections, those open served to their end, then no more at all. */
#ifndef CLOSEDRELAY_MILTER_DAEMON_DRAIN_H
#define CLOSEDRELAY_MILTER_DAEMON_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct drain {
    int signals;      /* a second signal to stop ends the wait */
    uint64_t wait_ms; /* for open sessions */
    bool is_patient;  /* those without a message are waited for, too */
};

/* Returns when no callback runs and none will, and every session is ended. False: a callback did not come
 * back in time, and nothing that callbacks use may be freed. */
bool drain_run(const struct drain *drain);

#endif
