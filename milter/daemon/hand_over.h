/*
 * One daemon takes the place of another, and nobody is refused meanwhile.
 *
 * The new one has read its configuration when it asks the old one over its control socket, by the word
 * HAND_OVER. It is sent the listening sockets (SCM_RIGHTS), opens what else it needs, and says "go". The old
 * one saves what is kept over a restart, for the last time, answers "gone", takes no more connections, and
 * ends when those that it has are over. Until "go" either may fail, and the old one serves on as if nothing
 * had been.
 */
#ifndef CLOSEDRELAY_MILTER_DAEMON_HAND_OVER_H
#define CLOSEDRELAY_MILTER_DAEMON_HAND_OVER_H

#include "control/control_server.h"
#include "http/http_server.h"

#include <stdatomic.h>

#define HAND_OVER "hand-over"

/* ---- the old daemon ----------------------------------------------------------------------------------- */

struct hand_over {
    struct control_server *control;
    struct http_server *http; /* NULL: there is none */
    atomic_int successor;     /* the connection to who takes the place; -1: nobody does */
};

/* Carries HAND_OVER out, in the caller's thread; has the process stop once the successor has said "go". */
int hand_over_offer(struct hand_over *hand_over, struct control_connection *connection, struct strbuf *out);

bool hand_over_is_wanted(const struct hand_over *hand_over);

/* The names of the sockets are the successor's from now on. */
void hand_over_leave_names(struct hand_over *hand_over);

/* Everything is saved: the successor may serve. */
void hand_over_finish(struct hand_over *hand_over);

/* ---- the new one -------------------------------------------------------------------------------------- */

/*
 * Asks the daemon at the control socket `control` for its sockets, which activation.h has then. Returns the
 * connection to it; -1, with nothing in `problem`: none is running there, and one is to start as ever; -1: it
 * keeps them, for the reason in `problem`.
 */
int take_over_begin(const struct config_endpoint *control, struct strbuf *problem);

/* Says "go" and waits for "gone"; closes the connection. False: nobody is gone (reason in `problem`). */
bool take_over_finish(int connection, struct strbuf *problem);

#endif
