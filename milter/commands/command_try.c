/* `closedrelay try`: one message through the policy, without an MTA. */
#include "command.h"

#include "message_file.h"
#include "problems.h"
#include "try_report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sysexits.h>

enum { EXIT_REFUSED = 1, CLIENT_PORT = 40000 };

struct try_options {
    const char *config_path;
    const char *role;
    const char *user;
    const char *client;
    const char *helo;
    const char *mail;
    struct option_list recipients;
    bool with_dns;
    bool as_json;
    const char *message_path; /* the argument */
};

static const char *const role_words[] = {"submission", "trusted", "local", "outside", NULL};

/* ---- options ---------------------------------------------------------------------------------------- */

static bool is_role_word(const char *role)
{
    for (size_t i = 0; role_words[i] != NULL; i++)
        if (strcmp(role, role_words[i]) == 0)
            return true;
    const char *meant = options_suggest(role, role_words);
    complain("try", "there is no role '%s'%s%s%s", role, meant == NULL ? "" : " (did you mean ",
             meant == NULL ? "" : meant, meant == NULL ? "" : "?)");
    return false;
}

static bool role_is(const struct try_options *options, const char *role)
{
    return strcmp(options->role, role) == 0;
}

static bool add_default_recipient(struct try_options *options)
{
    static const char *const recipient = "recipient@example.net";
    if (options->recipients.count > 0)
        return true;
    options->recipients.items = malloc(sizeof *options->recipients.items);
    if (options->recipients.items == NULL)
        return false;
    options->recipients.items[0] = recipient;
    options->recipients.count = 1;
    return true;
}

static bool complete(struct try_options *options)
{
    if (options->role == NULL)
        options->role = options->user == NULL ? "outside" : "submission";
    if (!is_role_word(options->role))
        return false;
    bool is_near = role_is(options, "trusted") || role_is(options, "local");
    if (options->user == NULL && role_is(options, "submission"))
        options->user =
            options->mail != NULL && options->mail[0] != '\0' ? options->mail : "sender@example.org";
    if (options->client == NULL)
        options->client = is_near ? "127.0.0.1" : "203.0.113.1";
    if (options->helo == NULL)
        options->helo = is_near ? "localhost" : "client.example";
    if (options->mail == NULL)
        options->mail = options->user != NULL && strchr(options->user, '@') != NULL ? options->user
                                                                                    : "sender@example.org";
    return add_default_recipient(options);
}

/* ---- the conversation ------------------------------------------------------------------------------- */

struct conversation {
    const struct try_options *options;
    struct policy_session *session;
    struct try_report report;
    FILE *message;
};

static bool client_address(const struct try_options *options, struct sockaddr_storage *storage)
{
    in_port_t port = role_is(options, "local") ? 0 : htons(CLIENT_PORT);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = port};
    if (inet_pton(AF_INET, options->client, &v4.sin_addr) == 1)
        memcpy(storage, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, options->client, &v6.sin6_addr) == 1)
        memcpy(storage, &v6, sizeof v6);
    else
        return false;
    return true;
}

/* The path as an MTA passes it: in angle brackets, from local programs without. */
static void build_path(struct strbuf *path, const struct try_options *options, const char *address)
{
    bool is_bare = address[0] != '<' && !role_is(options, "local");
    strbuf_reset(path);
    strbuf_printf(path, is_bare ? "<%s>" : "%s", address);
}

static struct policy_answer say_mail(const struct conversation *conversation)
{
    const struct try_options *options = conversation->options;
    struct strbuf path;
    strbuf_init(&path, 0);
    build_path(&path, options, options->mail);
    bool is_login = role_is(options, "submission");
    struct policy_mail mail = {.path = strbuf_text(&path),
                               .auth_type = is_login ? "PLAIN" : NULL,
                               .auth_authen = is_login ? options->user : NULL};
    struct policy_answer answer = policy_session_mail(conversation->session, &mail);
    strbuf_deinit(&path);
    return answer;
}

static enum policy_step say_recipient(const struct conversation *conversation, const char *address)
{
    struct strbuf command;
    strbuf_init(&command, 0);
    build_path(&command, conversation->options, address);
    struct policy_recipient recipient = {.path = strbuf_text(&command)};
    struct policy_answer answer = policy_session_recipient(conversation->session, &recipient);
    strbuf_reset(&command);
    strbuf_printf(&command, "RCPT TO:<%s>", address);
    try_report_answer(&conversation->report, strbuf_text(&command), &answer);
    strbuf_deinit(&command);
    return answer.step;
}

static enum try_outcome outcome_of(enum policy_step step)
{
    return step == POLICY_CONTINUE ? TRY_ACCEPTED : step == POLICY_REJECT ? TRY_REFUSED : TRY_DEFERRED;
}

static enum try_outcome say_message(struct conversation *conversation, bool *was_read)
{
    *was_read = message_file_feed(conversation->message, conversation->session);
    if (!*was_read) {
        complain(conversation->options->message_path, "%s", strerror(errno));
        return TRY_DEFERRED;
    }
    struct policy_ending ending = policy_session_end_of_message(conversation->session);
    try_report_answer(&conversation->report, "end of message", &ending.answer);
    try_report_ending(&conversation->report, &ending);
    return ending.answer.step == POLICY_CONTINUE && ending.edits.hold_reason != NULL
               ? TRY_HELD
               : outcome_of(ending.answer.step);
}

