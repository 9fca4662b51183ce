/* The other end of the control socket: what `closedrelay status` and its like do. */
#ifndef CLOSEDRELAY_MILTER_CONTROL_CLIENT_H
#define CLOSEDRELAY_MILTER_CONTROL_CLIENT_H

/*
 * Sends a command to the daemon at the socket `path` and prints its answer: to stdout where it succeeded,
 * else to stderr. Returns the daemon's exit status; EX_UNAVAILABLE, said on stderr, where nobody answers.
 */
int control_client_run(const char *path, int argc, const char *const *argv);

#endif
