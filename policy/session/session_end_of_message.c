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
    } else if (message->verdict.action == ACTION_ACCEPT && ending->dropped_count > 0 &&
               session->cannot_drop) {
        impossible.reason = "cannot_drop_recipients";
        impossible.action = ACTION_REJECT;
        impossible.reply = (struct reply){550, "5.5.3", "This message has too many recipients."};
    } else {
        return;
    }
    finding_add(&message->findings, &impossible);
    session_decide(session, 0);
}

struct policy_ending policy_session_end_of_message(struct policy_session *session)
{
    struct policy_ending ending = {.answer = {.step = POLICY_CONTINUE}};
    struct message *message = session->message;
    if (message == NULL || message->is_recorded)
        return ending;
    if (!message->is_settled)
        session_settle_local(session);
    finish_scan(message);
    if (session->snapshot->root->mode != MODE_OFF)
        message_run_checks(session, STAGE_MESSAGE, NULL);
    list_dropped(message, &ending);
    if (session->snapshot->root->mode == MODE_ENFORCE)
        message_list_tags(message, &ending);
    session_decide(session, 0);
    replace_impossible(session, &ending);
    message_record(session, false);
    ending.answer = session_answer_of(&message->verdict);
    if (message->verdict.action == ACTION_HOLD)
        ending.hold_reason = hold_reason(message);
    return ending;
}
