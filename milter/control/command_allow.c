/* `closedrelay allow`: lets a client relay for a while; lists and removes such grants. */
#include "commands/commands.h"

#include "control_ask.h"
#include "control_arguments.h"
#include "commands/options.h"

#include <sysexits.h>

struct allow_call {
    const char *config;
    const char *socket;
    const char *user;
    const char *duration;
    const char *reason;
    bool list, remove, json;
    struct option_list arguments;
};

/* "NAME=VALUE" as a word of the request, unless there is no value. */
static int add_word(const char **words, int count, const char *name, const char *value, struct strbuf *room)
{
    if (value == NULL)
        return count;
    strbuf_init(room, 0);
    strbuf_printf(room, "%s=", name);
    control_argument_encode(value, room);
    words[count] = strbuf_text(room);
    return count + 1;
}

static int ask_to_grant(const struct allow_call *call)
{
    struct strbuf user = {0}, duration = {0}, reason = {0};
    const char *words[6] = {"allow", "grant", call->arguments.items[0]};
    int count = add_word(words, 3, "user", call->user, &user);
    count = add_word(words, count, "for", call->duration, &duration);
    count = add_word(words, count, "reason", call->reason, &reason);
    int status = control_ask(call->config, call->socket, count, words);
    strbuf_deinit(&user);
    strbuf_deinit(&duration);
    strbuf_deinit(&reason);
    return status;
}

static int carry_out(const struct allow_call *call)
{
    const bool is_grant = !call->list && !call->remove;
    const bool has_grant_options = call->user != NULL || call->duration != NULL || call->reason != NULL;
    if (call->arguments.count != (call->list ? 0 : 1) || (call->list && call->remove) ||
        (!is_grant && has_grant_options) || (call->json && !call->list)) {
        complain(
            "allow",
            "usage: closedrelay allow ADDRESS [--user U] [--for 30m] [--reason TEXT] | --list [--json] | "
            "--remove ADDRESS");
        return EX_USAGE;
    }
    if (is_grant)
        return ask_to_grant(call);
    const char *const list[] = {"allow", "list", "--json"};
    const char *const remove[] = {"allow", "remove", call->remove ? call->arguments.items[0] : ""};
    return call->list ? control_ask(call->config, call->socket, call->json ? 3 : 2, list)
                      : control_ask(call->config, call->socket, 3, remove);
}

int command_allow(int argc, char **argv)
{
    struct allow_call call = {.config = options_default_config()};
    const struct option options[] = {
        {"user", 'u', OPTION_TEXT, &call.user, "LOGIN",
         "who logged in: the user of the mail that comes from there"},
        {"for", 'f', OPTION_TEXT, &call.duration, "TIME",
         "how long: 30m, 1h; else relay.recent_logins.remember"},
        {"reason", 'r', OPTION_TEXT, &call.reason, "TEXT", "why, for the list and the log"},
        {"list", 'l', OPTION_FLAG, &call.list, NULL, "who is allowed now"},
        {"remove", '\0', OPTION_FLAG, &call.remove, NULL, "ADDRESS is outside again"},
        {"json", '\0', OPTION_FLAG, &call.json, NULL, "the list as JSON"},
        {"config", 'c', OPTION_TEXT, &call.config, "FILE", "the daemon's configuration, to find its socket"},
        {"socket", '\0', OPTION_TEXT, &call.socket, "PATH", "the socket itself"},
        {0},
    };
    const struct command_usage usage = {
        "allow", "ADDRESS",
        "Lets the running daemon take mail for everywhere from this client address (IPv6: from its /64) for a while:\n"
        "role trusted. For whoever has just logged in to a mailbox; it survives a restart of the daemon.",
        options};
    enum options_result read = options_read(&usage, argc, argv, &call.arguments);
    int status = read == OPTIONS_HELP ? EX_OK : EX_USAGE;
    if (read == OPTIONS_READ)
        status = carry_out(&call);
    options_free_list(&call.arguments);
    return status;
}
