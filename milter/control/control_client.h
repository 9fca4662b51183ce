/* The other end of the control socket: a line out, an answer in. */
#ifndef CLOSEDRELAY_MILTER_CONTROL_CONTROL_CLIENT_H
#define CLOSEDRELAY_MILTER_CONTROL_CONTROL_CLIENT_H

#include "commands/command.h"

/* A connection to the socket `path`. -1: errno says why. */
int control_client_connect(const char *path);

/*
 * Sends `words` (control_line.h) to the daemon at the socket `path` and prints its answer as it comes: to
 * stdout where it succeeded, else to stderr. Returns the daemon's exit status; EX_UNAVAILABLE, said on
 * stderr, where nobody answers.
 */
int control_client_run(const char *path, const struct command *command, struct slice words);

#endif
