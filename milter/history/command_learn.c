/* `closedrelay learn`: what is usual for each login, from older records and logs. */
#include "commands/command.h"
#include "history/history_source.h"

#include "commands/problems.h"
#include "policy.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

struct learn_options {
    const char *config;
};

/* Whether somebody answers at the control socket of the configuration. */
static bool is_running(const char *config)
{
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_load(config, &problems);
    strbuf_deinit(&problems);
    if (snapshot == NULL)
        return false;
    const char *path = policy_snapshot_daemon(snapshot)->control.path;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there = false;
    if (descriptor >= 0 && path != NULL && strlen(path) < sizeof address.sun_path) {
        memcpy(address.sun_path, path, strlen(path) + 1);
        is_there = connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0;
    }
    if (descriptor >= 0)
        close(descriptor);
    policy_snapshot_unref(snapshot);
    return is_there;
}

static int run(struct command_call *call)
{
    const struct learn_options *options = call->options;
    struct history_terminal terminal;
    struct strbuf out;
    if (is_running(options->config)) {
        complain("learn", "the daemon is running, and would write over what is learnt: stop it first");
        return EX_UNAVAILABLE;
    }
    const struct policy_history_source source = history_source(&call->arguments, options->config, &terminal);
    strbuf_init(&out, 0);
    const enum policy_replay_result result = policy_learn(&source, options->config, &out);
    history_source_finish(&terminal);
    int status = result == REPLAY_BAD_CONFIG ? EX_CONFIG : EX_NOINPUT;
    if (result == REPLAY_TOLD && !out.failed)
        status = history_write("learn", NULL, &out);
    else if (result == REPLAY_BAD_CONFIG)
        problems_print(&out);
    else
        complain("learn", "%s", out.failed ? "out of memory" : strbuf_text(&out));
    strbuf_deinit(&out);
    return status;
}

static const struct option options[] = {
    {"config", 'c', OPTION_TEXT, offsetof(struct learn_options, config), "FILE",
     "the daemon's configuration, with the folder `state`"},
    {0},
};

const struct command learn_command = {
    .name = "learn",
    .arguments = "[FILE…]",
    .arguments_max = COMMAND_ARGUMENTS_ANY,
    .help = "learn what is usual for each login from older records or logs",
    .summary =
        "Reads the record (those of audit.file and closed before), or the FILEs: of the record, or logs of Postfix or\n"
        "Sendmail, packed or not; and keeps what is usual for each login and whom it knows in `state`, so that the check\n"
        "account need not begin anew. What logs have of the time since the first record is left out. Lines without a\n"
        "year (\"Nov 30 14:13:02\") are of the last year that fits the file's date. The daemon must not run meanwhile.",
    .options = options,
    .options_bytes = sizeof(struct learn_options),
    .run = run,
};
