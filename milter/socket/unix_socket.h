/*
 * A listening unix socket whose name is ours alone to give and to take.
 *
 * It gets its mode and group before its name, so that whoever sees the name finds a socket that answers. A
 * socket left behind is replaced, if nobody answers there; anything else in its place is left alone.
 */
#ifndef CLOSEDRELAY_MILTER_SOCKET_UNIX_SOCKET_H
#define CLOSEDRELAY_MILTER_SOCKET_UNIX_SOCKET_H

#include "policy.h"

#include <sys/types.h>

struct unix_socket {
    int descriptor; /* non-blocking, listening; -1: closed */
    char *path;     /* NULL once the name was removed */
    dev_t device;   /* of the socket at `path` when we made it */
    ino_t inode;
};

struct unix_socket_access {
    unsigned mode;
    const char *group; /* "" for the process' own */
};

/* Whether the name may be taken: nothing is there, or a socket where nobody answers. False: `problem` says
 * what is. */
bool unix_socket_is_free(const char *path, struct strbuf *problem);

/* One that somebody else has made at `path`: gives it mode and group, and has its name removed later.
 * `descriptor`: -1 where it is not ours. False: the reason is in `problem`. */
bool unix_socket_adopt(struct unix_socket *listening, int descriptor, const char *path,
                       const struct unix_socket_access *access, struct strbuf *problem);

/* False: the reason is in `problem`. */
bool unix_socket_open(struct unix_socket *listening, const char *path,
                      const struct unix_socket_access *access, struct strbuf *problem);

/* Whether `descriptor` is a socket that was bound for `path`, by unix_socket_open or by anybody else. */
bool unix_socket_is_for(int descriptor, const char *path);

/* The name is somebody else's from now on, and stays. */
void unix_socket_leave_name(struct unix_socket *listening);

/* Takes the name away if it is still ours; the socket goes on. */
void unix_socket_remove_name(struct unix_socket *listening);

/* The name and the socket. */
void unix_socket_close(struct unix_socket *listening);

#endif
