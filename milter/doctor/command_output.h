/*
 * Another program's output. No shell takes part: the words are its arguments as they are.
 */
#ifndef CLOSEDRELAY_MILTER_COMMAND_OUTPUT_H
#define CLOSEDRELAY_MILTER_COMMAND_OUTPUT_H

#include "policy.h"

/*
 * Runs argv[0] (searched in PATH) and appends what it prints to `out`, up to `out`'s ceiling. Its errors go
 * where ours go, or nowhere with `is_quiet`. True: it ended with status 0 and all of its output is there;
 * else errno is ENOENT where there is no such program, and 0 where it failed.
 */
bool command_output(const char *const *argv, bool is_quiet, struct strbuf *out);

/* The whole of the file at `path`. False: errno says why. */
bool file_content(const char *path, struct strbuf *out);

#endif