/* `was_read` false: the message could not be read, which was said. */
static enum try_outcome converse(struct conversation *conversation, bool *was_read)
{
    struct policy_answer answer = say_mail(conversation);
    try_report_answer(&conversation->report, "MAIL", &answer);
    if (answer.step != POLICY_CONTINUE)
        return outcome_of(answer.step);
    bool is_taken = false;
    enum policy_step last = POLICY_CONTINUE;
    for (size_t i = 0; i < conversation->options->recipients.count; i++) {
        last = say_recipient(conversation, conversation->options->recipients.items[i]);
        is_taken = is_taken || last == POLICY_CONTINUE;
    }
    return is_taken ? say_message(conversation, was_read) : outcome_of(last);
}

static int exit_status(enum try_outcome outcome)
{
    return outcome == TRY_REFUSED ? EXIT_REFUSED : outcome == TRY_DEFERRED ? EX_TEMPFAIL : EX_OK;
}

/* Who has which role is the configuration's to say; `role` was only a way to describe the client. */
static void say_if_other_role(const struct conversation *conversation)
{
    if (conversation->report.has_record &&
        !role_is(conversation->options, role_name(conversation->report.role)))
        complain("try", "this client is '%s' under this configuration, not '%s'",
                 role_name(conversation->report.role), conversation->options->role);
}

static int try_message(struct conversation *conversation, struct policy_engine *engine)
{
    struct sockaddr_storage address = {0};
    if (!client_address(conversation->options, &address)) {
        complain("try", "'%s' is no IP address", conversation->options->client);
        return EX_USAGE;
    }
    struct policy_connect connect = {.address = (const struct sockaddr *)&address, .client_name = "unknown"};
    conversation->session = policy_session_begin(engine, &connect);
    if (conversation->session == NULL) {
        complain("try", "out of memory");
        return EX_OSERR;
    }
    policy_session_helo(conversation->session, conversation->options->helo);
    bool was_read = true;
    enum try_outcome outcome = converse(conversation, &was_read);
    policy_session_end(conversation->session);
    if (!was_read)
        return EX_NOINPUT;
    say_if_other_role(conversation);
    try_report_outcome(&conversation->report, outcome);
    return exit_status(outcome);
}

static int run_engine(struct conversation *conversation)
{
    struct policy_engine_options engine_options = {.clock = clock_system(),
                                                   .record = try_report_record,
                                                   .record_context = &conversation->report,
                                                   .offline = !conversation->options->with_dns};
    struct strbuf problems;
    strbuf_init(&problems, 0);
    struct policy_snapshot *snapshot = policy_load(conversation->options->config_path, &problems);
    struct policy_engine *engine =
        snapshot == NULL ? NULL : policy_engine_create(snapshot, &engine_options, &problems);
    problems_print(&problems);
    strbuf_deinit(&problems);
    int status = engine == NULL ? EX_CONFIG : try_message(conversation, engine);
    policy_engine_destroy(engine);
    policy_snapshot_unref(snapshot);
    return status;
}

static int open_and_run(const struct try_options *options)
{
    struct conversation conversation = {.options = options, .report = {.as_json = options->as_json}};
    bool is_stdin = strcmp(options->message_path, "-") == 0;
    conversation.message = is_stdin ? stdin : fopen(options->message_path, "re");
    if (conversation.message == NULL) {
        complain(options->message_path, "%s", strerror(errno));
        return EX_NOINPUT;
    }
    int status = run_engine(&conversation);
    if (!is_stdin)
        fclose(conversation.message);
    return fflush(stdout) == 0 ? status : EX_IOERR;
}

static int run(struct command_call *call)
{
    struct try_options *options = call->options;
    options->config_path = options_config(options->config_path);
    options->message_path = call->arguments.items[0];
    return complete(options) ? open_and_run(options) : EX_USAGE;
}

static const struct option options[] = {
    {"config", 'c', OPTION_TEXT, offsetof(struct try_options, config_path), "FILE",
     "use FILE instead of /etc/closedrelay/closedrelay.yaml"},
    {"role", 'r', OPTION_TEXT, offsetof(struct try_options, role), "ROLE",
     "submission, trusted, local or outside"},
    {"user", 'u', OPTION_TEXT, offsetof(struct try_options, user), "LOGIN", "the login of a submission"},
    {"client", 'i', OPTION_TEXT, offsetof(struct try_options, client), "ADDRESS", "the client's IP address"},
    {"helo", 'H', OPTION_TEXT, offsetof(struct try_options, helo), "NAME", "the client's name at HELO"},
    {"mail", 'f', OPTION_TEXT, offsetof(struct try_options, mail), "ADDRESS", "the envelope sender"},
    {"rcpt", 't', OPTION_LIST, offsetof(struct try_options, recipients), "ADDRESS",
     "an envelope recipient; may be repeated"},
    {"dns", 'd', OPTION_FLAG, offsetof(struct try_options, with_dns), NULL, "ask the block lists too"},
    {"json", 'j', OPTION_FLAG, offsetof(struct try_options, as_json), NULL,
     "print the record instead, as the audit file would have it"},
    {0},
};

const struct command try_command = {
    .name = "try",
    .arguments = "MESSAGE|-",
    .arguments_min = 1,
    .arguments_max = 1,
    .help = "tell what would happen to a message, check by check",
    .summary =
        "Tells what would happen to the message in the file MESSAGE (-: standard input), check by check, and what\n"
        "the MTA would answer. No mail server is involved and nothing is counted or recorded. Exit status 0 where\n"
        "the message is accepted or held, 1 where it is refused, 75 where it is deferred.\n"
        "\n"
        "Without --role a message with --user is a submission, one without comes from outside. Not given, the\n"
        "client is 203.0.113.1 (trusted and local: 127.0.0.1), the sender the login or sender@example.org, the\n"
        "recipient recipient@example.net.",
    .options = options,
    .options_bytes = sizeof(struct try_options),
    .run = run,
};
