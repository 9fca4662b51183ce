/* Who is at the other end of a unix socket (SO_PEERCRED, SO_PEERGROUPS). */
#ifndef CLOSEDRELAY_MILTER_CONTROL_CONTROL_PEER_H
#define CLOSEDRELAY_MILTER_CONTROL_CONTROL_PEER_H

#include "control_server.h"

/* Fills `caller`. False: it is neither root, nor of the daemon's own user, nor a member of `group`
 * (CONTROL_NO_GROUP: nobody is). Looks the
 * name up, which may ask a directory. */
bool control_peer_read(int descriptor, gid_t group, struct control_caller *caller);

#endif
