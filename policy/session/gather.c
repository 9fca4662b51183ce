/* What the checks ask of others before they decide, and how they learn of the end. */
#include "session/session_state.h"

#include "live/contacts.h"

void session_begin_checks(struct policy_session *session)
{
    const struct judge_policy *policy = &session->snapshot->judge;
    for (size_t i = 0; check_table[i] != NULL && policy->mode != MODE_OFF; i++) {
        const struct check *check = check_table[i];
        if (check->begin == NULL || (check->stages & STAGE_CONNECT) == 0)
            continue;
        const struct check_context context = {
            .stage = STAGE_CONNECT,
            .session = &session->facts,
            .settings = snapshot_check_settings(session->snapshot, i, ROLE_OUTSIDE),
            .owner = session,
            .session_slot = &session->check_slots[i],
        };
        check->begin(&context, &session->engine->services, NULL);
    }
}

void session_forget_checks(struct policy_session *session)
{
    for (size_t i = 0; check_table[i] != NULL; i++) {
        if (session->check_slots[i] != NULL)
            check_table[i]->forget(session->check_slots[i]);
        session->check_slots[i] = NULL;
    }
}

bool session_gather(struct policy_session *session, enum check_stage stage, const struct recipient *recipient,
                    struct pending_awaited *awaited)
{
    struct message *message = session->message;
    for (; check_table[message->gathering] != NULL; message->gathering++) {
        const struct check *check = check_table[message->gathering];
        if (check->begin == NULL || !judge_asks(&message->judgement, message->gathering, stage))
            continue;
        struct check_context context =
            judge_context(&message->judgement, message->gathering, stage, recipient);
        context.awaited = awaited;
        check->begin(&context, &session->engine->services, &message->facts.gathered);
        if (awaited != NULL && awaited->pending != NULL)
            return false;
    }
    return true;
}

void session_look_up_contact(struct policy_session *session, size_t index)
{
    struct message *message = session->message;
    struct recipient *recipient = &message->facts.recipients[index];
    struct contacts *contacts = session->engine->contacts;
    if (contacts == NULL || message->facts.user[0] == '\0' ||
        !judge_needs(&message->judgement, CHECK_NEEDS_CONTACTS))
        return;
    recipient->is_new = contacts_look(contacts, slice_of(message->facts.user),
                                      slice_of(recipient->address.text)) == CONTACT_NEW;
}

/* Whoever was written to is known from now on. */
static void meet_recipients(struct policy_session *session)
{
    const struct message_facts *facts = &session->message->facts;
    struct contacts *contacts = session->engine->contacts;
    if (contacts == NULL || facts->user[0] == '\0' || facts->role == ROLE_OUTSIDE ||
        !judge_needs(&session->message->judgement, CHECK_NEEDS_CONTACTS))
        return;
    for (size_t i = 0; i < facts->recipient_count; i++)
        if (facts->recipients[i].action == RECIPIENT_ACCEPTED)
            contacts_meet(contacts, slice_of(facts->user), slice_of(facts->recipients[i].address.text));
}

bool session_settle(struct policy_session *session, struct pending_awaited *awaited)
{
    struct message *message = session->message;
    struct judgement *judgement = &message->judgement;
    const struct check_ending ending = {message->is_accepted, &judgement->findings};
    for (; check_table[message->settling] != NULL; message->settling++) {
        const struct check *check = check_table[message->settling];
        /* Not asked yet: a local message that ended before its headers. */
        if (check->settle == NULL || judgement->asked_stages == 0 ||
            !judge_asks(judgement, message->settling, (enum check_stage)check->stages))
            continue;
        struct check_context context = judge_context(judgement, message->settling, STAGE_MESSAGE, NULL);
        context.awaited = awaited;
        check->settle(&context, &session->engine->services, &ending);
        if (awaited != NULL && awaited->pending != NULL)
            return false;
    }
    if (message->is_accepted)
        meet_recipients(session);
    message->is_settled = true;
    return true;
}

/* The bounds are the settings of one check, whichever check needs the scan. */
static struct content_limits content_limits(const struct message *message)
{
    for (size_t i = 0; check_table[i] != NULL; i++)
        if (check_table[i]->content_limits != NULL)
            return check_table[i]->content_limits(message->judgement.settings[i]);
    return content_limits_default;
}

void session_start_scan(struct policy_session *session)
{
    struct message *message = session->message;
    if (!judge_needs(&message->judgement, CHECK_NEEDS_SCAN))
        return;
    const struct content_limits limits = content_limits(message);
    message->scan = content_scan_create(message, &limits);
    message->facts.content_scan_failed = message->scan == NULL;
}
