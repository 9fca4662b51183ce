/* `closedrelay allow`: lets a client relay for a while; lists and removes such grants. */
#include "commands/command.h"

#include "control/control_call.h"
#include "policy_query.h"

#include <stddef.h>
#include <sysexits.h>

struct allow_options {
    const char *user;
    const char *duration;
    const char *reason;
    bool list, remove;
};

static bool is_well_formed(const struct allow_options *options, size_t argument_count)
{
    const bool is_grant = !options->list && !options->remove;
    const bool has_grant_options =
        options->user != NULL || options->duration != NULL || options->reason != NULL;
    return argument_count == (options->list ? 0 : 1) && !(options->list && options->remove) &&
           (is_grant || !has_grant_options);
}

static int serve(struct control_call *call)
{
    const struct allow_options *options = call->request->options;
    const struct option_list *arguments = &call->request->arguments;
    struct policy_engine *engine = call->target->engine;
    if (!is_well_formed(options, arguments->count)) {
        answer_refuse(call->answer,
                      "usage: closedrelay allow ADDRESS [--user U] [--for 30m] [--reason TEXT] | "
                      "--list [--json] | --remove ADDRESS");
        return EX_USAGE;
    }
    if (options->list) {
        policy_query_grants(engine, call->answer);
        return EX_OK;
    }
    const char *address = arguments->items[0], *by = call->caller->name;
    const struct policy_grant grant = {address, options->user, options->duration, options->reason, by};
    const bool is_done = options->remove ? policy_grant_remove(engine, address, by, call->answer)
                                         : policy_grant_add(engine, &grant, call->answer);
    return is_done ? EX_OK : EX_DATAERR;
}

static const struct option options[] = {
    {"user", 'u', OPTION_TEXT, offsetof(struct allow_options, user), "LOGIN",
     "who logged in: the user of the mail that comes from there"},
    {"for", 'f', OPTION_TEXT, offsetof(struct allow_options, duration), "TIME",
     "how long: 30m, 1h; else relay.recent_logins.remember"},
    {"reason", 'r', OPTION_TEXT, offsetof(struct allow_options, reason), "TEXT",
     "why, for the list and the log"},
    {"list", 'l', OPTION_FLAG, offsetof(struct allow_options, list), NULL, "who is allowed now"},
    {"remove", '\0', OPTION_FLAG, offsetof(struct allow_options, remove), NULL, "ADDRESS is outside again"},
    {0},
};

const struct command allow_command = {
    .name = "allow",
    .arguments = "[ADDRESS]",
    .arguments_max = 1,
    .help = "let a client relay for a while, because its user has just logged in",
    .summary =
        "Lets the running daemon take mail for everywhere from this client address (IPv6: from its /64) for a\n"
        "while: role trusted. For whoever has just logged in to a mailbox; it survives a restart of the\n"
        "daemon.",
    .options = options,
    .options_bytes = sizeof(struct allow_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve,
};
