/*
 * New connections, taken at a listening socket that the reactors share; calm where the system is short of
 * descriptors or memory.
 *
 * Used by the thread that drives the reactor.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_ACCEPTOR_H
#define CLOSEDRELAY_MILTER_ENGINE_ACCEPTOR_H

#include "connection.h"
#include "poller.h"

struct acceptor {
    struct poller *poller;
    int listening; /* -1: takes no connections, for good */
    bool is_polled;
    uint64_t again_ms; /* while the system is short of something; 0: it is not */
};

/* `listening` is duplicated; the poller tells the acceptor where there is a connection. False: errno says
 * why; acceptor_close is to be called all the same. */
bool acceptor_open(struct acceptor *acceptor, struct poller *poller, int listening);
/* Takes no connections any more. */
void acceptor_close(struct acceptor *acceptor);

/* One with a descriptor below `descriptors_max`. NULL: errno says why. EAGAIN: there is none; ECONNABORTED:
 * one was closed, and that is said. */
struct connection *acceptor_take(const struct acceptor *acceptor, int descriptors_max,
                                 const struct smfiDesc *description);

/* After acceptor_take gave none: where the system is short of something, takes none for a while. */
void acceptor_rest(struct acceptor *acceptor, uint64_t now_ms);
/* Takes some again where the while is over. */
void acceptor_resume(struct acceptor *acceptor, uint64_t now_ms);

#endif
