/*
 * The MTA's side of the daemon: takes connections at a socket and serves each with the policy.
 *
 * Two stand behind this header, and the build has one of them (CLOSEDRELAY_MILTER): milter/engine/, which
 * speaks the protocol itself, and milter/libmilter/, which has Sendmail's library do it and can promise less
 * (milter_server_shortcomings). The callbacks of this folder are the same for both. One server a process.
 */
#ifndef CLOSEDRELAY_MILTER_CALLBACKS_MILTER_SERVER_H
#define CLOSEDRELAY_MILTER_CALLBACKS_MILTER_SERVER_H

#include "policy.h"

struct listener; /* socket/listener.h */

/*
 * Opens the socket that the settings name, or takes the one that systemd hands over; a unix socket gets its
 * group and mode. Nobody is served yet. Before root's rights are given up. False: `problem` says why.
 */
bool milter_server_open(const struct policy_daemon_settings *settings, struct strbuf *problem);

/*
 * Serves whoever connects. `engine` is to outlive milter_server_end. Starts threads: after everything that a
 * process can do without threads only. False: `problem` says why.
 */
bool milter_server_start(struct policy_engine *engine, struct strbuf *problem);

/* What an admin is to know that this build cannot do; NULL: nothing. */
const char *milter_server_shortcomings(void);

/* Whether an answer to a piece of the body may be taken for the answer to the whole message: the end may
 * bring a piece with it. Then every piece is answered, and with CONTINUE alone. */
bool milter_server_mistakes_body_answers(void);

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

/* The socket, to be handed over to another daemon; NULL: this build cannot. */
struct listener *milter_server_listener(void);

/* Takes no more connections; messages that are open go on to their end. Connections without one are closed
 * once they have been quiet for two seconds, unless it `is_patient`. */
void milter_server_refuse_new(bool is_patient);

/* Ends every session. True: nothing uses the engine any more. False: a step did not come back within
 * `wait_ms`, and nothing may be freed. */
bool milter_server_end(uint64_t wait_ms);

/* Takes the socket's name away, if it is still ours. Harmless at any time. */
void milter_server_close(void);

#endif
