/* `closedrelay status`: how the running daemon does. */
#include "commands/command.h"

#include "control/control_call.h"
#include "callbacks/milter_server.h"
#include "policy_query.h"

#include <stddef.h>
#include <sysexits.h>

struct status_options {
    bool check;
};

static int serve(struct control_call *call)
{
    const struct status_options *options = call->request->options;
    struct policy_engine *engine = call->target->engine;
    if (!options->check) {
        policy_query_status(engine, milter_server_session_count(), call->answer);
        return EX_OK;
    }
    const bool is_well = policy_query_health(engine, "", call->answer);
    answer_bool(call->answer, "well", NULL, is_well);
    if (is_well)
        answer_line(call->answer, "nothing is wrong");
    return is_well ? EX_OK : CONTROL_STATUS_ILL;
}

static const struct option options[] = {
    {"check", '\0', OPTION_FLAG, offsetof(struct status_options, check), NULL,
     "only what is wrong, a line each; exit status 1 where something is"},
    {0},
};

const struct command status_command = {
    .name = "status",
    .arguments = "",
    .help = "how the running daemon does, and whether something is wrong",
    .summary =
        "Tells how the running daemon does: since when, which policy, what became of messages, the health of\n"
        "every block list, and what is wrong. For monitoring: --check, whose exit status is 1 where a list, a\n"
        "name server, a table, what is kept on disk or the last reload is ill.",
    .options = options,
    .options_bytes = sizeof(struct status_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve,
};
