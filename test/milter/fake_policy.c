/*
 * A policy that does as it is told, for tests of the milter: the names in the envelope say what to answer.
 *
 *   sender     reject@… defer@… refuse a message at MAIL; slow@… takes a second at MAIL
 *              waits@… waits at MAIL until somebody sends from ring@…; late@… for what does not come within
 *              100 ms; so do recipients of these names at RCPT, and end-waits@…, end-late@… at the end
 *              end-reject@… end-defer@… hold@… drop@… decide at the end of the message percent@… newline@…
 * mismatch@… end in replies that are hard to pass on enough@… does not care for the body after its first
 * chunk recipient  reject@… defer@… refuse that recipient
 *
 * With FAKE_POLICY_TRACE=FILE every call is told in a line of FILE. A configuration file has lines "KEY
 * VALUE": listen-unix PATH, listen-inet PORT, control PATH, mode OCTAL, user NAME, sessions N, drain MS; any
 * other is an error.
 */
#include "policy_dashboard.h"
#include "policy_page.h"
#include "policy_query.h"
#include "policy_session.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

struct policy_snapshot {
    atomic_int references;
    struct policy_daemon_settings settings;
    char path[256], control[256], user[64];
};

struct policy_engine {
    struct policy_snapshot *snapshot;
};

struct policy_session {
    struct verdict verdict;
    struct pending *awaited; /* or NULL */
    uint64_t deadline_ms;
    bool can_wait, is_ending;
    char *sender;
    char *first_recipient;
    const char *dropped[1];
    uint64_t body_bytes;
    unsigned header_count;
    unsigned recipient_count;
    bool in_message;
};

static int trace_descriptor = -1;

static void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void trace(const char *format, ...)
{
    if (trace_descriptor < 0)
        return;
    struct strbuf line;
    strbuf_init(&line, 0);
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(&line, format, arguments);
    va_end(arguments);
    strbuf_append_byte(&line, '\n');
    if (write(trace_descriptor, line.data, line.length) < 0)
        abort();
    strbuf_deinit(&line);
}

/* ---- configuration ---------------------------------------------------------------------------------- */

/* The value of `line` if it begins with `key`, else NULL. */
static char *value_of(char *line, const char *key)
{
    size_t length = strlen(key);
    return strncmp(line, key, length) == 0 && line[length] == ' ' ? line + length + 1 : NULL;
}

static bool read_text(char *line, const char *key, char *text, size_t room)
{
    const char *value = value_of(line, key);
    return value != NULL && (size_t)snprintf(text, room, "%s", value) < room;
}

static bool read_number(char *line, const char *key, int base, unsigned long *number)
{
    const char *value = value_of(line, key);
    if (value != NULL)
        *number = strtoul(value, NULL, base);
    return value != NULL;
}

static bool read_line(struct policy_snapshot *snapshot, char *line)
{
    struct policy_daemon_settings *settings = &snapshot->settings;
    unsigned long number = 0;
    line[strcspn(line, "\n")] = '\0';
    if (read_text(line, "listen-unix", snapshot->path, sizeof snapshot->path))
        settings->listen = (struct config_endpoint){.kind = ENDPOINT_UNIX, .path = snapshot->path};
    else if (read_text(line, "control", snapshot->control, sizeof snapshot->control))
        settings->control = (struct config_endpoint){.kind = ENDPOINT_UNIX, .path = snapshot->control};
    else if (read_number(line, "listen-inet", 10, &number))
        settings->listen = (struct config_endpoint){ENDPOINT_INET, "127.0.0.1", (uint16_t)number, NULL};
    else if (read_number(line, "mode", 8, &number))
        settings->socket_mode = (unsigned)number;
    else if (read_number(line, "sessions", 10, &number))
        settings->sessions_max = number;
    else if (read_number(line, "drain", 10, &number))
        settings->drain_ms = number;
    else
        return read_text(line, "user", snapshot->user, sizeof snapshot->user);
    return true;
}

