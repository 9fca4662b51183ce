/* Lists of problems that the policy library gives, one a line. */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_PROBLEMS_H
#define CLOSEDRELAY_MILTER_COMMANDS_PROBLEMS_H

#include "policy.h"

/* To stderr, as they are: they begin with a file's name and place. */
void problems_print(const struct strbuf *problems);

/* policy_load for a command: its problems are printed. NULL: there are errors, and the exit status is
 * EX_CONFIG. */
struct policy_snapshot *problems_load_policy(const char *config_path);

/* To the log, a line each; warnings as warnings. */
void problems_log(const struct strbuf *problems);

#endif
