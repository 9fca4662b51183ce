/* The daemon: start order, its loop, reload, shutdown order. */
#ifndef CLOSEDRELAY_MILTER_DAEMON_DAEMON_H
#define CLOSEDRELAY_MILTER_DAEMON_DAEMON_H

/* Serves in the foreground until told to stop. `config_path` NULL: the founding policy. Returns an exit
 * status of sysexits(3). */
int daemon_run(const char *config_path);

#endif
