/*
 * Watches over libmilter's pool of threads, which may forget a session.
 *
 * The pool counts a thread as idle until that has woken up. Two sessions ready at the same moment may both be
 * left to one thread; if it is then kept (a name server that is slow, a packet that is not whole), the second
 * session waits for as long, though it has nothing to do with the first. So while a thread is kept, the pool
 * is knocked at every few milliseconds: with the visitor comes a thread that also takes whoever waits.
 */
#ifndef CLOSEDRELAY_MILTER_LIBMILTER_POOL_WATCH_H
#define CLOSEDRELAY_MILTER_LIBMILTER_POOL_WATCH_H

#include <stdbool.h>

/* Starts the watching thread, which calls `knock`. */
bool pool_watch_start(void (*knock)(void));

/* Around whatever may keep one of the pool's threads. */
unsigned pool_watch_enter(void);
void pool_watch_leave(unsigned period);

#endif
