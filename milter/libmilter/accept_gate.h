/*
 * Between the listening socket and libmilter, which polls a descriptor of ours in the socket's place.
 *
 * So new connections can be stopped while libmilter goes on, a shortage of descriptors does not make its
 * listener spin, and its pool of threads can be woken (pool_watch.h). One gate a process.
 */
#ifndef CLOSEDRELAY_MILTER_LIBMILTER_ACCEPT_GATE_H
#define CLOSEDRELAY_MILTER_LIBMILTER_ACCEPT_GATE_H

#include <stdbool.h>

/* Takes the place of `listening` (non-blocking, in libmilter's hands, not yet polled). Nobody is let in yet.
 * False: errno says why. */
bool accept_gate_open(int listening);

/* From now on connections are accepted. False: errno says why. */
bool accept_gate_let_in(void);

/* Closes the socket: nobody new gets in. Who has connected already is let in first, where `name_is_gone` says
 * that nobody else can. */
void accept_gate_close(bool name_is_gone);

/* Gives libmilter a connection whose other end is closed already: it starts or wakes a thread for it, and
 * that thread looks for other sessions too before it sleeps. Any thread. */
void accept_gate_wake_pool(void);

/* A connection that would get a descriptor of `most` or above is closed at once: descriptors for name servers
 * and logs are kept free. */
void accept_gate_keep_below(int most);

#endif
