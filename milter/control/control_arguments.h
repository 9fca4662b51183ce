/* Arguments with blanks in them, as words of the control socket's line: percent-encoded. */
#ifndef CLOSEDRELAY_MILTER_CONTROL_CONTROL_ARGUMENTS_H
#define CLOSEDRELAY_MILTER_CONTROL_CONTROL_ARGUMENTS_H

#include "policy.h"

/* Appends `text` as one word: blanks, control bytes, '%' and bytes beyond ASCII as %XX. */
void control_argument_encode(const char *text, struct strbuf *out);

/* The reverse, in place. False: the word was not encoded so. */
bool control_argument_decode(char *word);

#endif