struct policy_snapshot *policy_load(const char *path, struct strbuf *problems)
{
    const char *trace_path = getenv("FAKE_POLICY_TRACE");
    if (trace_path != NULL && trace_descriptor < 0)
        trace_descriptor = open(trace_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    struct policy_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL)
        abort();
    snapshot->references = 1;
    snapshot->settings = (struct policy_daemon_settings){.listen = {ENDPOINT_INET, "127.0.0.1", 10891, NULL},
                                                         .socket_mode = 0660,
                                                         .socket_group = "",
                                                         .control_mode = 0600,
                                                         .control_group = "",
                                                         .timezone = "",
                                                         .user = snapshot->user,
                                                         .group = "",
                                                         .sessions_max = 10000,
                                                         .drain_ms = 5000,
                                                         .syslog_facility = LOG_MAIL};
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    char line[512];
    for (unsigned number = 1; file != NULL && fgets(line, sizeof line, file) != NULL; number++)
        if (!read_line(snapshot, line))
            strbuf_printf(problems, "%s:%u:1: error: broken\n", path, number);
    if (file != NULL)
        fclose(file);
    else if (path != NULL)
        strbuf_printf(problems, "%s:1:1: error: %s\n", path, strerror(errno));
    if (problems->length == 0)
        return snapshot;
    policy_snapshot_unref(snapshot);
    return NULL;
}

struct policy_snapshot *policy_snapshot_ref(struct policy_snapshot *snapshot)
{
    atomic_fetch_add(&snapshot->references, 1);
    return snapshot;
}

void policy_snapshot_unref(struct policy_snapshot *snapshot)
{
    if (snapshot != NULL && atomic_fetch_sub(&snapshot->references, 1) == 1)
        free(snapshot);
}

const char *policy_snapshot_id(const struct policy_snapshot *snapshot)
{
    (void)snapshot;
    return "";
}

void policy_snapshot_print(const struct policy_snapshot *snapshot, struct strbuf *out)
{
    strbuf_printf(out, "sessions: %llu\n", (unsigned long long)snapshot->settings.sessions_max);
}

bool policy_snapshot_print_subject(const struct policy_snapshot *snapshot, const char *whom,
                                   struct strbuf *out)
{
    (void)snapshot;
    strbuf_printf(out, "# for %s\n", whom);
    return true;
}

bool policy_query_settings(const struct policy_snapshot *snapshot, const char *whom, struct answer *answer)
{
    answer_count(answer, "sessions", NULL, snapshot->settings.sessions_max);
    answer_text(answer, "for", NULL, whom);
    return true;
}

const char *const policy_page_languages[] = {"en", NULL};

const char *policy_page_language(const struct policy_snapshot *snapshot)
{
    (void)snapshot;
    return "en";
}

const char *policy_page_template(const struct policy_snapshot *snapshot)
{
    (void)snapshot;
    return "";
}

bool policy_page_text(const struct policy_snapshot *snapshot, const struct policy_page_options *options,
                      struct strbuf *out, struct strbuf *problem)
{
    (void)snapshot;
    (void)options;
    (void)out;
    (void)problem;
    return true;
}

bool policy_page_html(const struct policy_snapshot *snapshot, const struct policy_page_options *options,
                      struct strbuf *out, struct strbuf *problem)
{
    return policy_page_text(snapshot, options, out, problem);
}

void policy_print_record_schema(struct strbuf *out)
{
    strbuf_append_text(out, "{}\n");
}

void policy_print_record_reference(struct strbuf *out)
{
    strbuf_append_text(out, "# record\n");
}

void policy_print_reference(struct strbuf *out)
{
    strbuf_append_text(out, "# reference\n");
}

void policy_print_sample(struct strbuf *out)
{
    strbuf_append_text(out, "mode: monitor\n");
}

void policy_print_json_schema(struct strbuf *out)
{
    strbuf_append_text(out, "{}\n");
}

const struct policy_daemon_settings *policy_snapshot_daemon(const struct policy_snapshot *snapshot)
{
    return &snapshot->settings;
}

/* ---- engine ----------------------------------------------------------------------------------------- */

const struct policy_http_settings *policy_snapshot_http(const struct policy_snapshot *snapshot)
{
    static const struct policy_http_settings nowhere = {.tokens_path = "", .socket_group = ""};
    (void)snapshot;
    return &nowhere;
}

struct policy_engine *policy_engine_create(struct policy_snapshot *snapshot,
                                           const struct policy_engine_options *options,
                                           struct strbuf *problems)
{
    (void)options;
    (void)problems;
    struct policy_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        abort();
    engine->snapshot = policy_snapshot_ref(snapshot);
    return engine;
}

