/*
 * The connections that are open, each in its place, so that whoever trickles along or has left is cut off.
 *
 * MHD has a timeout for connections on which nothing moves, none for those that last for ever, and waits for
 * the rest of a request whose sender has closed his half. On the server's thread only.
 */
#ifndef CLOSEDRELAY_MILTER_HTTP_HTTP_CONNECTIONS_H
#define CLOSEDRELAY_MILTER_HTTP_HTTP_CONNECTIONS_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

struct http_connection {
    int descriptor; /* -1: a free place */
    uint64_t since_ms;
    bool is_asking; /* a question is being answered */
};

struct http_connections {
    struct http_connection *places;
    unsigned count_max;
};

/* Room for `count_max`. False: out of memory. */
bool http_connections_init(struct http_connections *connections, unsigned count_max);
void http_connections_deinit(struct http_connections *connections);

/* MHD_OPTION_NOTIFY_CONNECTION, with the struct http_connections as its context. */
void http_connections_note(void *connections, struct MHD_Connection *connection, void **kept,
                           enum MHD_ConnectionNotificationCode code);

/* Whether a question of it is being answered: then its sender may have closed his half. */
void http_connection_asks(struct MHD_Connection *connection, bool is_asking);

/* Its age begins anew. */
void http_connection_renew(struct MHD_Connection *connection);

/* Shuts down those that are older than a minute, and those that were left with half a request; MHD sees their
 * end. */
void http_connections_end_old(const struct http_connections *connections);

#endif
