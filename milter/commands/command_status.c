/* `closedrelay status`: how the running daemon does. */
#include "commands/command.h"

#include "control/control_call.h"
#include "libmilter/milter_server.h"
#include "policy_query.h"

#include <sysexits.h>

static int serve(struct control_call *call)
{
    policy_query_status(call->target->engine, milter_server_session_count(), call->answer);
    return EX_OK;
}

const struct command status_command = {
    .name = "status",
    .arguments = "",
    .help = "how the running daemon does",
    .summary =
        "Tells how the running daemon does: since when, which policy, what became of messages, and the\n"
        "health of every block list.",
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve,
};