struct policy_snapshot *policy_engine_load(struct policy_engine *engine, const char *path,
                                           struct strbuf *problems)
{
    (void)engine;
    return policy_load(path, problems);
}

bool policy_engine_use(struct policy_engine *engine, struct policy_snapshot *snapshot, const char *by,
                       struct strbuf *problems)
{
    (void)by;
    (void)problems;
    trace("use");
    policy_snapshot_unref(engine->snapshot);
    engine->snapshot = policy_snapshot_ref(snapshot);
    return true;
}

size_t policy_engine_accept_shrunk(struct policy_engine *engine)
{
    (void)engine;
    trace("accept shrunk");
    return 0;
}

void policy_engine_apply_now(struct policy_engine *engine)
{
    (void)engine;
    trace("apply now");
}

void policy_engine_restart_keys(struct policy_engine *engine, struct strbuf *keys)
{
    (void)engine;
    (void)keys;
}

void policy_engine_refuse_reload(struct policy_engine *engine, const char *by, struct slice problems)
{
    (void)engine;
    trace("refused, asked for by %s: %.*s", by, (int)problems.length, problems.data);
}

struct policy_snapshot *policy_engine_snapshot(struct policy_engine *engine)
{
    return policy_snapshot_ref(engine->snapshot);
}

void policy_query_status(struct policy_engine *engine, uint64_t session_count, struct answer *answer)
{
    (void)engine;
    answer_count(answer, "sessions", "sessions", session_count);
}

void policy_record_lookup(struct policy_engine *engine, const char *by, const char *what, const char *whom)
{
    (void)engine;
    trace("%s looks up %s: %s", by, what, whom);
}

void policy_query_metrics(struct policy_engine *engine, uint64_t session_count, struct strbuf *out)
{
    (void)engine;
    strbuf_printf(out, "sessions %llu\n", (unsigned long long)session_count);
}

bool policy_query_readiness(struct policy_engine *engine, struct strbuf *why_not)
{
    (void)engine;
    (void)why_not;
    return true;
}

/* Nobody asks over HTTP here. */
struct policy_dashboard *policy_dashboard_start(struct policy_engine *engine)
{
    (void)engine;
    return NULL;
}

void policy_dashboard_interrupt(struct policy_dashboard *dashboard)
{
    (void)dashboard;
}

void policy_dashboard_stop(struct policy_dashboard *dashboard)
{
    (void)dashboard;
}

unsigned policy_dashboard_page(struct policy_dashboard *dashboard,
                               const struct policy_page_question *question, struct strbuf *out)
{
    (void)dashboard;
    (void)question;
    (void)out;
    return 404;
}

void policy_dashboard_recent(struct policy_dashboard *dashboard, struct answer *answer)
{
    (void)dashboard;
    (void)answer;
}

bool policy_dashboard_source(struct policy_dashboard *dashboard, struct policy_history_source *source,
                             char **names)
{
    (void)dashboard;
    (void)source;
    *names = NULL;
    return false;
}

bool policy_query_health(struct policy_engine *engine, const char *title, struct answer *answer)
{
    (void)engine;
    answer_open_list(answer, "ill", title);
    answer_close(answer);
    return true;
}

bool policy_query_lookup(struct policy_engine *engine, const char *address, struct answer *answer)
{
    (void)engine;
    answer_line(answer, "%s: not listed", address);
    return true;
}

char *policy_control_path(const char *path)
{
    (void)path;
    return strdup("");
}

void policy_snapshot_mta_requirements(const struct policy_snapshot *snapshot,
                                      struct policy_mta_requirements *needs)
{
    (void)snapshot;
    *needs = (struct policy_mta_requirements){.resolv_conf = "/etc/resolv.conf"};
}

bool policy_snapshot_trusts(const struct policy_snapshot *snapshot, const struct ip_network *network)
{
    (void)snapshot;
    (void)network;
    return false;
}

void policy_snapshot_relay_requirements(const struct policy_snapshot *snapshot,
                                        struct policy_relay_requirements *needs)
{
    (void)snapshot;
    *needs = (struct policy_relay_requirements){0};
}

bool policy_snapshot_each_domain(const struct policy_snapshot *snapshot,
                                 bool (*visit)(void *context, const char *domain), void *context)
{
    (void)snapshot;
    (void)visit;
    (void)context;
    return true;
}

