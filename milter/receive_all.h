/* Exactly so many bytes from a blocking socket. */
#ifndef CLOSEDRELAY_MILTER_RECEIVE_ALL_H
#define CLOSEDRELAY_MILTER_RECEIVE_ALL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* False: the connection has ended, or stood still for longer than its timeout. */
static inline bool receive_all(int descriptor, void *bytes, size_t length)
{
    char *to = bytes;
    while (length > 0) {
        ssize_t count = recv(descriptor, to, length, MSG_WAITALL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        to += count;
        length -= (size_t)count;
    }
    return true;
}

#endif
