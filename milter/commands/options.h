/*
 * Command-line options as a table: parsing, suggestions and the help text come from the same rows.
 */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_OPTIONS_H
#define CLOSEDRELAY_MILTER_COMMANDS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_FLAG, /* bool */
    OPTION_TEXT, /* const char *; the last one given counts */
    OPTION_LIST, /* struct option_list; may be given several times */
};

/* Points into argv. */
struct option_list {
    const char **items;
    size_t count;
};

struct option {
    const char *name; /* without "--"; NULL ends the table */
    char letter;      /* or '\0' */
    enum option_kind kind;
    void *target;
    const char *value_name; /* for the help text; NULL for a flag */
    const char *help;
};

/* What a command is called with. */
struct command_usage {
    const char *name;      /* "try" */
    const char *arguments; /* "MESSAGE|-", or "" */
    const char *summary;   /* a sentence or more */
    const struct option *options;
};

enum options_result {
    OPTIONS_READ,
    OPTIONS_HELP,  /* --help was asked for and printed */
    OPTIONS_WRONG, /* said on stderr; the caller exits with EX_USAGE */
};

/*
 * Reads argv[1…] into the targets; what is no option goes into `arguments`, in order. Everything behind "--"
 * is an argument, and "-" is one; where `arguments` is NULL, none is taken. Lists belong to the caller:
 * options_free_list.
 */
enum options_result options_read(const struct command_usage *usage, int argc, char **argv,
                                 struct option_list *arguments);
void options_free_list(struct option_list *list);

/* The word of `words` (ended by NULL) that `typed` was probably meant to be, or NULL. */
const char *options_suggest(const char *typed, const char *const *words);

/* "closedrelay: WHAT: WHY" on stderr. */
void complain(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The configuration to use when none is named: the one where it is installed if it is there, else none. */
const char *options_default_config(void);

#endif
