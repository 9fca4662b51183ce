/* `closedrelay status`, `reload` and `lookup`: commands that the running daemon carries out. */
#include "commands/commands.h"

#include "control_ask.h"
#include "control_client.h"
#include "commands/options.h"
#include "policy.h"
#include "commands/problems.h"

#include <stdlib.h>
#include <sysexits.h>

enum { WORDS_MAX = 8 };

/* The options that all of them take, and what was given. */
struct control_call {
    const char *config;
    const char *socket;
    bool json;
    struct option_list arguments;
};

/* What may be the reason that nobody is there. */
static void tell_problems(const char *config)
{
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_load(config, &problems);
    if (snapshot == NULL)
        problems_print(&problems);
    policy_snapshot_unref(snapshot);
    strbuf_deinit(&problems);
}

/* A broken configuration is what `reload` is often called with: its `control:` is found all the same. */
int control_ask(const char *config, const char *socket, int argc, const char *const *argv)
{
    if (socket != NULL)
        return control_client_run(socket, argc, argv);
    char *path = policy_control_path(config);
    if (path == NULL) {
        complain(argv[0], "out of memory");
        return EX_OSERR;
    }
    int status = EX_CONFIG;
    if (path[0] == '\0')
        complain(argv[0], "this configuration has no control socket");
    else
        status = control_client_run(path, argc, argv);
    free(path);
    if (status == EX_UNAVAILABLE)
        tell_problems(config);
    return status;
}

static int run(struct command_usage usage, bool takes_json, size_t argument_count, int argc, char **argv)
{
    struct control_call call = {.config = options_default_config()};
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &call.config, "FILE", "the daemon's configuration, to find its socket"},
        {"socket", '\0', OPTION_TEXT, &call.socket, "PATH", "the socket itself"},
        {takes_json ? "json" : NULL, '\0', OPTION_FLAG, &call.json, NULL, "one JSON object"},
        {0},
    };
    usage.options = options;
    enum options_result read = options_read(&usage, argc, argv, &call.arguments);
    int status = read == OPTIONS_HELP ? EX_OK : EX_USAGE;
    if (read == OPTIONS_READ && call.arguments.count != argument_count) {
        complain(usage.name, "usage: closedrelay %s%s%s", usage.name, usage.arguments[0] == '\0' ? "" : " ",
                 usage.arguments);
    } else if (read == OPTIONS_READ) {
        const char *words[WORDS_MAX] = {usage.name};
        int count = 1;
        for (size_t i = 0; i < call.arguments.count; i++)
            words[count++] = call.arguments.items[i];
        if (call.json)
            words[count++] = "--json";
        status = control_ask(call.config, call.socket, count, words);
    }
    options_free_list(&call.arguments);
    return status;
}

int command_status(int argc, char **argv)
{
    return run((struct command_usage){"status", "",
                                      "Tells how the running daemon does: since when, which policy, what\n"
                                      "became of messages, and the health of every block list.",
                                      NULL},
               true, 0, argc, argv);
}

int command_reload(int argc, char **argv)
{
    return run((struct command_usage){"reload", "",
                                      "Makes the running daemon read its configuration anew, and shows its\n"
                                      "errors, if any: the old policy then stays in force (exit status 78).",
                                      NULL},
               false, 0, argc, argv);
}

int command_lookup(int argc, char **argv)
{
    return run((struct command_usage){"lookup", "ADDRESS",
                                      "Asks the running daemon what every block list says of a client\n"
                                      "address, how old that is, and whom it would count for.",
                                      NULL},
               true, 1, argc, argv);
}
