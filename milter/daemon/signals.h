/*
 * Signals belong to the daemon, not to libmilter.
 *
 * libmilter takes TERM, HUP and INT for orders to stop at once. Here they are blocked in every thread and
 * read as events by the main one: HUP reopens logs, USR1 reloads, TERM and INT drain.
 */
#ifndef CLOSEDRELAY_MILTER_DAEMON_SIGNALS_H
#define CLOSEDRELAY_MILTER_DAEMON_SIGNALS_H

#include <stdbool.h>

enum signal_event { SIGNAL_NONE, SIGNAL_REOPEN, SIGNAL_RELOAD, SIGNAL_STOP };

/* Blocks the signals in this thread and all it starts later, and ignores SIGPIPE. Returns a descriptor that
 * is readable while one waits, or -1 with errno. Call before any thread starts. */
int signals_open(void);

/* Returns once libmilter's signal thread has got nothing to do, and libmilter with it has been set up. False:
 * not within `wait_ms`. */
bool signals_wait_for_milter(unsigned wait_ms);

/* The next one waiting; never blocks. */
enum signal_event signals_next(int descriptor);

#endif
