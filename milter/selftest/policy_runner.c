/* Puts the cases to the policy library in this process. */
#include "runner.h"

#include "commands/options.h"
#include "policy_session.h"
#include "commands/problems.h"
#include "message_split.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum { CLIENT_PORT = 40000 };

struct policy_runner {
    const struct selftest_sender *sender;
    struct policy_snapshot *snapshot;
    struct policy_engine *engine;
    struct policy_session *session;
    struct selftest_result *result; /* of the message being run */
    struct strbuf scratch;
};

/* The strictest finding of the attachments check comes first. */
static bool take_record(void *context, const struct policy_record *record)
{
    struct policy_runner *runner = context;
    if (runner->result == NULL)
        return true;
    runner->result->answer = ANSWER_PASS;
    snprintf(runner->result->word, sizeof runner->result->word, "%s", "pass");
    for (size_t i = 0; i < record->outcome->findings->count; i++) {
        const struct finding *finding = &record->outcome->findings->items[i];
        if (strcmp(finding->check, "attachments") != 0)
            continue;
        unsigned answer = selftest_answer_of(finding->reason);
        runner->result->answer = answer;
        snprintf(runner->result->word, sizeof runner->result->word, "%s",
                 answer == 0 ? finding->reason : selftest_answer_name(answer));
        runner->result->is_stopped = finding->outcome != FINDING_PASS;
        break;
    }
    return true;
}

static bool say_field(void *context, const char *name, const char *value)
{
    policy_session_header(((struct policy_runner *)context)->session, name, value);
    return true;
}

static bool is_near(const struct selftest_sender *sender)
{
    return strcmp(sender->role, "trusted") == 0 || strcmp(sender->role, "local") == 0;
}

static bool was_taken(const char *command, const struct policy_answer *answer)
{
    if (answer->step == POLICY_CONTINUE)
        return true;
    complain("selftest", "the policy refuses %s: %s", command,
             answer->verdict == NULL ? "without a reason" : answer->verdict->text);
    return false;
}

static bool say_envelope(const struct policy_runner *runner)
{
    const struct selftest_sender *sender = runner->sender;
    bool is_login = strcmp(sender->role, "submission") == 0;
    struct policy_mail mail = {.path = sender->mail,
                               .auth_type = is_login ? "PLAIN" : NULL,
                               .auth_authen = is_login ? sender->user : NULL};
    struct policy_recipient recipient = {.path = sender->recipient};
    struct policy_answer answer = policy_session_mail(runner->session, &mail);
    if (!was_taken("MAIL", &answer))
        return false;
    answer = policy_session_recipient(runner->session, &recipient);
    return was_taken("RCPT", &answer);
}

static bool run_message(void *context, struct slice message, struct selftest_result *result)
{
    struct policy_runner *runner = context;
    *result = (struct selftest_result){0};
    runner->result = result;
    bool is_taken = say_envelope(runner);
    if (is_taken) {
        struct slice body = message_split(message, &runner->scratch, say_field, runner);
        policy_session_end_of_headers(runner->session);
        if (body.length > 0)
            policy_session_body(runner->session, body.data, body.length);
        policy_session_end_of_message(runner->session);
    }
    policy_session_abort(runner->session);
    runner->result = NULL;
    return is_taken && !runner->scratch.failed;
}

static void close_runner(void *context)
{
    struct policy_runner *runner = context;
    policy_session_end(runner->session);
    policy_engine_destroy(runner->engine);
    policy_snapshot_unref(runner->snapshot);
    strbuf_deinit(&runner->scratch);
    free(runner);
}

static bool begin_session(struct policy_runner *runner)
{
    struct sockaddr_in client = {.sin_family = AF_INET, .sin_port = htons(CLIENT_PORT)};
    inet_pton(AF_INET, is_near(runner->sender) ? "127.0.0.1" : "203.0.113.1", &client.sin_addr);
    if (strcmp(runner->sender->role, "local") == 0)
        client.sin_port = 0;
    struct policy_connect connect = {.address = (const struct sockaddr *)&client, .client_name = "unknown"};
    runner->session = policy_session_begin(runner->engine, &connect);
    if (runner->session == NULL)
        return false;
    policy_session_helo(runner->session, "selftest.example");
    return true;
}

int policy_runner_open(struct selftest_runner *runner, const char *config_path,
                       const struct selftest_sender *sender)
{
    struct policy_runner *policy = calloc(1, sizeof *policy);
    if (policy == NULL) {
        complain("selftest", "out of memory");
        return EX_OSERR;
    }
    struct policy_engine_options options = {
        .clock = clock_system(), .record = take_record, .record_context = policy, .offline = true};
    struct strbuf problems;
    strbuf_init(&problems, 0);
    strbuf_init(&policy->scratch, 0);
    policy->sender = sender;
    policy->snapshot = policy_load(config_path, &problems);
    policy->engine =
        policy->snapshot == NULL ? NULL : policy_engine_create(policy->snapshot, &options, &problems);
    problems_print(&problems);
    strbuf_deinit(&problems);
    int status = policy->engine == NULL ? EX_CONFIG : begin_session(policy) ? EX_OK : EX_OSERR;
    if (status != EX_OK)
        close_runner(policy);
    *runner = (struct selftest_runner){.context = policy, .run = run_message, .close = close_runner};
    return status;
}
