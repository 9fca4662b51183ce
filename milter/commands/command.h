/*
 * What a command is: a row for the command line, the control socket, the help texts and the man page.
 *
 * A command has a file of its own, commands/command_NAME.c or one in the folder it is for, which defines a
 * constant `struct command`; command_table.c lists them. It either runs where it is called (`run`) or in the
 * daemon (`serve`): then the caller's end only checks the options and sends them.
 */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_COMMAND_H
#define CLOSEDRELAY_MILTER_COMMANDS_COMMAND_H

#include "options.h"

#include <limits.h>

struct control_call;

/* Who may call it. */
enum command_right {
    COMMAND_FOR_ANYBODY, /* it runs where it is called, with the caller's own rights */
    COMMAND_FOR_ADMINS,  /* root, the daemon's user, and the control socket's group */
    COMMAND_FOR_ROOT,    /* root and the daemon's user */
};

#define COMMAND_ARGUMENTS_ANY UINT_MAX

/* What it was called with. */
struct command_call {
    const struct command *command;
    void *options; /* its own struct, filled; in `own` too */
    struct option_values own;
    struct option_list arguments; /* as many as the command takes */
};

struct command {
    const char *name;
    const char *arguments; /* for the usage line: "MESSAGE|-"; "" */
    unsigned arguments_min, arguments_max;
    const char *help;             /* a line for `closedrelay --help` */
    const char *summary;          /* sentences, lines of at most 110 characters */
    const struct option *options; /* NULL: none */
    size_t options_bytes;         /* of the struct they fill, which begins as zeros */
    enum command_right right;
    bool has_json; /* the answer of the daemon may be had as JSON: it has the option --json */
    bool streams;  /* the daemon answers in lines until the caller leaves */
    /* Either; both return an exit status of sysexits(3). */
    int (*run)(struct command_call *call);
    int (*serve)(struct control_call *call);
};

/* All of them, in the order of the help text; ended by NULL. */
extern const struct command *const command_table[];

/* NULL: there is none of that name. */
const struct command *command_find(const char *name);

/* "usage: closedrelay NAME [OPTION]… ARGUMENTS" without a newline. */
void command_print_usage(const struct command *command, struct strbuf *out);

/*
 * Reads argv, argv[0] being the command's name, into `into`, the first of which is the command's own, and
 * `call`; looks at the number of arguments too. The caller frees what was read by command_call_deinit,
 * whatever the result.
 */
enum options_result command_read(const struct option_values *into, char **argv, struct command_call *call,
                                 struct strbuf *problem);

/* Room for the options of `command`. False: out of memory. */
bool command_call_init(struct command_call *call, const struct command *command);
void command_call_deinit(struct command_call *call);

/* The whole of `closedrelay NAME …`. */
int command_run(const struct command *command, char **argv);

#endif
