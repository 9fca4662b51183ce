/*
 * The socket the MTA connects to: ours from bind to the end, libmilter only accepts on it.
 *
 * libmilter would remove any socket in its way, a living daemon's too, and on exit whatever then has the
 * name.
 */
#ifndef CLOSEDRELAY_MILTER_DAEMON_LISTENER_H
#define CLOSEDRELAY_MILTER_DAEMON_LISTENER_H

#include "policy.h"
#include "unix_socket.h"

struct listener {
    int descriptor;          /* -1: closed */
    struct unix_socket name; /* of a unix socket of our own; empty otherwise */
};

/*
 * Opens and listens at settings->listen, or takes the socket systemd hands over (LISTEN_FDS). A unix socket
 * gets its mode and group before it gets its name. A socket left behind is replaced, if nobody answers there.
 * False: the reason is in `problem`.
 */
bool listener_open(struct listener *listener, const struct policy_daemon_settings *settings,
                   struct strbuf *problem);

/* Hands the socket to libmilter. False: libmilter refused it. */
bool listener_give_to_milter(const struct listener *listener);

/* No new connections from now on, whatever libmilter does; those open go on. Removes the socket's name, if it
 * is still ours. */
void listener_stop(struct listener *listener);

/* Removes the name if it is still ours, and frees. The descriptor stays libmilter's. */
void listener_deinit(struct listener *listener);

#endif
