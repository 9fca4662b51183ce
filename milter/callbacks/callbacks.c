#include "callbacks.h"

#include "callback_wait.h"
#include "macros.h"
#include "milter_server.h"
#include "negotiate.h"
#include "reply.h"
#include "session_bind.h"

#include <stdlib.h>

/* The answer to a step that decides nothing: none where that was agreed, for then the MTA reads none. */
static sfsistat no_answer(const struct milter_session *session, unsigned long step)
{
    return (session->steps & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/* ---- connection ------------------------------------------------------------------------------------- */

static bool negotiate(SMFICTX *ctx, struct negotiation offered, struct negotiation *chosen)
{
    struct milter_session *session = session_create(ctx);
    if (session == NULL)
        return false;
    *chosen = negotiation_decide(offered, session->is_refused, milter_server_mistakes_body_answers());
    session->actions = chosen->actions;
    session->steps = chosen->steps;
    return (chosen->actions & SMFIF_SETSYMLIST) == 0 || macros_request(ctx);
}

/* The parameters are libmilter's. A refusal here drops the connection, which the MTA takes for a filter that
 * has failed; it is for want of memory or past the end only. */
static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long unused2,
                             unsigned long unused3, unsigned long *chosen_actions,
                             unsigned long *chosen_steps, unsigned long *chosen2, unsigned long *chosen3)
{
    (void)unused2;
    (void)unused3;
    if (!registry_enter())
        return SMFIS_REJECT;
    struct negotiation chosen = {0};
    bool is_agreed = negotiate(ctx, (struct negotiation){actions, steps}, &chosen);
    *chosen_actions = chosen.actions;
    *chosen_steps = chosen.steps;
    *chosen2 = *chosen3 = 0;
    registry_leave();
    return is_agreed ? SMFIS_CONTINUE : SMFIS_REJECT;
}

static sfsistat connect_answer(SMFICTX *ctx, struct milter_session *session, const char *name,
                               const _SOCK_ADDR *address)
{
    if (session->is_refused)
        return reply_too_busy(ctx);
    struct policy_connect connect = {
        .address = (const struct sockaddr *)address,
        .client_name = name,
        .cannot_hold = (session->actions & SMFIF_QUARANTINE) == 0,
        .cannot_drop = (session->actions & SMFIF_DELRCPT) == 0,
        .can_wait = callback_wait_is_free(),
    };
    macros_read_connect(ctx, &connect);
    /* Without memory there is no policy session, and every MAIL is deferred. */
    if (!session_begin_policy(session, &connect))
        log_error("session: out of memory");
    return no_answer(session, SMFIP_NR_CONN);
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
    struct milter_session *session = session_enter(ctx);
    sfsistat result = session == NULL ? reply_own_failure(ctx) : connect_answer(ctx, session, name, address);
    session_leave(session);
    return result;
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    struct milter_session *session = session_enter(ctx);
    if (session == NULL)
        return SMFIS_CONTINUE;
    if (session->policy != NULL)
        policy_session_helo(session->policy, name);
    sfsistat result = no_answer(session, SMFIP_NR_HELO);
    session_leave(session);
    return result;
}

static sfsistat on_close(SMFICTX *ctx)
{
    if (!registry_enter())
        return SMFIS_CONTINUE;
    session_destroy(ctx);
    registry_leave();
    return SMFIS_CONTINUE;
}

/* ---- message ---------------------------------------------------------------------------------------- */

static sfsistat on_envelope_again(SMFICTX *ctx);

static sfsistat answer_or_wait(SMFICTX *ctx, const struct policy_answer *answer)
{
    return answer->step == POLICY_WAIT ? callback_wait(ctx, &answer->awaited, on_envelope_again)
                                       : reply_answer(ctx, answer);
}

static sfsistat on_envelope_again(SMFICTX *ctx)
{
    struct milter_session *session = session_enter(ctx);
    if (session == NULL)
        return reply_own_failure(ctx);
    const struct policy_ending ending = policy_session_resume(session->policy);
    sfsistat result = answer_or_wait(ctx, &ending.answer);
    session_leave(session);
    return result;
}

static sfsistat mail_answer(SMFICTX *ctx, struct milter_session *session, char **arguments)
{
    session->body_is_done = false;
    if (session->policy == NULL)
        return reply_own_failure(ctx);
    struct policy_mail mail = {.path = arguments[0], .params = (const char *const *)(arguments + 1)};
    struct mail_macros macros;
    sfsistat result;
    if (macros_read_mail(ctx, session->mta_version, &mail, &macros)) {
        struct policy_answer answer = policy_session_mail(session->policy, &mail);
        result = answer_or_wait(ctx, &answer);
    } else {
        result = reply_own_failure(ctx);
    }
    macros_mail_deinit(&macros);
    return result;
}

static sfsistat on_mail(SMFICTX *ctx, char **arguments)
{
    struct milter_session *session = session_enter(ctx);
    sfsistat result = session == NULL ? reply_own_failure(ctx) : mail_answer(ctx, session, arguments);
    session_leave(session);
    return result;
}

/* Postfix knows the queue id from the first accepted recipient on. */
static void pass_queue_id(SMFICTX *ctx, struct policy_session *policy)
{
    const char *queue_id = macros_read_queue_id(ctx);
    if (queue_id != NULL)
        policy_session_queue_id(policy, queue_id);
}

static sfsistat recipient_answer(SMFICTX *ctx, struct milter_session *session, char **arguments)
{
    if (session->policy == NULL)
        return reply_own_failure(ctx);
    pass_queue_id(ctx, session->policy);
    struct policy_recipient recipient = {.path = arguments[0]};
    macros_read_recipient(ctx, &recipient);
    struct policy_answer answer = policy_session_recipient(session->policy, &recipient);
    return answer_or_wait(ctx, &answer);
}

static sfsistat on_recipient(SMFICTX *ctx, char **arguments)
{
    struct milter_session *session = session_enter(ctx);
    sfsistat result = session == NULL ? reply_own_failure(ctx) : recipient_answer(ctx, session, arguments);
    session_leave(session);
    return result;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct milter_session *session = session_enter(ctx);
    if (session == NULL)
        return SMFIS_CONTINUE;
    if (session->policy != NULL)
        policy_session_header(session->policy, name, value);
    sfsistat result = no_answer(session, SMFIP_NR_HDR);
    session_leave(session);
    return result;
}

static sfsistat on_end_of_headers(SMFICTX *ctx)
{
    struct milter_session *session = session_enter(ctx);
    if (session == NULL)
        return SMFIS_CONTINUE;
    if (session->policy != NULL) {
        pass_queue_id(ctx, session->policy);
        policy_session_end_of_headers(session->policy);
    }
    sfsistat result = no_answer(session, SMFIP_NR_EOH);
    session_leave(session);
    return result;
}

/* SMFIS_SKIP is for this callback only: anywhere else it lets the rest of a session past the filter. */
static sfsistat body_answer(const struct milter_session *session)
{
    bool may_skip = session->body_is_done && (session->steps & SMFIP_SKIP) != 0;
    return may_skip ? SMFIS_SKIP : no_answer(session, SMFIP_NR_BODY);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t length)
{
    struct milter_session *session = session_enter(ctx);
    if (session == NULL)
        return SMFIS_CONTINUE;
    if (session->policy != NULL && !session->body_is_done)
        session->body_is_done = !policy_session_body(session->policy, bytes, length);
    sfsistat result = body_answer(session);
    session_leave(session);
    return result;
}

static sfsistat on_end_again(SMFICTX *ctx);

static sfsistat end_or_wait(SMFICTX *ctx, const struct milter_session *session,
                            const struct policy_ending *ending)
{
    return ending->answer.step == POLICY_WAIT ? callback_wait(ctx, &ending->answer.awaited, on_end_again)
                                              : reply_ending(ctx, session->actions, ending);
}

static sfsistat on_end_again(SMFICTX *ctx)
{
    struct milter_session *session = session_enter(ctx);
    if (session == NULL)
        return reply_own_failure(ctx);
    const struct policy_ending ending = policy_session_resume(session->policy);
    sfsistat result = end_or_wait(ctx, session, &ending);
    session_leave(session);
    return result;
}

static sfsistat ending_answer(SMFICTX *ctx, struct milter_session *session)
{
    session->body_is_done = false;
    if (session->policy == NULL)
        return reply_own_failure(ctx);
    pass_queue_id(ctx, session->policy);
    struct policy_ending ending = policy_session_end_of_message(session->policy);
    return end_or_wait(ctx, session, &ending);
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    struct milter_session *session = session_enter(ctx);
    sfsistat result = session == NULL ? reply_own_failure(ctx) : ending_answer(ctx, session);
    session_leave(session);
    return result;
}

/* Comes at any time, also outside a message, and not after a verdict of ours. */
static sfsistat on_abort(SMFICTX *ctx)
{
    struct milter_session *session = session_enter(ctx);
    if (session == NULL)
        return SMFIS_CONTINUE;
    session->body_is_done = false;
    if (session->policy != NULL)
        policy_session_abort(session->policy);
    session_leave(session);
    return SMFIS_CONTINUE;
}

struct smfiDesc callbacks_description(void)
{
    return (struct smfiDesc){
        .xxfi_name = (char *)"closedrelay",
        .xxfi_version = SMFI_VERSION,
        /* Overridden by each negotiation; where there is none (a version 2 MTA), what it has to offer. */
        .xxfi_flags = SMFIF_ADDHDRS | SMFIF_DELRCPT | SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_helo,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_recipient,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_headers,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };
}
