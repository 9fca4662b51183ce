/* The end of a message: one verdict on everything, the record, and what the MTA is to do. */
#include "session/session_state.h"

#include <talloc.h>

static void finish_scan(struct message *message)
{
    if (message->scan == NULL)
        return;
    message->facts.attachments = content_scan_end(message->scan);
    message->facts.content_scan_failed = message->facts.attachments == NULL;
}

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
            message->findings.failed = true;
            return;
        }
        dropped[edits->dropped_count++] = facts->recipients[i].verbatim;
    }
    edits->dropped = dropped;
}

static const char *hold_reason(struct message *message)
{
    const struct verdict *verdict = &message->verdict;
    const char *reason = talloc_asprintf(message, "closedrelay: %s: %s (id %s)", verdict->cause_check,
                                         verdict->cause_reason, message->facts.id.text);
    return reason == NULL ? "closedrelay" : reason;
}

struct policy_ending policy_session_end_of_message(struct policy_session *session)
{
    struct policy_ending ending = {.answer = {.step = POLICY_CONTINUE}};
    struct outcome_edits edits = {0};
    struct message *message = session->message;
    if (message == NULL || message->is_published)
        return ending;
    if (!message->is_settled)
        session_settle_local(session);
    finish_scan(message);
    if (session->snapshot->root->mode != MODE_OFF)
        message_run_checks(session, STAGE_MESSAGE, NULL);
    list_dropped(message, &edits);
    if (session->snapshot->root->mode == MODE_ENFORCE)
        message_list_tags(message, &edits);
    struct verdict_question question = message_question(session, 0);
    question.drops_recipients = edits.dropped_count > 0;
    question.cannot_hold = session->cannot_hold;
    question.cannot_drop = session->cannot_drop;
    message->verdict = verdict_decide(&question);
    if (message->verdict.action == ACTION_HOLD)
        edits.hold_reason = hold_reason(message);
    if (message->verdict.action >= ACTION_DEFER)
        edits = (struct outcome_edits){0};
    ending.answer = session_answer_of(message_publish(session, &question, &edits, NULL));
    if (ending.answer.step == POLICY_CONTINUE)
        ending.edits = edits;
    return ending;
}
