/* What can be asked of the running daemon: the table behind the control socket. */
#ifndef CLOSEDRELAY_MILTER_CONTROL_COMMANDS_H
#define CLOSEDRELAY_MILTER_CONTROL_COMMANDS_H

#include "policy.h"

/* What the commands act on. Lives as long as the server. */
struct control_target {
    struct policy_engine *engine;
    /* Loads the configuration anew; its errors and warnings go to `problems`. False: the old one stays in
     * force. */
    bool (*reload)(void *context, struct strbuf *problems);
    void *context;
};

/* A control_handler; `target` is a struct control_target. */
int control_commands_run(void *target, int argc, char **argv, struct strbuf *out);

#endif
