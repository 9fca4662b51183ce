/* `closedrelay lookup`: what the block lists say of an address. */
#include "commands/command.h"

#include "control/control_call.h"
#include "policy_query.h"

#include <sysexits.h>

static int serve(struct control_call *call)
{
    const char *address = call->request->arguments.items[0];
    return policy_query_lookup(call->target->engine, address, call->answer) ? EX_OK : EX_USAGE;
}

const struct command lookup_command = {
    .name = "lookup",
    .arguments = "ADDRESS",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "what the block lists say of an address",
    .summary =
        "Asks the running daemon what every block list says of a client address, how old that is, and whom\n"
        "it would count for.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve,
};
