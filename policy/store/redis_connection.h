/*
 * One connection to Redis or Valkey, kept by a thread of its own.
 *
 * Callers hand in commands and wait for the answer on a base/pending; nothing of connecting, greeting or
 * probing ever happens on their path. Commands are pipelined. A server that is away is known to be: after a
 * time-out or an error calls fail at once until the server has greeted anew; it is tried at once and then
 * four times a second. Where Sentinels are named they are asked each time who the master is. hiredis' reader
 * parses the answers (Debian's 0.14 has no TLS, no time-outs apart for connecting, and no way to wait for
 * several commands at once, so the socket is ours).
 */
#ifndef CLOSEDRELAY_STORE_REDIS_CONNECTION_H
#define CLOSEDRELAY_STORE_REDIS_CONNECTION_H

#include "base/clock.h"
#include "base/pending.h"
#include "store/redis_address.h"

#include <hiredis/hiredis.h>

struct redis_connection;

struct redis_connection_options {
    const struct redis_address *address; /* stays in place as long as the connection */
    uint64_t connect_ms, command_ms;
    /* Both on the connection's thread, and not to wait; may be NULL. The server is there anew, or away for
     * the reason `trouble`. */
    void (*changed)(void *context, bool is_there, const char *trouble);
    /* About ten times a second while it is there. */
    void (*pulse)(void *context, struct redis_connection *connection);
    void *context;
};

/* NULL: no memory or no thread. The server need not be there. */
struct redis_connection *redis_connection_open(const struct redis_connection_options *options);
/* After the last call; what was handed in is sent as far as the socket takes it, and nothing is waited for.
 * NULL is allowed. */
void redis_connection_close(struct redis_connection *connection);

bool redis_connection_is_there(const struct redis_connection *connection);
/* Why it is away, for people; "" while it is there. Copied into `out`. */
void redis_connection_trouble(struct redis_connection *connection, struct strbuf *out);

/* One command under way, or answered. */
struct redis_call {
    struct pending pending;
    redisReply *reply; /* once done; NULL: the server is away */
    uint64_t done_us;  /* once done: when, monotonic */
};

/* One who waits for as long as a command may take, or `patience_ms` where that is not 0, counted in `bound`;
 * pending_waiter_end() ends it. */
struct pending_waiter redis_waiter(const struct redis_connection *connection, struct pending_bound *bound,
                                   uint64_t patience_ms);

/* Sends a command of `count` arguments. NULL: the server is away, or no memory. The caller drops it in any
 * case. A server that has not answered when `waiter` is at its end (NULL: as long as a command may take) is
 * away. */
struct redis_call *redis_send(struct redis_connection *connection, const struct slice *arguments,
                              size_t count, const struct pending_waiter *waiter);

/* The answer; NULL: none came in time, too many wait already, or `call` is NULL. Valid as long as the call.
 * An answer that is an error is given too. */
const redisReply *redis_wait(struct redis_call *call, struct pending_waiter *waiter);

/* How long ago the answer, or the end of the waiter's time, was there: from then on the thread that waited
 * had only to be given a processor. To be asked right behind redis_wait(). */
uint64_t redis_overdue_us(const struct redis_call *call, const struct pending_waiter *waiter);

void redis_call_drop(struct redis_call *call); /* NULL is allowed */

#endif
