/*
 * Sockets that were opened before us and are handed over. They outlive the process that opened them, so that
 * nobody is refused while a new one starts.
 *
 * systemd's come by sd_listen_fds(3); they belong to whom the unit says, and their names are systemd's. Those
 * of a daemon whose place this one takes (daemon/hand_over.h) are as if we had opened them.
 */
#ifndef CLOSEDRELAY_MILTER_SOCKET_ACTIVATION_H
#define CLOSEDRELAY_MILTER_SOCKET_ACTIVATION_H

#include "policy.h"

enum { ACTIVATION_FIRST_DESCRIPTOR = 3, ACTIVATION_NONE = -1 };

/* How many were handed over to this process; 0 without systemd. */
int activation_count(void);

/* Takes over `count` listening sockets of a daemon before us; before anything is opened, and once. */
void activation_inherit(const int *descriptors, size_t count);
/* The inherited one that listens at `endpoint`, the caller's from now on; ACTIVATION_NONE: there is none. */
int activation_take_inherited(const struct config_endpoint *endpoint);
/* Closes those that nobody has taken. */
void activation_drop_inherited(void);

/* The socket that systemd hands over and that listens at `path`, non-blocking and closed on exec;
 * ACTIVATION_NONE: there is none. It is the caller's. */
int activation_take_unix(const char *path);

/*
 * The first that does not listen at the unix socket `other` ("" for none): there the MTA is expected.
 * `differs` is told whether it listens elsewhere than at `endpoint`. ACTIVATION_NONE: there is none.
 */
int activation_take_milter(const struct config_endpoint *endpoint, const char *other, bool *differs);

#endif
