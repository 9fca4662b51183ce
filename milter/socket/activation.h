/*
 * Sockets that systemd opened before us and hands over: sd_listen_fds(3). They outlive the process, so that
 * nobody is refused while a new one starts, and belong to whom the unit says.
 */
#ifndef CLOSEDRELAY_MILTER_SOCKET_ACTIVATION_H
#define CLOSEDRELAY_MILTER_SOCKET_ACTIVATION_H

#include "policy.h"

enum { ACTIVATION_FIRST_DESCRIPTOR = 3, ACTIVATION_NONE = -1 };

/* How many were handed over to this process; 0 without systemd. */
int activation_count(void);

/* The socket handed over that listens at `path`, non-blocking and closed on exec; ACTIVATION_NONE: there is
 * none. It is the caller's. */
int activation_take_unix(const char *path);

/*
 * The first that does not listen at the unix socket `other` ("" for none): there the MTA is expected.
 * `differs` is told whether it listens elsewhere than at `endpoint`. ACTIVATION_NONE: there is none.
 */
int activation_take_milter(const struct config_endpoint *endpoint, const char *other, bool *differs);

#endif
