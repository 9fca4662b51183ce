/* `closedrelay block`, `unblock` and `blocks`: who may not send at the moment. */
#include "commands/command.h"

#include "control/control_call.h"
#include "policy_query.h"

#include <stddef.h>
#include <string.h>
#include <sysexits.h>

struct block_options {
    const char *duration;
    const char *reason;
    const char *scope;
};

static int serve_block(struct control_call *call)
{
    const struct block_options *options = call->request->options;
    const bool is_external_only = options->scope != NULL && strcmp(options->scope, "external") == 0;
    if (options->scope != NULL && !is_external_only && strcmp(options->scope, "all") != 0) {
        answer_refuse(call->answer, "--scope is all or external");
        return EX_USAGE;
    }
    const struct policy_block block = {
        .whom = call->request->arguments.items[0],
        .duration = options->duration,
        .reason = options->reason,
        .by = call->caller->name,
        .is_external_only = is_external_only,
    };
    return policy_block_add(call->target->engine, &block, call->answer) ? EX_OK : EX_DATAERR;
}

static const struct option block_option_table[] = {
    {"for", 'f', OPTION_TEXT, offsetof(struct block_options, duration), "TIME",
     "how long: 30m, 2h, 7d; else until it is lifted"},
    {"reason", 'r', OPTION_TEXT, offsetof(struct block_options, reason), "TEXT",
     "why: the sender reads it, and the list and the log keep it"},
    {"scope", 's', OPTION_TEXT, offsetof(struct block_options, scope), "WHICH",
     "all mail, or only external: mail to one's own domains goes on"},
    {0},
};

const struct command block_command = {
    .name = "block",
    .arguments = "WHO",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "stop a login, a domain, a customer or an address from sending, at once",
    .summary =
        "Refuses mail of WHO from its next message on, also over connections that are open: ann@example.com,\n"
        "@example.com or example.com, customer:acme, 192.0.2.7, 192.0.2.0/24. Kept over any end of the daemon.\n"
        "Whoever is blocked reads the reason.",
    .options = block_option_table,
    .options_bytes = sizeof(struct block_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_block,
};

static int serve_unblock(struct control_call *call)
{
    const struct policy_block block = {.whom = call->request->arguments.items[0], .by = call->caller->name};
    return policy_block_remove(call->target->engine, &block, call->answer) ? EX_OK : EX_DATAERR;
}

const struct command unblock_command = {
    .name = "unblock",
    .arguments = "WHO",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "lift a block",
    .summary = "WHO, as `closedrelay blocks` shows it, may send again from its next message on.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_unblock,
};

static int serve_blocks(struct control_call *call)
{
    return policy_query_blocks(call->target->engine, call->answer) ? EX_OK : EX_UNAVAILABLE;
}

const struct command blocks_command = {
    .name = "blocks",
    .arguments = "",
    .help = "who may not send, until when, why and by whom",
    .summary = "Lists the blocks and locks in force, the newest first.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve_blocks,
};
