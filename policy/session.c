#include "session_state.h"

#include "check/relay.h"
#include "check/size.h"

#include <talloc.h>

static const struct policy_answer go_on = {.step = POLICY_CONTINUE};

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
    facts->client_ip_known = connect->address != NULL && ip_address_from_sockaddr(connect->address, &facts->client_ip,
                                                                                  &facts->client_port);
    facts->client_name = facts_text(session, connect->client_name, &failed);
    facts->mta_version = facts_text(session, connect->mta_version, &failed);
    facts->daemon_name = facts_text(session, connect->daemon_name, &failed);
    facts->helo = "";
    facts->client_is_trusted = facts->client_ip_known &&
                               network_set_contains(snapshot_relay_settings(session->snapshot)->trusted_networks,
                                                    &facts->client_ip);
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

struct policy_session *policy_session_begin(struct policy_engine *engine, const struct policy_connect *connect)
{
    struct policy_session *session = talloc_zero(NULL, struct policy_session);
    if (session == NULL)
        return NULL;
    session->engine = engine;
    session->snapshot = policy_engine_snapshot(engine);
    session->cannot_hold = connect->cannot_hold;
    session->cannot_drop = connect->cannot_drop;
    counters_add(&engine->counters, COUNTER_SESSIONS);
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

void policy_session_end(struct policy_session *session)
{
    if (session == NULL)
        return;
    policy_session_abort(session);
    talloc_free(session);
}

/* ---- answers ---------------------------------------------------------------------------------------- */

/* Mail handed in on the machine itself has nobody to hear a refusal before its end (milter: cleanup(8) would
 * call it a configuration error): its answers all wait for the end of the message. */
static bool answers_wait_for_the_end(const struct message *message)
{
    return message->facts.role == ROLE_LOCAL;
}

static void mark_answered(struct message *message, size_t from)
{
    for (size_t i = from; i < message->findings.count; i++)
        message->findings.items[i].answered = true;
}

static struct policy_answer answer_of(const struct verdict *verdict)
{
    if (verdict->action == ACTION_REJECT)
        return (struct policy_answer){POLICY_REJECT, verdict};
    if (verdict->action == ACTION_DEFER)
        return (struct policy_answer){POLICY_DEFER, verdict};
    return go_on;
}

static void decide(struct policy_session *session, size_t from)
{
    struct message *message = session->message;
    message->verdict = verdict_decide(&message->findings, from, session->snapshot->root->mode, &message->facts.id);
}

/* ---- message ---------------------------------------------------------------------------------------- */

static const struct verdict *out_of_memory_verdict(void)
{
    static const struct verdict verdict = {
        .action = ACTION_DEFER,
        .code = 452,
        .enhanced = "4.3.1",
        .text = "This server is short of memory; try again later.",
    };
    return &verdict;
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

static struct policy_answer refuse_for_memory(void)
{
    log_error("message deferred: out of memory");
    return answer_of(out_of_memory_verdict());
}

struct policy_answer policy_session_mail(struct policy_session *session, const struct policy_mail *mail)
{
    policy_session_abort(session);
    session->message = message_begin(session, mail);
    struct message *message = session->message;
    if (message == NULL)
        return refuse_for_memory();
    if (!message->is_settled)
        return go_on; /* settle_local() asks */
    if (session->snapshot->root->mode != MODE_OFF)
        message_run_checks(session, STAGE_MAIL, NULL);
    decide(session, 0);
    if (answers_wait_for_the_end(message) || message->verdict.action < ACTION_DEFER)
        return go_on;
    message_record(session, false);
    return answer_of(&message->verdict);
}

static bool is_repeat(const struct message_facts *facts, const struct mail_address *address)
{
    for (size_t i = 0; i < facts->recipient_count; i++) {
        const struct recipient *earlier = &facts->recipients[i];
        bool counts = earlier->action == RECIPIENT_ACCEPTED || earlier->action == RECIPIENT_DROPPED;
        if (counts && mail_address_same_mailbox(&earlier->address, address))
            return true;
    }
    return false;
}

/* A pass that an earlier recipient had too says nothing new; findings then do not grow with recipients. */
static void forget_repeated_passes(struct finding_list *findings, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < findings->count; i++) {
        bool repeated = false;
        for (size_t e = 0; e < from && !repeated; e++)
            repeated = findings->items[e].outcome == FINDING_PASS && findings->items[e].check == findings->items[i].check &&
                       strcmp(findings->items[e].reason, findings->items[i].reason) == 0;
        if (findings->items[i].outcome != FINDING_PASS || !repeated)
            findings->items[kept++] = findings->items[i];
    }
    findings->count = kept;
}

static enum recipient_action recipient_action_of(const struct message *message, size_t from)
{
    if (!answers_wait_for_the_end(message) && message->verdict.action == ACTION_REJECT)
        return RECIPIENT_REJECTED;
    if (!answers_wait_for_the_end(message) && message->verdict.action == ACTION_DEFER)
        return RECIPIENT_DEFERRED;
    for (size_t i = from; i < message->findings.count; i++)
        if (message->findings.items[i].drops_recipient && message->findings.items[i].mode == MODE_ENFORCE)
            return RECIPIENT_DROPPED;
    return RECIPIENT_ACCEPTED;
}

static struct policy_answer judge_recipient(struct policy_session *session, struct recipient *recipient)
{
    struct message *message = session->message;
    size_t from = message->findings.count;
    recipient->repeated = is_repeat(&message->facts, &recipient->address);
    if (session->snapshot->root->mode != MODE_OFF)
        message_run_checks(session, STAGE_RECIPIENT, recipient);
    decide(session, from);
    recipient->action = recipient_action_of(message, from);
    bool refused = recipient->action == RECIPIENT_REJECTED || recipient->action == RECIPIENT_DEFERRED;
    if (refused) {
        mark_answered(message, from);
        counters_add(&session->engine->counters, COUNTER_RECIPIENTS_REFUSED);
    } else {
        message->facts.distinct_recipient_count += !recipient->repeated;
    }
    forget_repeated_passes(&message->findings, from);
    return refused ? answer_of(&message->verdict) : go_on;
}

struct policy_answer policy_session_recipient(struct policy_session *session, const struct policy_recipient *given)
{
    struct message *message = session->message;
    if (message == NULL || message->is_recorded)
        return go_on; /* the MTA goes on after a message that has had its answer */
    if (message->facts.recipient_count == MESSAGE_RECIPIENTS_MAX)
        return refuse_for_number();
    bool failed = false;
    struct recipient recipient = {.verbatim = facts_text(message, given->path, &failed)};
    if (failed || !mail_address_parse(message, slice_of(given->path), &recipient.address))
        return refuse_for_memory();
    struct policy_answer answer = go_on;
    if (given->mailer != NULL && strcmp(given->mailer, "error") == 0)
        recipient.action = RECIPIENT_IGNORED;
    else if (message->is_settled)
        answer = judge_recipient(session, &recipient);
    if (message_add_recipient(message, &recipient) == NULL)
        return refuse_for_memory();
    return answer;
}

void policy_session_queue_id(struct policy_session *session, const char *queue_id)
{
    struct message *message = session->message;
    if (message != NULL && !message->is_recorded && queue_id != NULL && message->facts.queue_id[0] == '\0')
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

/* Local mail is judged once its headers have told whom it is from: sender and recipients then, as if they came now. */
static void settle_local(struct policy_session *session)
{
    struct message *message = session->message;
    const size_t recipient_count = message->facts.recipient_count;
    message_identify_local(session);
    if (session->snapshot->root->mode != MODE_OFF)
        message_run_checks(session, STAGE_MAIL, NULL);
    message->facts.recipient_count = 0;
    for (size_t i = 0; i < recipient_count; i++) {
        struct recipient *recipient = &message->facts.recipients[i];
        if (recipient->action != RECIPIENT_IGNORED)
            judge_recipient(session, recipient);
        message->facts.recipient_count++;
    }
}

void policy_session_header(struct policy_session *session, const char *name, const char *value)
{
    struct message *message = session->message;
    if (message == NULL || message->is_recorded)
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
    if (message == NULL || message->is_recorded)
        return;
    message->facts.header_bytes += 2; /* the empty line */
    if (!message->is_settled)
        settle_local(session);
    if (message->scan != NULL)
        content_scan_end_of_headers(message->scan);
    note_size(message);
}

bool policy_session_body(struct policy_session *session, const void *bytes, size_t length)
{
    struct message *message = session->message;
    if (message == NULL || message->is_recorded)
        return false;
    message->facts.body_bytes += length;
    note_size(message);
    if (message->scan != NULL)
        content_scan_body(message->scan, slice_make(bytes, length));
    return !message->body_is_over;
}

static void finish_scan(struct message *message)
{
    if (message->scan == NULL)
        return;
    message->facts.attachments = content_scan_end(message->scan);
    message->facts.content_scan_failed = message->facts.attachments == NULL;
}

/* The recipients to take out, unless none would be left: then the mail goes to all (never to nobody). */
static void list_dropped(struct message *message, struct policy_ending *ending)
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
            message->findings.failed = true;
            return;
        }
        dropped[ending->dropped_count++] = facts->recipients[i].verbatim;
    }
    ending->dropped = dropped;
}