bool policy_snapshot_has_domain(const struct policy_snapshot *snapshot, struct slice domain)
{
    (void)snapshot;
    (void)domain;
    return false;
}

bool policy_snapshot_has_local_daemon(const struct policy_snapshot *snapshot, struct slice name)
{
    (void)snapshot;
    (void)name;
    return false;
}

bool policy_grant_add(struct policy_engine *engine, const struct policy_grant *grant, struct answer *answer)
{
    (void)engine;
    answer_line(answer, "%s may relay", grant->address);
    return true;
}

bool policy_grant_remove(struct policy_engine *engine, const char *address, const char *by,
                         struct answer *answer)
{
    (void)engine;
    answer_line(answer, "%s is outside again, says %s", address, by);
    return true;
}

void policy_query_grants(struct policy_engine *engine, struct answer *answer)
{
    (void)engine;
    answer_become_list(answer);
}

const char *policy_snapshot_listed_logins(const struct policy_snapshot *snapshot)
{
    (void)snapshot;
    return NULL;
}

bool policy_snapshot_check_writable(const struct policy_snapshot *snapshot, struct strbuf *problems)
{
    (void)snapshot;
    (void)problems;
    return true;
}

bool policy_query_usage(struct policy_engine *engine, const struct policy_usage_question *question,
                        struct answer *answer)
{
    (void)engine;
    (void)question;
    answer_become_list(answer);
    return true;
}

bool policy_reset_usage(struct policy_engine *engine, const char *key, const char *by, struct answer *answer)
{
    (void)engine;
    (void)by;
    answer_text(answer, "key", NULL, key);
    return true;
}

bool policy_block_add(struct policy_engine *engine, const struct policy_block *block, struct answer *answer)
{
    (void)engine;
    answer_text(answer, "whom", NULL, block->whom);
    return true;
}

bool policy_block_remove(struct policy_engine *engine, const struct policy_block *asked,
                         struct answer *answer)
{
    (void)engine;
    answer_text(answer, "whom", NULL, asked->whom);
    return true;
}

bool policy_query_blocks(struct policy_engine *engine, struct answer *answer)
{
    (void)engine;
    answer_become_list(answer);
    return true;
}

bool policy_query_suspects(struct policy_engine *engine, struct answer *answer)
{
    (void)engine;
    answer_become_list(answer);
    return true;
}

bool policy_query_suspect(struct policy_engine *engine, const char *user, struct answer *answer)
{
    (void)engine;
    answer_text(answer, "user", NULL, user);
    return true;
}

bool policy_account_feedback(struct policy_engine *engine, const struct policy_feedback *feedback,
                             struct answer *answer)
{
    (void)engine;
    answer_text(answer, "message_id", NULL, feedback->message_id);
    return true;
}

bool policy_account_login(struct policy_engine *engine, const struct policy_login *login,
                          struct answer *answer)
{
    (void)engine;
    answer_text(answer, "user", NULL, login->user);
    return true;
}

bool policy_auth_policy(struct policy_engine *engine, const char *command, struct slice json,
                        struct strbuf *out)
{
    (void)engine;
    (void)command;
    strbuf_append_slice(out, json);
    return true;
}

bool policy_account_forgive(struct policy_engine *engine, const char *user, const char *by, bool is_owner,
                            struct answer *answer)
{
    (void)engine;
    (void)by;
    (void)is_owner;
    answer_text(answer, "whom", NULL, user);
    return true;
}

bool policy_snapshot_prepare(const struct policy_snapshot *snapshot, unsigned user_id, unsigned group_id,
                             struct strbuf *problems)
{
    (void)snapshot;
    (void)user_id;
    (void)group_id;
    (void)problems;
    return true;
}

void policy_engine_reopen(struct policy_engine *engine)
{
    (void)engine;
    trace("reopen");
}

void policy_engine_retire(struct policy_engine *engine)
{
    (void)engine;
    trace("retire");
}

void policy_engine_destroy(struct policy_engine *engine)
{
    if (engine == NULL)
        return;
    trace("destroy");
    policy_snapshot_unref(engine->snapshot);
    free(engine);
}

/* ---- sessions --------------------------------------------------------------------------------------- */

static const char *text_of(const char *text)
{
    return text == NULL ? "-" : text;
}

