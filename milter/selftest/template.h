/*
 * Messages written as templates.
 *
 * Text stands for itself, "\n" for CRLF. What must be computed is written $[FUNCTION|ARGUMENT|…], nested at
 * will:
 * "$[base64|$[zip|evil.exe|$[pe]]]". "$$", "$|" and "$]" are these characters themselves; "|" and "]" need
 * that only inside of $[…]. "$#" is the turn of the nearest $[times|COUNT|TEXT]. The functions are listed in
 * template_functions.c. The result depends on the template alone.
 */
#ifndef CLOSEDRELAY_SELFTEST_TEMPLATE_H
#define CLOSEDRELAY_SELFTEST_TEMPLATE_H

#include "policy.h"

enum { TEMPLATE_ARGUMENTS_MAX = 32 };

/* A call whose arguments are expanded, except those that its function wants as they are written. */
struct template_call {
    struct slice arguments[TEMPLATE_ARGUMENTS_MAX];
    size_t count;
    unsigned turn; /* of the nearest repetition */
    unsigned level;
};

struct template_function {
    const char *name;
    size_t least; /* arguments */
    bool is_raw;  /* its last argument comes unexpanded */
    /* Appends the result. False: the arguments make no sense. */
    bool (*run)(const struct template_call *call, struct strbuf *out);
};

/* Ended by a row without a name. */
extern const struct template_function template_functions[];

/* Appends what `text` stands for. False: it is not well-formed (a mistake in the corpus). */
bool template_expand(struct slice text, unsigned turn, unsigned level, struct strbuf *out);

/* The value of a decimal argument. */
unsigned template_number(struct slice argument);

#endif