static const char *hold_reason(struct message *message)
{
    const struct verdict *verdict = &message->verdict;
    const char *reason = talloc_asprintf(message, "closedrelay: %s: %s (id %s)", verdict->cause_check,
                                         verdict->cause_reason, message->facts.id.text);
    return reason == NULL ? "closedrelay" : reason;
}

/* What the MTA cannot do for us becomes an answer it can give, before the record is written. */
static void replace_impossible(struct policy_session *session, const struct policy_ending *ending)
{
    struct message *message = session->message;
    struct finding impossible = {.check = "mta", .outcome = FINDING_UNKNOWN, .mode = MODE_ENFORCE};
    if (message->verdict.action == ACTION_HOLD && session->cannot_hold) {
        impossible.reason = "cannot_hold";
        impossible.action = ACTION_DEFER;
        impossible.reply.text = "This message is to be held for a look at it, which this server cannot do.";
    } else if (message->verdict.action == ACTION_ACCEPT && ending->dropped_count > 0 && session->cannot_drop) {
        impossible.reason = "cannot_drop_recipients";
        impossible.action = ACTION_REJECT;
        impossible.reply = (struct reply){550, "5.5.3", "This message has too many recipients."};
    } else {
        return;
    }
    finding_add(&message->findings, &impossible);
    decide(session, 0);
}

