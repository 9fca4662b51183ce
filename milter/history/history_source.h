/* What `report`, `explain` and `replay` have in common: the files they read, what they tell meanwhile, how
 * they print. */
#ifndef CLOSEDRELAY_MILTER_HISTORY_SOURCE_H
#define CLOSEDRELAY_MILTER_HISTORY_SOURCE_H

#include "commands/options.h"
#include "policy_history.h"

struct history_terminal {
    bool has_progress; /* something stands on the progress line */
    int64_t due_ms;    /* when it may be written anew */
};

/* Notes go to stderr; progress too, where that is a terminal. `paths` and `terminal` must outlive the source.
 */
struct policy_history_source history_source(const struct option_list *paths, const char *config,
                                            struct history_terminal *terminal);

/* Takes the progress line away. */
void history_source_finish(struct history_terminal *terminal);

/* As text for stdout: its width, and colour where it is a terminal that wants any. `columns`: what the caller
 * was told, or NULL. False: that is no number, which was said. */
bool history_page_for_terminal(const char *columns, struct policy_history_page *page);

/* Writes `out` to the file `path`, or to stdout where that is NULL or "-". Returns the exit status. */
int history_write(const char *command, const char *path, const struct strbuf *out);

#endif
