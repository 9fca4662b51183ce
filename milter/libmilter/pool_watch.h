/*
 * Watches over libmilter's pool of threads, which may forget a session.
 *
 * The pool counts a thread as idle until that has woken up. Two sessions that become ready at the same moment
 * may both be left to one thread; if that is then kept (by a slow name server, by half a packet), the second
 * session waits as long, though it has nothing to do with the first. So while a thread is kept, the pool is
 * given a connection every few milliseconds that ends at once: it takes a thread for it, and that thread also
 * serves the session that waits.
 */
#ifndef CLOSEDRELAY_MILTER_LIBMILTER_POOL_WATCH_H
#define CLOSEDRELAY_MILTER_LIBMILTER_POOL_WATCH_H

#include <stdbool.h>

/* Starts the watching thread, which calls `wake_pool`. */
bool pool_watch_start(void (*wake_pool)(void));

/* Around whatever may keep one of the pool's threads. */
unsigned pool_watch_enter(void);
void pool_watch_leave(unsigned period);

#endif
