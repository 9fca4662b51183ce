/* Manual pages from the tables of commands and keys. All functions return an exit status of sysexits(3). */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_MAN_PAGE_H
#define CLOSEDRELAY_MILTER_COMMANDS_MAN_PAGE_H

/* Prints the section COMMANDS of closedrelay(8) in roff: each command with its summary and its options. */
int man_page_print_commands(void);

/* Writes a page for each command, closedrelay-NAME.8, and closedrelay.yaml.5 into the folder `path`. */
int man_page_write_all(const char *path);

#endif
