/* Completion for shells, made from the table of commands. */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_COMPLETION_H
#define CLOSEDRELAY_MILTER_COMMANDS_COMPLETION_H

/* Prints the script for "bash", "zsh" or "fish". Returns an exit status of sysexits(3): EX_USAGE for another
 * shell. */
int completion_print(const char *shell);

#endif
