/*
 * One connection to Redis or Valkey, kept by a thread of its own.
 *
 * Callers hand in commands and wait for the answer on a base/pending; nothing of connecting, greeting or
 * probing ever happens on their path. Commands are pipelined. A server that is away is known to be: after a
 * time-out or an error calls fail at once until a probe, four a second, has been answered. hiredis' reader
 * parses the answers (Debian's 0.14 has no TLS, no time-outs apart for connecting, and no way to wait for
 * several commands at once, so the socket is ours).
 */
#ifndef CLOSEDRELAY_STORE_REDIS_CONNECTION_H
#define CLOSEDRELAY_STORE_REDIS_CONNECTION_H

#include "base/clock.h"
#include "base/pending.h"
#include "base/strbuf.h"

#include <hiredis/hiredis.h>

/* Where the server is, read from "redis://[user[:password]@]host[:port][/db]", "rediss://…" (TLS, the
 * server's certificate checked by the system's authorities or `ca_file`), "redis+unix:///path?db=0"; options
 * behind '?': password_file=PATH, ca_file=PATH, db=N. */
struct redis_address {
    char *host, *port; /* or a unix socket at `path` */
    char *path;
    char *user, *password;
    char *ca_file;
    unsigned database;
    bool is_tls;
};

/* Under the talloc context `owner`. False: it cannot be read (what to write instead is in `problem`). Reads
 * the file of the password. */
bool redis_address_read(void *owner, const char *url, struct redis_address *address, struct strbuf *problem);

/* "redis://127.0.0.1:6379/0": without user and password. */
void redis_address_print(const struct redis_address *address, struct strbuf *out);

struct redis_connection;

struct redis_connection_options {
    const struct redis_address *address; /* stays in place as long as the connection */
    uint64_t connect_ms, command_ms;
    /* Called on the connection's thread whenever the server is there anew, or away; may be NULL. */
    void (*changed)(void *context, bool is_there);
    void *context;
};

/* NULL: no memory or no thread. The server need not be there. */
struct redis_connection *redis_connection_open(const struct redis_connection_options *options);
/* After the last call; what is under way fails. NULL is allowed. */
void redis_connection_close(struct redis_connection *connection);

bool redis_connection_is_there(const struct redis_connection *connection);
/* Why it is away, for people; "" while it is there. Copied into `out`. */
void redis_connection_trouble(struct redis_connection *connection, struct strbuf *out);

/* One command under way, or answered. */
struct redis_call {
    struct pending pending;
    redisReply *reply; /* once done; NULL: the server is away */
};

/* Sends a command of `count` arguments. NULL: the server is away, or no memory. The caller drops it in any
 * case. */
struct redis_call *redis_send(struct redis_connection *connection, const struct slice *arguments,
                              size_t count);

/* The answer, waited for as long as a command may take; NULL: none came. Valid as long as the call. An answer
 * that is an error is given too. */
const redisReply *redis_wait(struct redis_connection *connection, struct redis_call *call);

void redis_call_drop(struct redis_call *call); /* NULL is allowed */

#endif
