/* `closedrelay reload`: a new configuration for the running daemon. */
#include "commands/command.h"

#include "control/control_call.h"
#include "callbacks/milter_server.h"

#include <stddef.h>
#include <sysexits.h>

struct reload_options {
    bool now;
    bool accept_shrunk;
};

static void add_problems(struct answer *answer, struct slice rest)
{
    answer_open_list(answer, "problems", "");
    for (size_t end; rest.length > 0;
         rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length)) {
        end = slice_find(rest, '\n');
        answer_words(answer, NULL, "", "%.*s", (int)end, rest.data);
    }
    answer_close(answer);
}

static void add_open_sessions(struct answer *answer, bool now)
{
    const uint64_t count = milter_server_session_count();
    answer_count(answer, "open_sessions", NULL, count);
    answer_bool(answer, "open_sessions_follow", NULL, now);
    if (count > 0)
        answer_line(answer, "sessions that are open (%llu) %s", (unsigned long long)count,
                    now ? "take it with their next message"
                        : "keep the policy they began with; reload --now has them take this one");
}

static void add_restart(struct policy_engine *engine, struct answer *answer)
{
    struct strbuf keys;
    strbuf_init(&keys, 0);
    policy_engine_restart_keys(engine, &keys);
    answer_text(answer, "restart_needed_for", NULL, keys.length == 0 ? NULL : strbuf_text(&keys));
    if (keys.length > 0)
        answer_line(answer, "a restart is needed for: %s", strbuf_text(&keys));
    strbuf_deinit(&keys);
}

static void add_accepted(struct answer *answer, size_t count, const char *by)
{
    answer_count(answer, "accepted_shrunk", NULL, count);
    answer_line(answer,
                count == 1 ? "%zu list that lost many entries is in use as it is now"
                           : "%zu lists that lost many entries are in use as they are now",
                count);
    if (count > 0)
        log_info("reload: %zu lists that lost many entries are in use as they are now (asked for by %s)",
                 count, by);
}

static int serve(struct control_call *call)
{
    const struct reload_options *options = call->request->options;
    struct answer *answer = call->answer;
    struct strbuf problems;
    strbuf_init(&problems, 0);
    if (options->accept_shrunk)
        add_accepted(answer, policy_engine_accept_shrunk(call->target->engine), call->caller->name);
    const bool is_in_force = call->target->reload(call->target->context, call->caller->name, &problems);
    add_problems(answer, strbuf_slice(&problems));
    answer_bool(answer, "in_force", NULL, is_in_force);
    answer_line(answer, is_in_force ? "the new policy is in force" : "the old policy stays in force");
    if (is_in_force) {
        if (options->now)
            policy_engine_apply_now(call->target->engine);
        add_open_sessions(answer, options->now);
        add_restart(call->target->engine, answer);
    }
    strbuf_deinit(&problems);
    return is_in_force ? EX_OK : EX_CONFIG;
}

static const struct option options[] = {
    {"now", '\0', OPTION_FLAG, offsetof(struct reload_options, now), NULL,
     "for open sessions too, from their next message on; else they keep the policy they began with"},
    {"accept-shrunk", '\0', OPTION_FLAG, offsetof(struct reload_options, accept_shrunk), NULL,
     "take lists into use as well that became empty or lost many of their entries"},
    {0},
};

const struct command reload_command = {
    .name = "reload",
    .arguments = "",
    .help = "make the running daemon read its configuration anew",
    .summary =
        "Makes the running daemon read its configuration anew, and shows its errors, if any: the old policy\n"
        "then stays in force (exit status 78). Says what in it takes a restart to follow.",
    .options = options,
    .options_bytes = sizeof(struct reload_options),
    .right = COMMAND_FOR_ADMINS,
    .has_json = true,
    .serve = serve,
};
