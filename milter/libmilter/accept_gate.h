/*
 * Between the listening socket and libmilter, which polls a descriptor of ours in the socket's place.
 *
 * So new connections can be stopped while libmilter goes on, a shortage of descriptors is not the loop
 * without a pause that libmilter makes of it, and a sleeping pool can be knocked at (pool_watch.h). One gate
 * a process.
 */
#ifndef CLOSEDRELAY_MILTER_LIBMILTER_ACCEPT_GATE_H
#define CLOSEDRELAY_MILTER_LIBMILTER_ACCEPT_GATE_H

#include <stdbool.h>

/* Takes the place of `listening` (non-blocking, in libmilter's hands, not yet polled). False: errno says why.
 */
bool accept_gate_open(int listening);

/* Closes the socket: nobody new gets in. Who has connected already is let in first, where `name_is_gone` says
 * that nobody else can. */
void accept_gate_close(bool name_is_gone);

/* Lets in a visitor who leaves at once: libmilter's pool then looks round. Any thread. */
void accept_gate_knock(void);

/* A connection that would get a descriptor of `most` or above is closed at once: descriptors for name servers
 * and logs are kept free. */
void accept_gate_keep_below(int most);

#endif
