/*
 * The MTA's side of the daemon: takes connections at a socket and serves each with the policy.
 *
 * All that knows libmilter stands in this folder, behind this header. One server a process, for libmilter is
 * one. It was not made for what a daemon needs (it stops at signals, waits for none of its threads at its
 * end, takes no pause where descriptors run out), so a few functions are replaced in the whole process:
 * accept and sigwait of the C library, mi_rd_cmd of libmilter's own. A libmilter that was linked so that it
 * calls its own functions all the same (-Bsymbolic, statically) cannot be served with: milter_server_start
 * finds that out.
 *
 * What it cannot promise: a session that is waiting (for a name server, a table) keeps one of libmilter's
 * threads, of which there are as many as it takes; and those threads are still there at the end, with nothing
 * left that they could touch.
 */
#ifndef CLOSEDRELAY_MILTER_LIBMILTER_MILTER_SERVER_H
#define CLOSEDRELAY_MILTER_LIBMILTER_MILTER_SERVER_H

#include "policy.h"

/*
 * Serves whoever connects to `listening`, a listening socket that does not block; it is the server's from now
 * on. Before the first connection is taken it is made sure, with a connection of its own, that the replaced
 * functions are the ones called. `engine` is to outlive milter_server_end. Starts threads: after everything
 * that a process can do without threads only. False: `problem` says why.
 */
bool milter_server_start(struct policy_engine *engine, int listening, struct strbuf *problem);

/* A descriptor that becomes readable when serving has ended by itself. */
int milter_server_ended(void);

struct milter_server_limits {
    uint64_t sessions_max; /* one more is told 421 at connect */
    int descriptors_max;   /* a connection that would get this one or above is closed: others need them too */
};

/* Any thread, at any time; before the start too. */
void milter_server_limit(const struct milter_server_limits *limits);

/* The connections open now. Any thread. */
uint64_t milter_server_session_count(void);

/* For how many ms the slowest of the steps that are being answered now has been under way. Any thread. */
uint64_t milter_server_slowest_ms(uint64_t now_ms);

/* Takes no more connections; those that are open go on. `name_is_gone`: nobody else can connect to the
 * socket, so whoever waits at it is let in first. */
void milter_server_refuse_new(bool name_is_gone);

/* Ends every session. True: nothing uses the engine any more. False: a step did not come back within
 * `wait_ms`, and nothing may be freed. */
bool milter_server_end(uint64_t wait_ms);

#endif
