/*
 * The words of a request, as they go over the control socket.
 *
 * They are those of the command line, each percent-encoded so that no blank splits it: the command's name,
 * then
 * `--OPTION=VALUE`, `--FLAG` and, behind `--`, the arguments.
 */
#ifndef CLOSEDRELAY_MILTER_CONTROL_CONTROL_LINE_H
#define CLOSEDRELAY_MILTER_CONTROL_CONTROL_LINE_H

#include "commands/command.h"

/* Appends the words of `call`, and --json where that is wanted, with blanks between. */
void control_line_write(const struct command_call *call, bool json, struct strbuf *out);

/* Splits `line` at blanks, in place: at most `words_max` words. Returns their count, or -1 for more. */
int control_line_split(char *line, char **words, int words_max);

/* Undoes the encoding of one word, in place. False: it was not encoded so, or holds a NUL. */
bool control_line_decode(char *word);

#endif