struct policy_session *policy_session_begin(struct policy_engine *engine,
                                            const struct policy_connect *connect)
{
    (void)engine;
    struct ip_address ip;
    uint16_t port = 0;
    char address[IP_ADDRESS_TEXT_BYTES] = "-";
    if (connect->address != NULL && ip_address_from_sockaddr(connect->address, &ip, &port))
        ip_address_print(&ip, address);
    trace("begin name=%s address=%s port=%u v=%s daemon=%s", text_of(connect->client_name), address,
          (unsigned)port, text_of(connect->mta_version), text_of(connect->daemon_name));
    struct policy_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        abort();
    session->can_wait = connect->can_wait;
    return session;
}

void policy_session_helo(struct policy_session *session, const char *name)
{
    (void)session;
    trace("helo %s", text_of(name));
}

static struct policy_answer answer_with(struct policy_session *session, unsigned code, const char *text)
{
    enum policy_step step = code >= 500 ? POLICY_REJECT : POLICY_DEFER;
    session->verdict =
        (struct verdict){.action = step == POLICY_REJECT ? ACTION_REJECT : ACTION_DEFER, .code = code};
    snprintf(session->verdict.enhanced, sizeof session->verdict.enhanced, "%s",
             code >= 500 ? "5.7.1" : "4.7.1");
    snprintf(session->verdict.text, sizeof session->verdict.text, "%s", text);
    return (struct policy_answer){.step = step, .verdict = &session->verdict};
}

static bool begins(const char *path, const char *word)
{
    path += path[0] == '<';
    return strncmp(path, word, strlen(word)) == 0 && path[strlen(word)] == '@';
}

static void stop_waiting(struct policy_session *session)
{
    pending_drop(session->awaited);
    session->awaited = NULL;
}

static void forget_message(struct policy_session *session)
{
    free(session->sender);
    free(session->first_recipient);
    session->sender = session->first_recipient = NULL;
    session->body_bytes = session->header_count = session->recipient_count = 0;
    session->in_message = false;
    stop_waiting(session);
}

/* What everybody waits for, until somebody rings. */
static struct pending *next_ring(bool is_ringing)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct pending *bell;
    pthread_mutex_lock(&lock);
    struct pending *ring = bell == NULL ? pending_create() : bell;
    if (ring == NULL)
        abort();
    bell = is_ringing ? NULL : ring;
    if (!is_ringing)
        pending_ref(ring);
    pthread_mutex_unlock(&lock);
    return ring;
}

static void ring(void)
{
    struct pending *rung = next_ring(true);
    pending_complete(rung);
    pending_drop(rung);
}

static void start_waiting(struct policy_session *session, const char *path)
{
    const bool is_late = begins(path, "late") || begins(path, "end-late");
    const uint64_t budget_ms = is_late ? 100 : 60000;
    session->awaited = is_late ? pending_create() : next_ring(false);
    session->deadline_ms = clock_now_ms() + budget_ms;
    if (!session->can_wait)
        pending_wait(session->awaited, budget_ms);
}

/* False: it is there, or late. */
static bool waits_on(struct policy_session *session)
{
    if (session->awaited != NULL && session->can_wait && !pending_is_done(session->awaited) &&
        clock_now_ms() < session->deadline_ms)
        return true;
    if (session->awaited != NULL)
        trace("%s", pending_is_done(session->awaited) ? "rung" : "late");
    stop_waiting(session);
    return false;
}

static struct policy_answer go_on_or_wait(struct policy_session *session)
{
    if (waits_on(session))
        return (struct policy_answer){.step = POLICY_WAIT,
                                      .awaited = {session->awaited, session->deadline_ms}};
    return (struct policy_answer){.step = POLICY_CONTINUE};
}

struct policy_answer policy_session_mail(struct policy_session *session, const struct policy_mail *mail)
{
    policy_session_abort(session);
    trace("mail %s first=%s type=%s authen=%s i=%s tls=%s subject=%s verified=%d", mail->path,
          text_of(mail->params == NULL ? NULL : mail->params[0]), text_of(mail->auth_type),
          text_of(mail->auth_authen), text_of(mail->queue_id), text_of(mail->tls.version),
          text_of(mail->tls.cert_subject), mail->tls.cert_verified);
    session->in_message = true;
    session->sender = strdup(mail->path);
    if (begins(mail->path, "slow"))
        sleep(1);
    if (begins(mail->path, "ring"))
        ring();
    if (begins(mail->path, "waits") || begins(mail->path, "late"))
        start_waiting(session, mail->path);
    if (begins(mail->path, "reject") || begins(mail->path, "defer")) {
        struct policy_answer answer = begins(mail->path, "reject")
                                          ? answer_with(session, 550, "no mail from you")
                                          : answer_with(session, 451, "later");
        forget_message(session);
        return answer;
    }
    return go_on_or_wait(session);
}

