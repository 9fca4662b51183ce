/* `closedrelay usage`, `top` and `reset`: what limits have counted. */
#include "commands/command.h"

#include "control/control_call.h"
#include "policy_query.h"

#include <stddef.h>
#include <stdlib.h>
#include <sysexits.h>

enum { ROWS_USUAL = 20, ROWS_ALL = 10000 };

static int serve_usage(struct control_call *call)
{
    const struct option_list *arguments = &call->request->arguments;
    const struct policy_usage_question question = {
        .key = arguments->count == 0 ? NULL : arguments->items[0],
        .most = ROWS_ALL,
    };
    return policy_query_usage(call->target->engine, &question, call->answer) ? EX_OK : EX_UNAVAILABLE;
}

const struct command usage_command = {
    .name = "usage",
    .arguments = "[KEY]",
    .arguments_max = 1,
    .help = "how much of its limits a login, a domain or an address has used",
    .summary =
        "Lists what the limits of `rates` have counted: used, allowed, left, and from when on all of it is free\n"
        "again. KEY is a login, a domain, a customer or an address as `closedrelay top` shows it; without it\n"
        "all are listed, the fullest first.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_usage,
};

struct top_options {
    const char *by;
    const char *number;
};

static int serve_top(struct control_call *call)
{
    const struct top_options *options = call->request->options;
    char *end = NULL;
    unsigned long most = options->number == NULL ? ROWS_USUAL : strtoul(options->number, &end, 10);
    if (end != NULL && (*end != '\0' || most == 0 || most > ROWS_ALL)) {
        answer_refuse(call->answer, "-n takes a number from 1 to %d", ROWS_ALL);
        return EX_USAGE;
    }
    const struct policy_usage_question question = {.kind = options->by, .by_amount = true, .most = most};
    return policy_query_usage(call->target->engine, &question, call->answer) ? EX_OK : EX_UNAVAILABLE;
}

static const struct option top_option_table[] = {
    {"by", 'b', OPTION_TEXT, offsetof(struct top_options, by), "KEY",
     "only counters by this key: user, domain, customer, ip, sender, uid, script"},
    {"number", 'n', OPTION_TEXT, offsetof(struct top_options, number), "N", "how many; 20 if not said"},
    {0},
};

const struct command top_command = {
    .name = "top",
    .arguments = "",
    .help = "who has sent most of what limits count",
    .summary = "Lists the counters of `rates` that stand highest.",
    .options = top_option_table,
    .options_bytes = sizeof(struct top_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_top,
};

static int serve_reset(struct control_call *call)
{
    const bool is_done = policy_reset_usage(call->target->engine, call->request->arguments.items[0],
                                            call->caller->name, call->answer);
    return is_done ? EX_OK : EX_DATAERR;
}

const struct command reset_command = {
    .name = "reset",
    .arguments = "KEY",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "let the limits of a login, a domain or an address begin anew",
    .summary =
        "Forgets what was counted for KEY, a key as `closedrelay top` shows it; it may send again at once.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_reset,
};
