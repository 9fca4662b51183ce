/* Finding the running daemon for a command that it is to carry out. */
#ifndef CLOSEDRELAY_MILTER_CONTROL_ASK_H
#define CLOSEDRELAY_MILTER_CONTROL_ASK_H

/*
 * Sends the command to the socket `socket`, or where that is NULL to the one of the configuration `config`
 * (NULL: the built-in one), and prints the answer. Returns an exit status of sysexits(3).
 */
int control_ask(const char *config, const char *socket, int argc, const char *const *argv);

#endif
