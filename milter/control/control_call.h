/* A command as the daemon carries it out. */
#ifndef CLOSEDRELAY_MILTER_CONTROL_CONTROL_CALL_H
#define CLOSEDRELAY_MILTER_CONTROL_CONTROL_CALL_H

#include "commands/command.h"
#include "control_server.h"
#include "policy_query.h"

/* What the commands act on. Lives as long as the server. */
struct control_target {
    struct policy_engine *engine;
    /* Loads the configuration anew; its errors and warnings go to `problems`. `by`: who wants it, for the
     * log. False: the old one stays in force. */
    bool (*reload)(void *context, const char *by, struct strbuf *problems);
    void *context;
};

/*
 * `serve` of a command looks at the request, acts, and fills the answer (answer_refuse, where it cannot be
 * done) or, where the command streams, sends lines over the connection. It runs in a thread of its caller's
 * own, beside those of others.
 */
struct control_call {
    const struct command_call *request;
    const struct control_target *target;
    const struct control_caller *caller;
    struct control_connection *connection;
    struct answer *answer;
    bool json; /* the answer is wanted as JSON; a stream is to be so too */
};

/* A control_handler; `target` is a struct control_target. */
int control_call_handle(void *target, struct control_connection *connection, int argc, char **argv,
                        struct strbuf *out);

#endif
