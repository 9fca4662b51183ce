/*
 * Which sessions are open, and which callbacks are running: what a drain waits for.
 *
 * libmilter does not end its sessions when it stops: it calls neither abort nor close. So sessions and
 * running callbacks are counted here; at the end no callback is let in any more (the door is shut), and the
 * sessions that are left are ended. All functions may be called from any thread. One registry a process.
 */
#ifndef CLOSEDRELAY_MILTER_CALLBACKS_SESSION_REGISTRY_H
#define CLOSEDRELAY_MILTER_CALLBACKS_SESSION_REGISTRY_H

#include "policy_session.h"

#include <stdatomic.h>

/* One MTA connection as milter/ knows it; made by negotiation, freed by close. */
struct milter_session {
    /* NULL before the connection is known, and once the registry has ended it */
    struct policy_session *policy;
    unsigned long actions;                  /* negotiated, SMFIF_ */
    unsigned long steps;                    /* negotiated, SMFIP_ */
    char mta_version[8];                    /* the beginning of {v}, which tells whose it is */
    bool is_refused;                        /* no room: told so at connect */
    bool body_is_done;                      /* the rest of this message's body no longer matters */
    atomic_uint_least64_t busy_since_ms;    /* when the running callback began; 0: none is running */
    struct milter_session *next, *previous; /* under the registry's lock */
};

/* At most `sessions_max` sessions are served at a time; may be changed at any time. */
void registry_set_limit(uint64_t sessions_max);

/* Adds `session`. False: there is no room, and the session is counted but to be refused. */
bool registry_add(struct milter_session *session);
void registry_remove(struct milter_session *session);
uint64_t registry_session_count(void);

/* Around every callback. False: the door is shut, nothing may be touched and registry_leave not be called. */
bool registry_enter(void);
void registry_leave(void);

/* No callback enters any more. Waits up to `wait_ms` for those inside; false: some still are. */
bool registry_shut(uint64_t wait_ms);

/* After registry_shut returned true: ends the policy session of every session still open. */
void registry_end_all(void);

/* How long the slowest running callback has been at it, in ms. */
uint64_t registry_slowest_ms(uint64_t now_ms);

#endif
