/* The way of a connection and its messages, stage by stage. */
#include "session/session_state.h"

#include "base/counter.h"
#include "check/relay/relay.h"
#include "check/size.h"

#include <talloc.h>

static const struct policy_answer go_on = {.step = POLICY_CONTINUE};

COUNTER(connections, "connections", "connections_total", "", "Connections of the MTA.");

/* ---- connection ------------------------------------------------------------------------------------- */

static int session_release(struct policy_session *session)
{
    policy_snapshot_unref(session->snapshot);
    return 0;
}

static bool fill_session_facts(struct policy_session *session, const struct policy_connect *connect)
{
    struct session_facts *facts = &session->facts;
    bool failed = false;
    facts->client_ip_known =
        connect->address != NULL &&
        ip_address_from_sockaddr(connect->address, &facts->client_ip, &facts->client_port);
    facts->client_name = facts_text(session, connect->client_name, &failed);
    facts->mta_version = facts_text(session, connect->mta_version, &failed);
    facts->daemon_name = facts_text(session, connect->daemon_name, &failed);
    facts->helo = "";
    facts->client_is_trusted =
        facts->client_ip_known &&
        network_set_contains(snapshot_relay_settings(session->snapshot)->trusted_networks, &facts->client_ip);
    return !failed;
}

/* Slow work starts before it is known whose settings will count; those of outside clients stand in. */
static void begin_checks(struct policy_session *session)
{
    for (size_t i = 0; check_table[i] != NULL; i++) {
        if (check_table[i]->begin == NULL)
            continue;
        const struct check_context context = {
            .stage = STAGE_CONNECT,
            .session = &session->facts,
            .settings = snapshot_check_settings(session->snapshot, i, ROLE_OUTSIDE),
            .services = &session->engine->services,
            .owner = session,
            .session_state = &session->check_state[i],
            .session_owner = session,
        };
        check_table[i]->begin(&context);
    }
}

struct policy_session *policy_session_begin(struct policy_engine *engine,
                                            const struct policy_connect *connect)
{
    struct policy_session *session = talloc_zero(NULL, struct policy_session);
    if (session == NULL)
        return NULL;
    session->engine = engine;
    session->snapshot = policy_engine_snapshot(engine);
    session->cannot_hold = connect->cannot_hold;
    session->cannot_drop = connect->cannot_drop;
    counter_add(&connections, 1);
    talloc_set_destructor(session, session_release);
    if (!fill_session_facts(session, connect)) {
        talloc_free(session);
        return NULL;
    }
    if (session->snapshot->root->mode != MODE_OFF)
        begin_checks(session);
    return session;
}

void policy_session_helo(struct policy_session *session, const char *name)
{
    bool failed = false;
    const char *helo = facts_text(session, name, &failed);
    if (session->facts.helo[0] != '\0')
        talloc_free((void *)(uintptr_t)session->facts.helo);
    session->facts.helo = helo;
}

/* ---- answers ---------------------------------------------------------------------------------------- */

/* cleanup(8), which hands local mail to milters, would call an earlier refusal a configuration error. */
bool message_answers_wait(const struct message *message)
{
    return message->facts.role == ROLE_LOCAL;
}

struct policy_answer session_answer_of(const struct verdict *verdict)
{
    if (verdict->action == ACTION_REJECT)
        return (struct policy_answer){POLICY_REJECT, verdict};
    if (verdict->action == ACTION_DEFER)
        return (struct policy_answer){POLICY_DEFER, verdict};
    return go_on;
}

struct policy_answer session_refuse_for_memory(void)
{
    static const struct verdict verdict = {
        .action = ACTION_DEFER,
        .code = 452,
        .enhanced = "4.3.1",
        .text = "This server is short of memory; try again later.",
    };
    log_error("message deferred: out of memory");
    return session_answer_of(&verdict);
}

/* ---- message ---------------------------------------------------------------------------------------- */

/* A message that ended without an answer to the whole of it: its verdict is the last refusal, if all were. */
static void publish_unfinished(struct policy_session *session, const char *why)
{
    struct message *message = session->message;
    const struct verdict_question question = message_question(session, 0);
    bool anything_accepted = false;
    for (size_t i = 0; i < message->facts.recipient_count; i++)
        anything_accepted = anything_accepted || message->facts.recipients[i].action == RECIPIENT_ACCEPTED;
    if (message->facts.recipient_count == 0)
        return; /* nothing was asked of the relay */
    if (anything_accepted)
        message->verdict = (struct verdict){.action = ACTION_ACCEPT};
    message_publish(session, &question, NULL, why);
}

static void close_message(struct policy_session *session, const char *why)
{
    if (session->message == NULL)
        return;
    if (!session->message->is_published)
        publish_unfinished(session, why);
    talloc_free(session->message);
    session->message = NULL;
}

struct policy_answer policy_session_mail(struct policy_session *session, const struct policy_mail *mail)
{
    close_message(session, OUTCOME_ABORTED_NEXT_MESSAGE);
    session->message = message_begin(session, mail);
    struct message *message = session->message;
    if (message == NULL)
        return session_refuse_for_memory();
    if (!message->is_settled)
        return go_on; /* session_settle_local() asks */
    if (session->snapshot->root->mode != MODE_OFF)
        message_run_checks(session, STAGE_MAIL, NULL);
    const struct verdict_question question = message_question(session, 0);
    message->verdict = verdict_decide(&question);
    if (message_answers_wait(message) || message->verdict.action < ACTION_DEFER)
        return go_on;
    return session_answer_of(message_publish(session, &question, NULL, NULL));
}

void policy_session_queue_id(struct policy_session *session, const char *queue_id)
{
    struct message *message = session->message;
    if (message != NULL && !message->is_published && queue_id != NULL && message->facts.queue_id[0] == '\0')
        message->facts.queue_id = facts_text(message, queue_id, &message->findings.failed);
}

/* Whether the size alone already decides: nothing that follows needs a look. */
static void note_size(struct message *message)
{
    const struct size_settings *settings = message_settings(message, &size_check);
    if (message->body_is_over || !size_is_exceeded(settings, &message->facts))
        return;
    message->body_is_over = true;
    talloc_free(message->scan);
    message->scan = NULL;
}

void policy_session_header(struct policy_session *session, const char *name, const char *value)
{
    struct message *message = session->message;
    if (message == NULL || message->is_published)
        return;
    struct slice field = slice_of(name), content = slice_of(value);
    message->facts.header_bytes += field.length + content.length + 4; /* ": " and CRLF */
    message_keep_header(message, field, content);
    if (message->scan != NULL)
        content_scan_header(message->scan, field, content);
}

void policy_session_end_of_headers(struct policy_session *session)
{
    struct message *message = session->message;
    if (message == NULL || message->is_published)
        return;
    message->facts.header_bytes += 2; /* the empty line */
    if (!message->is_settled)
        session_settle_local(session);
    if (message->scan != NULL)
        content_scan_end_of_headers(message->scan);
    note_size(message);
}

bool policy_session_body(struct policy_session *session, const void *bytes, size_t length)
{
    struct message *message = session->message;
    if (message == NULL || message->is_published)
        return false;
    message->facts.body_bytes += length;
    note_size(message);
    if (message->scan != NULL)
        content_scan_body(message->scan, slice_make(bytes, length));
    return !message->body_is_over;
}

void policy_session_abort(struct policy_session *session)
{
    close_message(session, OUTCOME_ABORTED_RESET);
}

void policy_session_end(struct policy_session *session)
{
    if (session == NULL)
        return;
    close_message(session, OUTCOME_ABORTED_DISCONNECTED);
    talloc_free(session);
}