struct policy_answer policy_session_recipient(struct policy_session *session,
                                              const struct policy_recipient *recipient)
{
    trace("rcpt %s mailer=%s", recipient->path, text_of(recipient->mailer));
    if (begins(recipient->path, "reject"))
        return answer_with(session, 550, "no mail for them");
    if (begins(recipient->path, "defer"))
        return answer_with(session, 452, "too many");
    if (session->recipient_count++ == 0) {
        free(session->first_recipient);
        session->first_recipient = strdup(recipient->path);
    }
    if (begins(recipient->path, "waits") || begins(recipient->path, "late"))
        start_waiting(session, recipient->path);
    return go_on_or_wait(session);
}

void policy_session_queue_id(struct policy_session *session, const char *queue_id)
{
    (void)session;
    trace("queue-id %s", queue_id);
}

void policy_session_header(struct policy_session *session, const char *name, const char *value)
{
    session->header_count++;
    trace("header %s=%s", name, value);
}

void policy_session_end_of_headers(struct policy_session *session)
{
    (void)session;
    trace("eoh");
}

bool policy_session_body(struct policy_session *session, const void *bytes, size_t length)
{
    (void)bytes;
    session->body_bytes += length;
    trace("body %zu", length);
    return session->sender == NULL || !begins(session->sender, "enough");
}

static struct policy_answer final_answer(struct policy_session *session)
{
    const char *sender = session->sender == NULL ? "" : session->sender;
    struct policy_answer answer = {.step = POLICY_CONTINUE};
    if (begins(sender, "end-reject"))
        answer = answer_with(session, 550, "not this message");
    else if (begins(sender, "end-defer"))
        answer = answer_with(session, 451, "not this message now");
    else if (begins(sender, "percent"))
        answer = answer_with(session, 550, "100% not %s%n");
    else if (begins(sender, "newline"))
        answer = answer_with(session, 550, "one\r\n250 two");
    else if (begins(sender, "mismatch")) {
        answer = answer_with(session, 550, "codes disagree");
        session->verdict.enhanced[0] = '4';
    }
    return answer;
}

static struct policy_ending end_message(struct policy_session *session)
{
    static const struct header_field added = {"X-Policy", {"seen", 4}};
    struct policy_ending ending = {.answer = final_answer(session),
                                   .edits = {.added = &added, .added_count = 1}};
    session->is_ending = true;
    if (waits_on(session)) {
        ending.answer.step = POLICY_WAIT;
        ending.answer.awaited = (struct pending_awaited){session->awaited, session->deadline_ms};
        return ending;
    }
    if (session->sender != NULL && begins(session->sender, "hold"))
        ending.edits.hold_reason = "looks odd";
    if (session->sender != NULL && begins(session->sender, "drop") && session->first_recipient != NULL) {
        session->dropped[0] = session->first_recipient;
        ending.edits.dropped = session->dropped;
        ending.edits.dropped_count = 1;
    }
    session->in_message = session->is_ending = false;
    return ending;
}

struct policy_ending policy_session_end_of_message(struct policy_session *session)
{
    const char *sender = session->sender == NULL ? "" : session->sender;
    trace("end headers=%u body=%llu recipients=%u", session->header_count,
          (unsigned long long)session->body_bytes, session->recipient_count);
    if (begins(sender, "end-waits") || begins(sender, "end-late"))
        start_waiting(session, sender);
    return end_message(session);
}

struct policy_ending policy_session_resume(struct policy_session *session)
{
    return session->is_ending ? end_message(session)
                              : (struct policy_ending){.answer = go_on_or_wait(session)};
}

void policy_session_abort(struct policy_session *session)
{
    if (session->in_message)
        trace("abort");
    forget_message(session);
}

void policy_session_end(struct policy_session *session)
{
    if (session == NULL)
        return;
    policy_session_abort(session);
    trace("close");
    free(session);
}
