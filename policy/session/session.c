/* The way of a connection and its messages, stage by stage. */
#include "session/session_state.h"

#include "base/counter.h"
#include <stdlib.h>
#include <talloc.h>

static const struct policy_answer go_on = {.step = POLICY_CONTINUE};

COUNTER(connections, "connections", "connections_total", "", "Connections of the MTA.");

/* ---- connection ------------------------------------------------------------------------------------- */

static void drop_helo(struct policy_session *session)
{
    if (session->facts.helo[0] != '\0')
        free((char *)(uintptr_t)session->facts.helo);
    session->facts.helo = "";
}

static int session_release(struct policy_session *session)
{
    drop_helo(session);
    session_forget_checks(session);
    policy_snapshot_unref(session->snapshot);
    return 0;
}

static size_t room_for(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

/* Copies the text to `end` and moves that behind it. */
static const char *keep_text(char **end, const char *text)
{
    char *const copy = *end;
    if (room_for(text) <= 1)
        return "";
    memcpy(copy, text, room_for(text));
    *end += room_for(text);
    return copy;
}

static void fill_session_facts(struct policy_session *session, const struct policy_connect *connect)
{
    struct session_facts *facts = &session->facts;
    char *end = session->texts;
    facts->client_ip_known =
        connect->address != NULL &&
        ip_address_from_sockaddr(connect->address, &facts->client_ip, &facts->client_port);
    facts->client_name = keep_text(&end, connect->client_name);
    facts->mta_version = keep_text(&end, connect->mta_version);
    facts->daemon_name = keep_text(&end, connect->daemon_name);
    facts->helo = "";
    judge_session(&session->snapshot->judge, facts);
}

/* Thousands may be idle: what is known of a client is one piece of memory. */

struct policy_session *policy_session_begin(struct policy_engine *engine,
                                            const struct policy_connect *connect)
{
    const size_t room =
        room_for(connect->client_name) + room_for(connect->mta_version) + room_for(connect->daemon_name);
    struct policy_session *session = talloc_zero_size(NULL, sizeof *session + room);
    if (session == NULL)
        return NULL;
    session->engine = engine;
    session->apply_now_count = atomic_load(&engine->apply_now_count);
    session->snapshot = policy_engine_snapshot(engine);
    session->facts.id = incident_id_new(clock_wall_us(&engine->options.clock));
    session->cannot_hold = connect->cannot_hold;
    session->cannot_drop = connect->cannot_drop;
    session->can_wait = connect->can_wait;
    counter_add(&connections, 1);
    fill_session_facts(session, connect);
    talloc_set_destructor(session, session_release);
    session_begin_checks(session);
    return session;
}

void policy_session_helo(struct policy_session *session, const char *name)
{
    char *helo = name == NULL || name[0] == '\0' ? NULL : strdup(name);
    drop_helo(session);
    if (helo != NULL)
        session->facts.helo = helo;
}

/* ---- answers ---------------------------------------------------------------------------------------- */

/* Points at `verdict` where it is a refusal. */
static struct policy_answer answer_of(const struct verdict *verdict)
{
    if (verdict->action == ACTION_REJECT)
        return (struct policy_answer){.step = POLICY_REJECT, .verdict = verdict};
    if (verdict->action == ACTION_DEFER)
        return (struct policy_answer){.step = POLICY_DEFER, .verdict = verdict};
    return go_on;
}

/* What cannot be judged for want of memory. */
static struct policy_answer refuse_for_memory(void)
{
    static const struct verdict verdict = {
        .action = ACTION_DEFER,
        .code = 452,
        .enhanced = "4.3.1",
        .text = "This server is short of memory; try again later.",
    };
    log_error("message deferred: out of memory");
    return answer_of(&verdict);
}

static struct policy_answer refuse_for_number(void)
{
    static const struct verdict verdict = {
        .action = ACTION_DEFER,
        .code = 452,
        .enhanced = "4.5.3",
        .text = "Too many recipients; send the rest in another message.",
    };
    return answer_of(&verdict);
}

/* ---- the end of a message, without one ---------------------------------------------------------------- */

/* A message that ends without an answer to the whole of it; of one without a recipient nothing was asked. */
static void give_up(struct policy_session *session, const char *why)
{
    struct message *message = session->message;
    judge_wait_no_more(&message->judgement);
    if (message->resumes_at == STAGE_RECIPIENT)
        session_judge_recipient(session, message->facts.recipient_count - 1, NULL);
    else if (message->facts.role == ROLE_LOCAL && message->headers_are_over)
        session_judge_local(session, NULL);
    message->is_over = true;
    if (message->facts.recipient_count == 0)
        return;
    judge_unfinished(&message->judgement);
    message_publish(session, &(struct outcome_edits){0}, why);
}

static void close_message(struct policy_session *session, const char *why)
{
    if (session->message == NULL)
        return;
    if (!session->message->is_over)
        give_up(session, why);
    if (!session->message->is_settled)
        session_settle(session, NULL);
    talloc_free(session->message);
    session->message = NULL;
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

/* The message that calls may still add to; NULL: none, or it has had its answer. */
static struct message *open_message(const struct policy_session *session)
{
    return session->message == NULL || session->message->is_over ? NULL : session->message;
}

static struct policy_answer wait_for(struct policy_session *session, enum check_stage stage,
                                     const struct pending_awaited *awaited)
{
    session->message->resumes_at = (unsigned)stage;
    return (struct policy_answer){.step = POLICY_WAIT, .awaited = *awaited};
}

/* ---- envelope --------------------------------------------------------------------------------------- */

/* The policy in force, where an admin wants open sessions to have it: what checks have begun for the former
 * one is given up, for its settings go with it. Between messages only. */
static void follow_reload(struct policy_session *session)
{
    const unsigned count = atomic_load(&session->engine->apply_now_count);
    if (session->apply_now_count == count)
        return;
    session_forget_checks(session);
    policy_snapshot_unref(session->snapshot);
    session->snapshot = policy_engine_snapshot(session->engine);
    session->apply_now_count = count;
    judge_session(&session->snapshot->judge, &session->facts);
    session_begin_checks(session);
}

/* Who it is from; false: the answer is `answer`. */
static bool identify_sender(struct policy_session *session, struct policy_answer *answer)
{
    struct message *message = session->message;
    struct pending_awaited awaited;
    if (message->is_identified)
        return true;
    if (!judge_begin(&message->judgement)) {
        *answer = refuse_for_memory();
        TALLOC_FREE(session->message);
        return false;
    }
    if (judge_waits(&message->judgement, &awaited)) {
        *answer = wait_for(session, STAGE_MAIL, &awaited);
        return false;
    }
    message->is_identified = true;
    session_start_scan(session);
    *answer = go_on;
    return message->judgement.is_settled; /* else session_judge_local() does */
}

/* What a call may name to be called again for; NULL: it waits itself. */
static struct pending_awaited *may_await(const struct policy_session *session,
                                         struct pending_awaited *awaited)
{
    awaited->pending = NULL;
    return session->can_wait ? awaited : NULL;
}

/* Nobody waits for a check to settle what it has not reserved yet. */
static struct policy_answer settle_sender(struct policy_session *session)
{
    struct policy_answer answer;
    struct pending_awaited awaited;
    if (!identify_sender(session, &answer))
        return answer;
    if (!session_judge_sender(session, may_await(session, &awaited)))
        return wait_for(session, STAGE_MAIL, &awaited);
    const struct judgement *judgement = &session->message->judgement;
    if (judge_answers_wait(judgement) || judgement->verdict.action < ACTION_DEFER)
        return go_on;
    const struct verdict *verdict = message_publish(session, &(struct outcome_edits){0}, NULL);
    session_settle(session, NULL);
    return answer_of(verdict);
}

struct policy_answer policy_session_mail(struct policy_session *session, const struct policy_mail *mail)
{
    close_message(session, OUTCOME_ABORTED_NEXT_MESSAGE);
    follow_reload(session);
    session->message = message_begin(session, mail);
    if (session->message == NULL)
        return refuse_for_memory();
    return settle_sender(session);
}

/* The last one that was named. */
static struct policy_answer settle_recipient(struct policy_session *session)
{
    struct message *message = session->message;
    const size_t index = message->facts.recipient_count - 1;
    const struct recipient *recipient = &message->facts.recipients[index];
    struct pending_awaited awaited;
    if (!session_judge_recipient(session, index, may_await(session, &awaited)))
        return wait_for(session, STAGE_RECIPIENT, &awaited);
    message->resumes_at = 0;
    const bool is_refused =
        recipient->action == RECIPIENT_REJECTED || recipient->action == RECIPIENT_DEFERRED;
    return is_refused ? answer_of(&message->judgement.verdict) : go_on;
}

struct policy_answer policy_session_recipient(struct policy_session *session,
                                              const struct policy_recipient *given)
{
    struct message *message = open_message(session);
    if (message == NULL)
        return go_on; /* the MTA goes on after a message that has had its answer */
    const size_t index = message->facts.recipient_count;
    if (index == MESSAGE_RECIPIENTS_MAX)
        return refuse_for_number();
    bool failed = false;
    struct recipient recipient = {
        .verbatim = facts_text(message, given->path, &failed), .check = "", .reason = ""};
    if (given->mailer != NULL && strcmp(given->mailer, "error") == 0)
        recipient.action = RECIPIENT_IGNORED;
    if (failed || !mail_address_parse(message, slice_of(given->path), &recipient.address) ||
        !message_add_recipient(message, &recipient))
        return refuse_for_memory();
    return message->judgement.is_settled ? settle_recipient(session) : go_on;
}

/* ---- content ---------------------------------------------------------------------------------------- */

void policy_session_queue_id(struct policy_session *session, const char *queue_id)
{
    struct message *message = open_message(session);
    if (message != NULL && queue_id != NULL && message->facts.queue_id[0] == '\0')
        message->facts.queue_id = facts_text(message, queue_id, &message->judgement.findings.failed);
}

/* Once a refusal is certain nothing that follows needs a look. */
static void look_for_certainty(struct message *message)
{
    if (message->body_is_over || !message->judgement.is_settled || !judge_is_certain(&message->judgement))
        return;
    message->body_is_over = true;
    TALLOC_FREE(message->scan);
}

void policy_session_header(struct policy_session *session, const char *name, const char *value)
{
    struct message *message = open_message(session);
    if (message == NULL)
        return;
    struct slice field = slice_of(name), content = slice_of(value);
    message->facts.header_bytes += field.length + content.length + 4; /* ": " and CRLF */
    message_keep_header(message, field, content);
    if (message->report == NULL && slice_equal_nocase(field, slice_of("content-type")))
        message->report = report_reader_create(message, content);
    if (message->scan != NULL)
        content_scan_header(message->scan, field, content);
}

void policy_session_end_of_headers(struct policy_session *session)
{
    struct message *message = open_message(session);
    struct pending_awaited awaited;
    if (message == NULL)
        return;
    message->facts.header_bytes += 2; /* the empty line */
    message->headers_are_over = true;
    session_settle_local(session,
                         may_await(session, &awaited)); /* else at the end, where it can be waited for */
    judge_origin(&message->judgement);
    if (message->scan != NULL)
        content_scan_end_of_headers(message->scan);
    look_for_certainty(message);
}

bool policy_session_body(struct policy_session *session, const void *bytes, size_t length)
{
    struct message *message = open_message(session);
    if (message == NULL)
        return false;
    message->facts.body_bytes += length;
    if (message->report != NULL)
        report_reader_push(message->report, slice_make(bytes, length));
    look_for_certainty(message);
    if (message->scan != NULL)
        content_scan_body(message->scan, slice_make(bytes, length));
    return !message->body_is_over;
}

/* ---- the end of a message --------------------------------------------------------------------------- */

/* The recipients to take out, unless none would be left: then the mail goes to all (never to nobody). */
static void list_dropped(struct message *message, struct outcome_edits *edits)
{
    const struct message_facts *facts = &message->facts;
    const char **dropped = NULL;
    size_t accepted_count = 0;
    for (size_t i = 0; i < facts->recipient_count; i++)
        accepted_count += facts->recipients[i].action == RECIPIENT_ACCEPTED;
    for (size_t i = 0; i < facts->recipient_count && accepted_count > 0; i++) {
        if (facts->recipients[i].action != RECIPIENT_DROPPED)
            continue;
        if (dropped == NULL)
            dropped = talloc_array(message, const char *, (unsigned)facts->recipient_count);
        if (dropped == NULL) {
            message->judgement.findings.failed = true;
            return;
        }
        dropped[edits->dropped_count++] = facts->recipients[i].verbatim;
    }
    edits->dropped = dropped;
}

static const char *hold_reason(struct message *message)
{
    const struct verdict *verdict = &message->judgement.verdict;
    const char *reason = talloc_asprintf(message, "closedrelay: %s: %s (id %s)", verdict->cause_check,
                                         verdict->cause_reason, message->facts.id.text);
    return reason == NULL ? "closedrelay" : reason;
}

/* Once the whole message was judged: publishes what comes of it. */
static struct policy_ending conclude(struct policy_session *session)
{
    struct message *message = session->message;
    struct judgement *judgement = &message->judgement;
    struct policy_ending ending = {.answer = go_on};
    struct outcome_edits edits = {0};
    list_dropped(message, &edits);
    if (judgement->policy->mode == MODE_ENFORCE)
        message_list_tags(message, &edits);
    judge_conclude(judgement);
    if (judgement->verdict.action == ACTION_HOLD)
        edits.hold_reason = hold_reason(message);
    if (judgement->verdict.action >= ACTION_DEFER)
        edits = (struct outcome_edits){0};
    ending.answer = answer_of(message_publish(session, &edits, NULL));
    if (ending.answer.step == POLICY_CONTINUE)
        ending.edits = edits;
    return ending;
}

static struct policy_ending end_message(struct policy_session *session)
{
    struct message *message = session->message;
    struct pending_awaited awaited;
    struct pending_awaited *const may_wait = may_await(session, &awaited);
    if (!message->is_over) {
        if (!session_judge_rest(session, may_wait))
            return (struct policy_ending){.answer = wait_for(session, STAGE_MESSAGE, &awaited)};
        message->ending = conclude(session);
    }
    if (!session_settle(session, may_wait))
        return (struct policy_ending){.answer = wait_for(session, STAGE_MESSAGE, &awaited)};
    return message->ending;
}

struct policy_ending policy_session_end_of_message(struct policy_session *session)
{
    struct message *message = open_message(session);
    if (message == NULL)
        return (struct policy_ending){.answer = go_on};
    message->headers_are_over = true;
    judge_wait_anew(&message->judgement);
    return end_message(session);
}

struct policy_ending policy_session_resume(struct policy_session *session)
{
    switch (session->message->resumes_at) {
    case STAGE_MAIL:
        return (struct policy_ending){.answer = settle_sender(session)};
    case STAGE_RECIPIENT:
        return (struct policy_ending){.answer = settle_recipient(session)};
    default:
        return end_message(session);
    }
}
