/* The daemon: start order, its loop, reload, shutdown order. */
#ifndef CLOSEDRELAY_MILTER_DAEMON_DAEMON_H
#define CLOSEDRELAY_MILTER_DAEMON_DAEMON_H

#include <stdbool.h>

/* Serves in the foreground until told to stop. `config_path` NULL: the founding policy. `takes_over`: from
 * the daemon that runs, if one does (hand_over.h). Returns an exit status of sysexits(3). */
int daemon_run(const char *config_path, bool takes_over);

#endif
