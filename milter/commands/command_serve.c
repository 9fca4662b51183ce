/* `closedrelay serve`: the daemon (daemon.h). */
#include "command.h"

#include "daemon/daemon.h"

#include <stddef.h>

struct serve_options {
    const char *config;
    bool takes_over;
};

static int run(struct command_call *call)
{
    const struct serve_options *options = call->options;
    return daemon_run(options_config(options->config), options->takes_over);
}

static const struct option options[] = {
    {"config", 'c', OPTION_TEXT, offsetof(struct serve_options, config), "FILE",
     "read FILE instead of /etc/closedrelay/closedrelay.yaml"},
    {"take-over", '\0', OPTION_FLAG, offsetof(struct serve_options, takes_over), NULL,
     "take the place of the daemon that runs, which ends: no connection is refused, none is cut"},
    {0},
};

const struct command serve_command = {
    .name = "serve",
    .arguments = "",
    .help = "run the filter in the foreground",
    .summary =
        "Runs the filter in the foreground until SIGTERM or SIGINT, which let open sessions end first.\n"
        "SIGUSR1 reads the configuration anew, SIGHUP reopens the audit file. With a configuration that has\n"
        "errors it prints them all and exits with status 78. With --take-over it takes the place of the daemon\n"
        "that runs, asked over the control socket; that one serves its open sessions to their end.",
    .options = options,
    .options_bytes = sizeof(struct serve_options),
    .run = run,
};
