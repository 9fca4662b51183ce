/*
 * A share of the connections, and the thread that drives it.
 *
 * A connection stays with its reactor for life. One thread at a time drives a reactor: it waits at the
 * poller, serves whoever has sent something, and sees to deadlines. A thread that is kept by a callback (a
 * table, a large message) stays with its one connection while another takes the reactor over;
 * it gives the connection back afterwards. So no session waits for another one.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_REACTOR_H
#define CLOSEDRELAY_MILTER_ENGINE_REACTOR_H

#include "acceptor.h"
#include "outbox.h"

#include <pthread.h>
#include <stdatomic.h>

struct crew;
struct worker;

struct reactor {
    struct crew *crew;
    struct poller poller;
    /* The driver's: */
    struct acceptor acceptor;
    bool is_hurrying; /* connections that are idle are closed soon */
    struct connection *connections;
    struct outbox outbox;
    struct deadline_list idle, parts, aside;
    /* Under the lock: */
    pthread_mutex_t lock;
    struct worker *driver; /* NULL: it has ended */
    struct connection
        *returned; /* by threads that stayed with them, or told that what they wait for is there */
    bool is_told_to_drain, is_told_to_hurry;
    bool is_told_to_end;
};

/* `listening` is duplicated. False: errno says why. */
bool reactor_open(struct reactor *reactor, struct crew *crew, int listening);
void reactor_close(struct reactor *reactor);

/* Drives `worker->reactor` until another takes it over, or to its end. */
void reactor_drive(struct worker *worker);

/* Lets in whoever waits at the socket, and then nobody; closes connections that are idle, unless it
 * `is_patient`. Any thread. */
void reactor_drain(struct reactor *reactor, bool is_patient);
/* Ends all connections, and driving. Any thread. */
void reactor_end(struct reactor *reactor);

#endif
