/* A command of the daemon's at its caller's end: the options that all of them take, the question, its answer.
 */
#ifndef CLOSEDRELAY_MILTER_CONTROL_CONTROL_COMMAND_H
#define CLOSEDRELAY_MILTER_CONTROL_CONTROL_COMMAND_H

#include "commands/command.h"

struct control_options {
    const char *config; /* whose control socket it is; NULL: the usual configuration */
    const char *socket; /* the socket itself; NULL: the configuration's */
    bool json;
};

/* The table for a struct control_options. */
const struct option *control_command_options(const struct command *command);

/* Finds the daemon, has it carry the command out and prints its answer. Returns an exit status. */
int control_command_ask(const struct command_call *call, const struct control_options *options);

#endif
