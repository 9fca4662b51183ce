/*
 * A connection to a socketmap server, that carries one question at a time.
 *
 * Nothing here waits: the socket is non-blocking, and whoever owns the connection polls it. Not thread-safe.
 * For socketmap_client.c only.
 */
#ifndef CLOSEDRELAY_TABLE_SOCKETMAP_CONNECTION_H
#define CLOSEDRELAY_TABLE_SOCKETMAP_CONNECTION_H

#include "table/table_question.h"

struct socketmap_server;

struct socketmap_connection {
    int socket; /* -1: none */
    bool is_connecting;
    bool is_used;                    /* it has carried an answer */
    size_t polled_at;                /* the owner's: where it is polled; 0: nowhere */
    struct table_question *question; /* NULL: it is idle */
    struct strbuf request;
    size_t sent_bytes;
    struct strbuf received;
};

enum socketmap_progress {
    SOCKETMAP_FAILED, /* `errno` says why */
    SOCKETMAP_WAITS,
    SOCKETMAP_DONE,
};

/* Opens the socket; that may go on (`is_connecting`). False: `errno` says why, EAGAIN that the server's queue
 * is full. */
bool socketmap_connect(struct socketmap_connection *connection, const struct socketmap_server *server);
/* Once it can be written to. False: `errno` says why. */
bool socketmap_is_connected(struct socketmap_connection *connection);
void socketmap_disconnect(struct socketmap_connection *connection);

/* Nothing has come, not even the end, since it has answered. */
bool socketmap_is_quiet(const struct socketmap_connection *connection);

/* It carries `question` from now on, until that is released; `request.failed`: no memory. */
void socketmap_begin(struct socketmap_connection *connection, const struct socketmap_server *server,
                     struct table_question *question);
/* The question that it carried, which is no longer its own. */
struct table_question *socketmap_release(struct socketmap_connection *connection);

/* What is left of the request, as far as the socket takes it. */
enum socketmap_progress socketmap_send(struct socketmap_connection *connection);
/* SOCKETMAP_DONE: `payload` is the answer, in memory of the connection's, and it took `bytes` of what was
 * received. */
enum socketmap_progress socketmap_receive(struct socketmap_connection *connection, struct slice *payload,
                                          size_t *bytes);

#endif
