/* Judging a message, stage by stage, as far as it goes without waiting. */
#include "session/session_state.h"

#include <talloc.h>

bool session_judge_sender(struct policy_session *session, struct pending_awaited *awaited)
{
    struct message *message = session->message;
    if (message->is_sender_judged)
        return true;
    if (!session_gather(session, STAGE_MAIL, NULL, awaited))
        return false;
    judge_mail(&message->judgement);
    if (judge_waits(&message->judgement, awaited))
        return false;
    message->gathering = 0;
    message->is_sender_judged = true;
    return true;
}

bool session_judge_recipient(struct policy_session *session, size_t index, struct pending_awaited *awaited)
{
    struct message *message = session->message;
    const struct recipient *recipient = &message->facts.recipients[index];
    if (recipient->action == RECIPIENT_IGNORED)
        return true;
    if (!recipient->is_prepared) {
        judge_prepare_recipient(&message->judgement, index);
        if (judge_waits(&message->judgement, awaited))
            return false;
        session_look_up_contact(session, index);
    }
    if (!session_gather(session, STAGE_RECIPIENT, recipient, awaited))
        return false;
    judge_recipient(&message->judgement, index);
    if (judge_waits(&message->judgement, awaited))
        return false;
    message->gathering = 0;
    return true;
}

bool session_settle_local(struct policy_session *session, struct pending_awaited *awaited)
{
    struct message *message = session->message;
    if (message->judgement.is_settled)
        return true;
    judge_settle(&message->judgement);
    if (judge_waits(&message->judgement, awaited))
        return false;
    if (!judge_needs(&message->judgement, CHECK_NEEDS_SCAN))
        TALLOC_FREE(message->scan);
    return true;
}

bool session_judge_local(struct policy_session *session, struct pending_awaited *awaited)
{
    struct message *message = session->message;
    if (!session_settle_local(session, awaited) || !session_judge_sender(session, awaited))
        return false;
    for (; message->judging < message->facts.recipient_count; message->judging++)
        if (!session_judge_recipient(session, message->judging, awaited))
            return false;
    return true;
}

static void finish_scan(struct message *message)
{
    if (message->content_is_over)
        return;
    message->content_is_over = true;
    if (message->report != NULL)
        message->facts.report = report_reader_end(message->report);
    if (message->scan == NULL)
        return;
    message->facts.attachments = content_scan_end(message->scan);
    message->facts.content_scan_failed = message->facts.attachments == NULL;
    message->facts.part_count = content_scan_part_count(message->scan);
    content_scan_fingerprint(message->scan, message->facts.fingerprint);
}

bool session_judge_rest(struct policy_session *session, struct pending_awaited *awaited)
{
    struct message *message = session->message;
    struct judgement *judgement = &message->judgement;
    if (message->facts.role == ROLE_LOCAL && !session_judge_local(session, awaited))
        return false;
    finish_scan(message);
    if (!session_gather(session, STAGE_MESSAGE, NULL, awaited))
        return false;
    judge_message(judgement);
    return !judge_waits(judgement, awaited);
}
