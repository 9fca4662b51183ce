/*
 * What is wrong with a configuration: all of it, each with its place.
 *
 * Problems are kept as finished lines "FILE:LINE:COLUMN: error: WHAT" in the order they were found, at most
 * CONFIG_PROBLEMS_SHOWN of them, the rest only counted; the same line is kept once. Bytes of the
 * configuration may be arguments: control bytes are shown as '?'. Running out of memory is a problem like any
 * other. One thread at a time.
 */
#ifndef CLOSEDRELAY_CONFIG_PROBLEMS_H
#define CLOSEDRELAY_CONFIG_PROBLEMS_H

#include "base/strbuf.h"
#include "config/schema.h"

#include <stdarg.h>

enum { CONFIG_PROBLEMS_SHOWN = 100 };

struct config_problems;

/* A talloc child of `owner`; NULL when memory ran out. */
struct config_problems *config_problems_create(void *owner);

void config_problem_error(struct config_problems *problems, struct config_place place, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));
void config_problem_warning(struct config_problems *problems, struct config_place place, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

/* The same for callers with a format of their own. */
enum config_problem_kind {
    CONFIG_PROBLEM_ERROR,
    CONFIG_PROBLEM_WARNING,
    CONFIG_PROBLEM_NOTICE, /* right, and meant to be seen */
};

struct config_problem_about {
    struct config_place place;
    const char *subject; /* stands before the words, ": " between; or NULL */
};

void config_problem_add(struct config_problems *problems, enum config_problem_kind kind,
                        const struct config_problem_about *about, const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

/* Never fails; counts as one error however often it is called. */
void config_problem_out_of_memory(struct config_problems *problems);

/* Every error there was, shown or not. */
size_t config_problems_error_count(const struct config_problems *problems);

/* Appends the lines, each ended by a newline, and "…and N more" where there were too many. */
void config_problems_render(const struct config_problems *problems, struct strbuf *out);

/* The beginning of a text, for use within a message: cut at a character, "…" for what is left out. */
struct config_excerpt {
    char text[64];
};

struct config_excerpt config_excerpt_of(struct slice text);

#endif
