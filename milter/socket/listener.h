/*
 * The socket the MTA connects to: ours from bind to the end, whoever accepts on it.
 *
 * libmilter would remove any socket in its way, a living daemon's too, and on exit whatever then has the
 * name.
 */
#ifndef CLOSEDRELAY_MILTER_SOCKET_LISTENER_H
#define CLOSEDRELAY_MILTER_SOCKET_LISTENER_H

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

/* The same at any other place; systemd hands nothing over there. What a daemon before us listened at is taken
 * from it. */
bool listener_open_endpoint(struct listener *listener, const struct config_endpoint *endpoint,
                            const struct unix_socket_access *access, struct strbuf *problem);

/* Whether systemd has handed a socket for the MTA over. */
bool listener_is_activated(const struct policy_daemon_settings *settings);

/* Name and descriptor. */
void listener_close(struct listener *listener);

/* Takes the name of a unix socket away, if it is still ours; the descriptor stays open, and is no longer of
 * concern here. True: nobody can connect to it any more. */
bool listener_remove_name(struct listener *listener);

#endif
