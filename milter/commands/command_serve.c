/* `closedrelay serve`: the options of the daemon (daemon.h). */
#include "commands.h"

#include "daemon/daemon.h"
#include "options.h"

#include <sysexits.h>

int command_serve(int argc, char **argv)
{
    const char *config_path = options_default_config();
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &config_path, "FILE",
         "read FILE instead of /etc/closedrelay/closedrelay.yaml"},
        {0},
    };
    const struct command_usage usage = {
        "serve", "",
        "Runs the filter in the foreground until SIGTERM or SIGINT, which let open sessions end first.\n"
        "SIGUSR1 reads the configuration anew, SIGHUP reopens the audit file. With a configuration that has\n"
        "errors it prints them all and exits with status 78.",
        options};
    enum options_result result = options_read(&usage, argc, argv, NULL);
    if (result != OPTIONS_READ)
        return result == OPTIONS_HELP ? EX_OK : EX_USAGE;
    return daemon_run(config_path);
}
