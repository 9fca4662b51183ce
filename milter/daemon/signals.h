/*
 * Signals as events of the main thread; they are blocked in every other.
 *
 * HUP reopens logs, USR1 reloads, TERM and INT stop: open sessions are served to their end.
 */
#ifndef CLOSEDRELAY_MILTER_DAEMON_SIGNALS_H
#define CLOSEDRELAY_MILTER_DAEMON_SIGNALS_H

#include <stdbool.h>

enum signal_event { SIGNAL_NONE, SIGNAL_REOPEN, SIGNAL_RELOAD, SIGNAL_STOP };

/* Blocks the signals in this thread and all it starts later, and ignores SIGPIPE. Returns a descriptor that
 * is readable while one waits, or -1 with errno. Call before any thread starts. */
int signals_open(void);

/* The next one waiting; never blocks. */
enum signal_event signals_next(int descriptor);

#endif
