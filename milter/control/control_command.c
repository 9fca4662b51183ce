#include "control_command.h"

#include "commands/problems.h"
#include "control_line.h"
#include "control_client.h"
#include "policy_query.h"

#include <stddef.h>
#include <stdlib.h>
#include <sysexits.h>

const struct option *control_command_options(const struct command *command)
{
    static const struct option options[] = {
        {"json", 'j', OPTION_FLAG, offsetof(struct control_options, json), NULL, "the answer as JSON"},
        {"config", 'c', OPTION_TEXT, offsetof(struct control_options, config), "FILE",
         "the daemon's configuration, to find its socket"},
        {"socket", '\0', OPTION_TEXT, offsetof(struct control_options, socket), "PATH", "the socket itself"},
        {0},
    };
    return command->has_json ? options : options + 1;
}

/* What may be the reason that nobody is there. */
static void print_problems_of(const char *config)
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
static int ask(const struct command *command, const struct control_options *options, struct slice words)
{
    if (options->socket != NULL)
        return control_client_run(options->socket, command, words);
    const char *config = options_config(options->config);
    char *path = policy_control_path(config);
    if (path == NULL) {
        complain(command->name, "out of memory");
        return EX_OSERR;
    }
    int status = EX_CONFIG;
    if (path[0] == '\0')
        complain(command->name, "this configuration has no control socket");
    else
        status = control_client_run(path, command, words);
    free(path);
    if (status == EX_UNAVAILABLE)
        print_problems_of(config);
    return status;
}

int control_command_ask(const struct command_call *call, const struct control_options *options)
{
    struct strbuf words;
    strbuf_init(&words, 0);
    control_line_write(call, options->json, &words);
    int status = EX_OSERR;
    if (words.failed)
        complain(call->command->name, "out of memory");
    else
        status = ask(call->command, options, strbuf_slice(&words));
    strbuf_deinit(&words);
    return status;
}
