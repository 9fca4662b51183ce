/* RCPT: what becomes of one recipient. */
#include "session/session_state.h"

static const struct policy_answer go_on = {.step = POLICY_CONTINUE};

static struct policy_answer refuse_for_number(void)
{
    static const struct verdict verdict = {
        .action = ACTION_DEFER,
        .code = 452,
        .enhanced = "4.5.3",
        .text = "Too many recipients; send the rest in another message.",
    };
    return session_answer_of(&verdict);
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
            repeated = findings->items[e].outcome == FINDING_PASS &&
                       findings->items[e].check == findings->items[i].check &&
                       strcmp(findings->items[e].reason, findings->items[i].reason) == 0;
        if (findings->items[i].outcome != FINDING_PASS || !repeated)
            findings->items[kept++] = findings->items[i];
    }
    findings->count = kept;
}

/* The finding by which a recipient is left out of the message at its end; or NULL. */
static const struct finding *dropping(const struct message *message, size_t from)
{
    for (size_t i = from; i < message->findings.count; i++)
        if (message->findings.items[i].drops_recipient && message->findings.items[i].mode == MODE_ENFORCE)
            return &message->findings.items[i];
    return NULL;
}

static void decide_action(struct message *message, size_t from, struct recipient *recipient)
{
    const struct finding *drop = dropping(message, from);
    bool refused = !message_answers_wait(message) && message->verdict.action >= ACTION_DEFER;
    recipient->action = RECIPIENT_ACCEPTED;
    if (refused) {
        recipient->action =
            message->verdict.action == ACTION_REJECT ? RECIPIENT_REJECTED : RECIPIENT_DEFERRED;
        recipient->reason = message->verdict.cause_reason == NULL ? "" : message->verdict.cause_reason;
    } else if (drop != NULL) {
        recipient->action = RECIPIENT_DROPPED;
        recipient->reason = drop->reason;
    }
    if (!refused)
        message->facts.distinct_recipient_count += !recipient->repeated;
    for (size_t i = from; i < message->findings.count; i++)
        message->findings.items[i].answered = refused;
}

/* Whether the recipient would be refused here, were everything in monitor mode enforced. */
static void decide_would(struct message *message, struct verdict_question question,
                         struct recipient *recipient)
{
    recipient->would_be_refused = message->verdict.action >= ACTION_DEFER && !message_answers_wait(message);
    if (message_answers_wait(message) || recipient->would_be_refused || !verdict_would_differ(&question))
        return;
    question.as_if_enforced = true;
    message->would = verdict_decide(&question);
    recipient->would_be_refused = message->would.action >= ACTION_DEFER;
    message->would_have_refused = message->would_have_refused || recipient->would_be_refused;
    for (size_t i = question.from; i < message->findings.count; i++)
        message->findings.items[i].would_be_answered = recipient->would_be_refused;
}

static struct policy_answer judge_recipient(struct policy_session *session, struct recipient *recipient)
{
    struct message *message = session->message;
    size_t from = message->findings.count;
    recipient->repeated = is_repeat(&message->facts, &recipient->address);
    if (session->snapshot->root->mode != MODE_OFF)
        message_run_checks(session, STAGE_RECIPIENT, recipient);
    const struct verdict_question question = message_question(session, from);
    message->verdict = verdict_decide(&question);
    decide_would(message, question, recipient);
    decide_action(message, from, recipient);
    forget_repeated_passes(&message->findings, from);
    bool refused = recipient->action == RECIPIENT_REJECTED || recipient->action == RECIPIENT_DEFERRED;
    return refused ? session_answer_of(&message->verdict) : go_on;
}

struct policy_answer policy_session_recipient(struct policy_session *session,
                                              const struct policy_recipient *given)
{
    struct message *message = session->message;
    if (message == NULL || message->is_published)
        return go_on; /* the MTA goes on after a message that has had its answer */
    if (message->facts.recipient_count == MESSAGE_RECIPIENTS_MAX)
        return refuse_for_number();
    bool failed = false;
    struct recipient recipient = {.verbatim = facts_text(message, given->path, &failed), .reason = ""};
    if (failed || !mail_address_parse(message, slice_of(given->path), &recipient.address))
        return session_refuse_for_memory();
    struct policy_answer answer = go_on;
    if (given->mailer != NULL && strcmp(given->mailer, "error") == 0)
        recipient.action = RECIPIENT_IGNORED;
    else if (message->is_settled)
        answer = judge_recipient(session, &recipient);
    if (message_add_recipient(message, &recipient) == NULL)
        return session_refuse_for_memory();
    return answer;
}

void session_settle_local(struct policy_session *session)
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
