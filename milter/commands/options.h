/*
 * Command-line options as constant tables: parsing, suggestions, the help text, the man page and what goes
 * over the control socket come from the same rows.
 */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_OPTIONS_H
#define CLOSEDRELAY_MILTER_COMMANDS_OPTIONS_H

#include "policy.h"

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
    size_t offset;          /* of its value in the struct that the table is for */
    const char *value_name; /* for the help text; NULL for a flag */
    const char *help;
};

/* A table and the struct its values go to. */
struct option_values {
    const struct option *options; /* NULL ends a list of them */
    void *values;
};

enum options_result {
    OPTIONS_READ,
    OPTIONS_HELP,  /* --help was asked for */
    OPTIONS_WRONG, /* what is wrong is in `problem` */
};

/*
 * Reads argv[1…] (ended by NULL) into the structs of `into`; what is no option goes into `arguments`, in
 * order. Everything behind "--" is an argument, and "-" is one. Lists belong to the caller: options_free,
 * options_free_list.
 */
enum options_result options_read(const struct option_values *into, char **argv, struct option_list *arguments,
                                 struct strbuf *problem);
void options_free(const struct option_values *of);
void options_free_list(struct option_list *list);

/* Prints `text` in lines of 80 columns, those after the first indented; the cursor stands at `indent`. */
void options_print_folded(const char *text, size_t indent);

/* The help text's lines of a table. */
void options_print_help(const struct option *options);

/* The word of `words` (ended by NULL) that `typed` was probably meant to be, or NULL. */
const char *options_suggest(const char *typed, const char *const *words);

/* "closedrelay: WHAT: WHY" on stderr. */
void complain(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `named`, or where that is NULL the configuration to use when none is named: the one where it is installed
 * if it is there, else NULL. */
const char *options_config(const char *named);

#endif
