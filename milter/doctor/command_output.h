/*
 * Another program's output. No shell takes part: the words are its arguments as they are. A program that does
 * not end within COMMAND_WAIT_MS is killed.
 */
#ifndef CLOSEDRELAY_MILTER_COMMAND_OUTPUT_H
#define CLOSEDRELAY_MILTER_COMMAND_OUTPUT_H

#include "policy.h"

enum { COMMAND_WAIT_MS = 20000 };

/*
 * Runs argv[0] (searched in PATH) and appends what it prints to `out`, up to `out`'s ceiling. Its errors go
 * where ours go, or nowhere with `is_quiet`. True: it ended with status 0 and all of its output is there;
 * else errno is ENOENT where there is no such program, ETIMEDOUT where it did not end, and 0 where it failed.
 */
bool command_output(const char *const *argv, bool is_quiet, struct strbuf *out);

/* The same with `input` as what it reads, and its errors among its output. */
bool command_filter(const char *const *argv, struct slice input, struct strbuf *out);

/* The whole of the file at `path`. False: errno says why. */
bool file_content(const char *path, struct strbuf *out);

#endif
