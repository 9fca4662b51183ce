/* Small texts that several parts of the help page need. For the files of this room. */
#ifndef CLOSEDRELAY_PAGE_HELP_TEXTS_H
#define CLOSEDRELAY_PAGE_HELP_TEXTS_H

#include "page/help_page.h"

/* The port that programs are set up for, and what secures it: "STARTTLS", "SSL/TLS". */
uint64_t help_port(const struct help_page *page);
const char *help_security(const struct help_page *page);

/* ".bat, .com, .exe": what `set` has and `without` (NULL: nothing) has not, in order of the alphabet; says so
 * where a table has more. */
const char *help_extensions(struct help_page *page, const struct text_set *set,
                            const struct text_set *without);

#endif