struct policy_ending policy_session_end_of_message(struct policy_session *session)
{
    struct policy_ending ending = {.answer = go_on};
    struct message *message = session->message;
    if (message == NULL || message->is_recorded)
        return ending;
    if (!message->is_settled)
        settle_local(session);
    finish_scan(message);
    if (session->snapshot->root->mode != MODE_OFF)
        message_run_checks(session, STAGE_MESSAGE, NULL);
    list_dropped(message, &ending);
    if (session->snapshot->root->mode == MODE_ENFORCE)
        message_list_tags(message, &ending);
    decide(session, 0);
    replace_impossible(session, &ending);
    message_record(session, false);
    ending.answer = answer_of(&message->verdict);
    if (message->verdict.action == ACTION_HOLD)
        ending.hold_reason = hold_reason(message);
    return ending;
}

/* A message that ended without an answer to the whole of it: the record shows the last refusal, if any. */
static void record_unfinished(struct policy_session *session)
{
    struct message *message = session->message;
    bool anything_accepted = false;
    for (size_t i = 0; i < message->facts.recipient_count; i++)
        anything_accepted = anything_accepted || message->facts.recipients[i].action == RECIPIENT_ACCEPTED;
    if (message->facts.recipient_count == 0)
        return; /* nothing was asked of the relay */
    if (anything_accepted)
        message->verdict = (struct verdict){.action = ACTION_ACCEPT};
    message_record(session, true);
}

void policy_session_abort(struct policy_session *session)
{
    if (session->message == NULL)
        return;
    if (!session->message->is_recorded)
        record_unfinished(session);
    talloc_free(session->message);
    session->message = NULL;
}
