#include "command.h"

#include "control/control_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

const struct command *command_find(const char *name)
{
    for (size_t i = 0; command_table[i] != NULL; i++)
        if (strcmp(command_table[i]->name, name) == 0)
            return command_table[i];
    return NULL;
}

void command_print_usage(const struct command *command, struct strbuf *out)
{
    strbuf_printf(out, "usage: closedrelay %s [OPTION]…%s%s", command->name,
                  command->arguments[0] == '\0' ? "" : " ", command->arguments);
}

bool command_call_init(struct command_call *call, const struct command *command)
{
    static const struct option none[] = {{0}};
    *call = (struct command_call){.command = command};
    call->options = calloc(1, command->options_bytes + 1); /* a command without options has no bytes */
    call->own = (struct option_values){command->options == NULL ? none : command->options, call->options};
    return call->options != NULL;
}

void command_call_deinit(struct command_call *call)
{
    if (call->options != NULL)
        options_free(&call->own);
    options_free_list(&call->arguments);
    free(call->options);
}

static bool takes_config(const struct option_values *into)
{
    for (; into->options != NULL; into++)
        for (const struct option *option = into->options; option->name != NULL; option++)
            if (strcmp(option->name, "config") == 0)
                return true;
    return false;
}

enum options_result command_read(const struct option_values *into, char **argv, struct command_call *call,
                                 struct strbuf *problem)
{
    const struct command *command = call->command;
    const enum options_result result = options_read(into, argv, &call->arguments, problem);
    const size_t count = call->arguments.count;
    if (result != OPTIONS_READ || (count >= command->arguments_min && count <= command->arguments_max))
        return result;
    if (command->arguments_max == 0)
        strbuf_printf(problem, "it takes no argument: '%s'%s; closedrelay %s --help tells more",
                      call->arguments.items[0],
                      takes_config(into) ? " (a configuration is named by -c FILE)" : "", command->name);
    else
        command_print_usage(command, problem);
    return OPTIONS_WRONG;
}

static void print_help(const struct command *command, const struct option_values *into)
{
    struct strbuf usage;
    strbuf_init(&usage, 0);
    command_print_usage(command, &usage);
    printf("U%s\n\n", strbuf_text(&usage) + 1);
    options_print_folded(command->summary, 0);
    puts("\nOptions:");
    for (; into->options != NULL; into++)
        options_print_help(into->options);
    options_print_help((const struct option[]){{.name = "help", .help = "print this text"}, {0}});
    strbuf_deinit(&usage);
}

static int carry_out(struct command_call *call, const struct control_options *control)
{
    return call->command->run != NULL ? call->command->run(call) : control_command_ask(call, control);
}

int command_run(const struct command *command, char **argv)
{
    struct command_call call;
    struct control_options control = {0};
    struct strbuf problem;
    int status = EX_USAGE;
    if (!command_call_init(&call, command)) {
        complain(command->name, "out of memory");
        return EX_OSERR;
    }
    const struct option_values into[] = {
        call.own,
        {command->run == NULL ? control_command_options(command) : NULL, &control},
        {0},
    };
    strbuf_init(&problem, 0);
    switch (command_read(into, argv, &call, &problem)) {
    case OPTIONS_READ:
        status = carry_out(&call, &control);
        break;
    case OPTIONS_HELP:
        print_help(command, into);
        status = EX_OK;
        break;
    case OPTIONS_WRONG:
        complain(command->name, "%s", strbuf_text(&problem));
        break;
    }
    strbuf_deinit(&problem);
    command_call_deinit(&call);
    return status;
}
