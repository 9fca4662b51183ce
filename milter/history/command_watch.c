/* `closedrelay watch`: the record as it is written. */
#include "control/control_call.h"
#include "policy_history.h"

#include <sysexits.h>

enum { WAIT_MS = 250 };

struct watch_options {
    const char *user, *client, *check, *verdict;
    bool colour;
};

/* "refused" is what people call it. */
static const char *verdict_of(const char *word)
{
    static const char *const words[][2] = {{"refused", "reject"},
                                           {"rejected", "reject"},
                                           {"accepted", "accept"},
                                           {"held", "hold"},
                                           {"deferred", "defer"}};
    for (size_t i = 0; word != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i][0]) == 0)
            return words[i][1];
    return word;
}

static bool is_verdict(const char *word)
{
    static const char *const verdicts[] = {"accept", "hold", "defer", "reject", "aborted"};
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (strcmp(word, verdicts[i]) == 0)
            return true;
    return false;
}

static void stream(struct control_call *call, struct policy_watch *watch,
                   const struct policy_history_page *page)
{
    struct strbuf out;
    strbuf_init(&out, 0);
    /* The first tells that watching has begun. */
    bool is_open = control_connection_stream(call->connection, slice_of(""));
    while (is_open && control_connection_is_open(call->connection, 0)) {
        strbuf_reset(&out);
        policy_watch_next(watch, WAIT_MS, page, &out);
        if (out.length > 0)
            is_open = control_connection_stream(call->connection, strbuf_slice(&out));
    }
    strbuf_deinit(&out);
}

static int serve(struct control_call *call)
{
    const struct watch_options *options = call->request->options;
    const struct policy_watch_filter filter = {options->user, options->client, options->check,
                                               verdict_of(options->verdict)};
    const struct policy_history_page page = {
        .form = call->json ? HISTORY_JSON : HISTORY_TEXT, .columns = 200, .has_colour = options->colour};
    const char *problem;
    if (filter.verdict != NULL && !is_verdict(filter.verdict)) {
        answer_refuse(call->answer, "'%s' is no verdict; there is accept, hold, defer, reject, aborted",
                      options->verdict);
        return EX_USAGE;
    }
    struct policy_watch *watch = policy_watch_begin(call->target->engine, &filter, &problem);
    if (watch == NULL) {
        answer_refuse(call->answer, "%s", problem);
        return EX_USAGE;
    }
    stream(call, watch, &page);
    policy_watch_end(watch);
    return EX_OK;
}

static const struct option options[] = {
    {"user", 'u', OPTION_TEXT, offsetof(struct watch_options, user), "LOGIN",
     "only this login, or all of a domain: @example.com"},
    {"client", 'i', OPTION_TEXT, offsetof(struct watch_options, client), "ADDRESS",
     "only this client, or network"},
    {"check", 'k', OPTION_TEXT, offsetof(struct watch_options, check), "NAME",
     "only what this check had something to say about"},
    {"verdict", 'v', OPTION_TEXT, offsetof(struct watch_options, verdict), "WORD",
     "only accept, hold, defer, reject or aborted"},
    {"colour", '\0', OPTION_FLAG, offsetof(struct watch_options, colour), NULL, "verdicts in colour"},
    {0},
};

const struct command watch_command = {
    .name = "watch",
    .arguments = "",
    .help = "show what happens right now, a line a message or event",
    .summary =
        "Shows each message as its record is written, until it is interrupted: when, what became of it, its id, who,\n"
        "from where, to whom and why; and each event (a policy, a table, a list, a grant, a block, a limit that fills)\n"
        "unless a check or verdict is asked for. Mail does not wait for it: who reads too slowly loses lines, and is\n"
        "told how many. With --json each line is the record itself.",
    .options = options,
    .options_bytes = sizeof(struct watch_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .streams = true,
    .serve = serve,
};
