/*
 * Signals as events of the main thread.
 *
 * HUP and USR2 reopen logs, USR1 reloads, TERM and INT stop: open messages are served to their end. Every
 * other thread blocks them, and the main one handles them: so they are the main thread's even where a library
 * waits for them in a thread of its own, as libmilter does (Linux gives a signal of the process to the main
 * thread if that wants it).
 */
#ifndef CLOSEDRELAY_MILTER_DAEMON_SIGNALS_H
#define CLOSEDRELAY_MILTER_DAEMON_SIGNALS_H

#include <stdbool.h>

enum signal_event { SIGNAL_NONE, SIGNAL_REOPEN, SIGNAL_RELOAD, SIGNAL_STOP };

/* Blocks the signals in this thread and all it starts later, and ignores SIGPIPE. Returns a descriptor that
 * is readable while one waits, or -1 with errno. Call before any thread starts. */
int signals_open(void);

/* From now on they come: by the main thread, once it has started the others. */
void signals_listen(void);

/* As if the process were told to stop; any thread. */
void signals_stop(void);

/* The next one waiting; never blocks. */
enum signal_event signals_next(int descriptor);

#endif
