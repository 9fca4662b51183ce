/* Where log lines go: stderr, syslog, or both. */
#ifndef CLOSEDRELAY_MILTER_DAEMON_LOG_OUTPUT_H
#define CLOSEDRELAY_MILTER_DAEMON_LOG_OUTPUT_H

#include "policy.h"

/*
 * From now on. With `use_syslog`, to syslog under `facility` (LOG_MAIL and its like), and to stderr too
 * unless that ends up in the journal anyway. Otherwise stderr only, with the journal's level prefix where it
 * reads. Before threads start.
 */
void log_output_open(bool use_syslog, int facility);

/* The same later, when the settings have changed. Any thread. */
void log_output_change(bool use_syslog, int facility);

#endif
