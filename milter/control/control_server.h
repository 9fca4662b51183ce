/*
 * The control socket: how an admin talks to the running daemon.
 *
 * A unix socket with a line protocol, version 1. The client sends one line, "closedrelay/1 COMMAND
 * ARGUMENT…", and gets "closedrelay/1 STATUS" (an exit status of sysexits(3)) and then text to the end of the
 * connection. One thread of its own serves one client at a time; each has a few seconds and a bounded line,
 * and more than one line is not read. Who may connect is a matter of the socket's mode and group, and is
 * checked once more by the peer's credentials: root, the daemon's user, members of the socket's group.
 * docs/control.md has the protocol.
 */
#ifndef CLOSEDRELAY_MILTER_CONTROL_SERVER_H
#define CLOSEDRELAY_MILTER_CONTROL_SERVER_H

#include "policy.h"

#include <sys/types.h>

enum {
    CONTROL_LINE_BYTES_MAX = 4096,
    CONTROL_ARGUMENTS_MAX = 32,
};

#define CONTROL_PROTOCOL "closedrelay/1"

/* Carries a command out: argv[0] is its name. Appends the answer to `out` and returns the exit status. Called
 * by the server's thread only. */
typedef int (*control_handler)(void *context, int argc, char **argv, struct strbuf *out);

struct control_server;

struct control_server_options {
    const char *path;
    unsigned mode;
    const char *group; /* "" for group_id */
    uid_t user_id;     /* the daemon's own, to be the socket's where root opens it */
    gid_t group_id;
    unsigned client_wait_ms; /* for a client's line, and for it to take the answer; 0: 3 s */
    control_handler handler;
    void *context;
};

/* Opens the socket; done while still root, so that the group can be set. NULL: `problem` says why. */
struct control_server *control_server_open(const struct control_server_options *options,
                                           struct strbuf *problem);

/* Starts the thread. False: it cannot be started. */
bool control_server_start(struct control_server *server);

/* Ends the thread, removes the socket if it is still ours, and frees. NULL is allowed. */
void control_server_stop(struct control_server *server);

/* Splits `line` at spaces, in place: at most CONTROL_ARGUMENTS_MAX words. Returns their count, or -1 for
 * more. */
int control_split(char *line, char **argv);

#endif
