/* The part of the man page that the table of commands gives: `closedrelay --man-commands`. */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_MAN_PAGE_H
#define CLOSEDRELAY_MILTER_COMMANDS_MAN_PAGE_H

/* Prints the section COMMANDS in roff: each command with its summary and its options. Returns an exit status.
 */
int man_page_print_commands(void);

#endif
