/*
 * The control socket: how an admin talks to the running daemon.
 *
 * A unix socket with a line protocol, version 1. The client sends one line, "closedrelay/1 COMMAND WORD…"
 * (control_line.h), and gets "closedrelay/1 STATUS" (an exit status of sysexits(3)) and then text to the end
 * of the connection. Every client has a thread of its own, a bounded line, and a few seconds for each step,
 * so that none holds up another; of clients at a time there are CONTROL_CLIENTS_MAX, the next one waits. Who
 * may connect is a matter of the socket's mode and group, and is checked once more by the peer's credentials:
 * root, the daemon's user, members of one group, which is not the one that MTAs reach the milter by.
 * docs/control.md has the protocol.
 */
#ifndef CLOSEDRELAY_MILTER_CONTROL_CONTROL_SERVER_H
#define CLOSEDRELAY_MILTER_CONTROL_CONTROL_SERVER_H

#include "policy.h"
#include "socket/unix_socket.h"

#include <sys/types.h>

enum {
    CONTROL_LINE_BYTES_MAX = 4096,
    CONTROL_WORDS_MAX = 32,
    CONTROL_CLIENTS_MAX = 32,
    CONTROL_STREAMS_MAX = 8, /* of them; a stream may last */
    CONTROL_NAME_BYTES = 64,
    CONTROL_DESCRIPTORS_MAX = 4, /* sent at a time */
};

#define CONTROL_PROTOCOL "closedrelay/1"

/* Then root and the daemon's user alone may connect. */
#define CONTROL_NO_GROUP ((gid_t)-1)

/* The status of an answer that tells of something wrong; beside those of sysexits(3). */
enum { CONTROL_STATUS_ILL = 1 };

/* Who is at the other end. */
struct control_caller {
    uid_t user_id;
    bool is_root;                  /* or the daemon's own user */
    char name[CONTROL_NAME_BYTES]; /* of the user; "uid 1000" where it has none */
};

struct control_connection;

const struct control_caller *control_connection_caller(const struct control_connection *connection);

/*
 * Sends `text` at once, ahead of what the handler appends; the status of the answer is then 0 whatever the
 * handler returns. False: the caller has gone, does not take it in time, is one stream too many, or the
 * daemon stops; the handler is to return.
 */
bool control_connection_stream(struct control_connection *connection, struct slice text);

/* Whether the caller is still there and the daemon goes on; waits up to `wait_ms` for the contrary. */
bool control_connection_is_open(const struct control_connection *connection, unsigned wait_ms);

/* Sends `count` descriptors with `text`, which is a line. False as above. */
bool control_connection_send_descriptors(struct control_connection *connection, struct slice text,
                                         const int *descriptors, size_t count);

/* Whether the caller sends `wanted`, a line without its end, within `wait_ms`; where a handler needs a word
 * more. */
bool control_connection_hears(struct control_connection *connection, const char *wanted, unsigned wait_ms);

/* The connection, to be answered on after the handler has returned; the caller's. -1: errno says why. */
int control_connection_keep(const struct control_connection *connection);

/* Carries a command out: argv[0] is its name, argv[argc] NULL. Appends the answer to `out` and returns the
 * exit status. Called by several threads at a time. */
typedef int (*control_handler)(void *context, struct control_connection *connection, int argc, char **argv,
                               struct strbuf *out);

struct control_server;

struct control_server_options {
    const char *path;
    int descriptor;          /* listens there already; 0: it is to be made */
    bool is_foreign;         /* that one has its mode and owner, and its name is not ours to remove */
    unsigned mode;           /* without a group, its bits for the group do not count */
    uid_t user_id;           /* the daemon's own, to be the socket's where root opens it */
    gid_t group_id;          /* whose members may connect, or CONTROL_NO_GROUP */
    unsigned client_wait_ms; /* for a client's line, and for it to take the answer; 0: 3 s */
    control_handler handler;
    void *context;
};

/* Opens the socket; done while still root, so that the group can be set. NULL: `problem` says why. */
struct control_server *control_server_open(const struct control_server_options *options,
                                           struct strbuf *problem);

/* To be handed over to another daemon. */
struct unix_socket *control_server_socket(struct control_server *server);

/* Starts the thread that takes clients. False: it cannot be started. */
bool control_server_start(struct control_server *server);

/* Sends every client away, waits for commands that are being carried out, removes the socket if it is still
 * ours, and frees. NULL is allowed. */
void control_server_stop(struct control_server *server);

#endif
