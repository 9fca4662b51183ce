/* `closedrelay reload`: a new configuration for the running daemon. */
#include "commands/command.h"

#include "control/control_call.h"

#include <sysexits.h>

static void add_lines(struct answer *answer, struct slice rest)
{
    while (rest.length > 0) {
        const size_t end = slice_find(rest, '\n');
        answer_line(answer, "%.*s", (int)end, rest.data);
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
}

static int serve(struct control_call *call)
{
    struct strbuf problems;
    strbuf_init(&problems, 0);
    const bool is_in_force = call->target->reload(call->target->context, call->caller->name, &problems);
    add_lines(call->answer, strbuf_slice(&problems));
    answer_line(call->answer, is_in_force ? "the new policy is in force" : "the old policy stays in force");
    strbuf_deinit(&problems);
    return is_in_force ? EX_OK : EX_CONFIG;
}

const struct command reload_command = {
    .name = "reload",
    .arguments = "",
    .help = "make the running daemon read its configuration anew",
    .summary =
        "Makes the running daemon read its configuration anew, and shows its errors, if any: the old policy\n"
        "then stays in force (exit status 78).",
    .right = COMMAND_FOR_ADMINS,
    .serve = serve,
};
