#include "check/sender/sender.h"

enum check_mode sender_part_mode(const struct check_context *context, enum check_mode part)
{
    const struct sender_settings *settings = context->settings;
    /* In the order of the enumeration a later mode is a weaker one. */
    return part > settings->common.mode ? part : settings->common.mode;
}

/* ---- replies ---------------------------------------------------------------------------------------- */

/* "ann@example.com", "an address at example.com": what the login may use. */
static const char *allowed_text(const struct check_context *context)
{
    const struct sender_settings *settings = context->settings;
    const char *user = check_shorten(context, context->message->user, 100);
    if (settings->match == SENDER_MATCH_ADDRESS)
        return user;
    if (settings->match == SENDER_MATCH_TABLE)
        return "one of your own addresses";
    const char *domain = check_shorten(context, sender_user_domain(context->message->user), 100);
    return domain == NULL ? NULL : check_text(context, "an address at %s", domain);
}

struct reply sender_refusal(const struct check_context *context, const char *what, const char *address)
{
    const char *user = check_shorten(context, context->message->user, 100);
    const char *shown = check_shorten(context, address, 100);
    const char *text = NULL;
    if (context->message->role != ROLE_SUBMISSION && user != NULL && shown != NULL) {
        text = check_text(
            context, "Mail from %s may not %s%s. Send from an address that your administrator allows there.",
            user, what, shown);
    } else if (user != NULL && shown != NULL) {
        const char *allowed = allowed_text(context);
        if (allowed != NULL)
            text = check_text(
                context, "You are logged in as %s and may not %s%s. Set your mail program to send from %s.",
                user, what, shown, allowed);
    }
    return (struct reply){553, "5.7.1", text};
}

void sender_add_unknown(const struct check_context *context, enum check_mode mode, const char *reason,
                        struct finding_list *findings)
{
    struct finding unknown = check_finding(sender_check.name, context, FINDING_UNKNOWN, reason);
    unknown.mode = mode;
    unknown.detail = context->message->user;
    unknown.reply.text =
        reason == sender_table_unavailable
            ? "This server cannot look up which sender addresses are yours right now; try again later."
            : "Your login has no domain, so this server cannot tell which sender addresses are yours. "
              "Tell your administrator (relay.default_realm).";
    finding_add(findings, &unknown);
}

/* ---- envelope --------------------------------------------------------------------------------------- */

static void judge_null_sender(const struct check_context *context, struct finding_list *findings)
{
    const struct sender_settings *settings = context->settings;
    bool accepted = settings->null_sender == SENDER_NULL_ACCEPT;
    struct finding finding =
        check_finding(sender_check.name, context, accepted ? FINDING_PASS : FINDING_FAIL, "null_sender");
    finding.key = "null_sender";
    if (!accepted)
        finding.reply = sender_refusal(context, "use the empty sender ", "<>");
    finding_add(findings, &finding);
}

static void add_envelope(const struct check_context *context, enum table_answer answer,
                         struct finding_list *findings)
{
    const struct message_facts *message = context->message;
    const bool is_login = message->role == ROLE_SUBMISSION, belongs = answer == TABLE_FOUND;
    const char *reason = is_login ? (belongs ? "sender_belongs_to_login" : "sender_not_of_login")
                                  : (belongs ? "sender_belongs_to_identity" : "sender_not_of_identity");
    struct finding finding =
        check_finding(sender_check.name, context, belongs ? FINDING_PASS : FINDING_FAIL, reason);
    finding.key = is_login ? "match" : "identities";
    finding.detail = check_text(context, "%s %s, sender %s", is_login ? "login" : role_name(message->role),
                                message->user, message->sender.text);
    if (!belongs)
        finding.reply = sender_refusal(context, "use the sender ", message->sender.text);
    finding_add(findings, &finding);
}

static void judge_login(const struct check_context *context, struct finding_list *findings)
{
    const struct sender_settings *settings = context->settings;
    const struct message_facts *message = context->message;
    if (message->sender.is_null) {
        judge_null_sender(context, findings);
        return;
    }
    if (settings->match == SENDER_MATCH_OFF)
        return;
    const char *unknown_reason = sender_login_fault(context);
    enum table_answer answer =
        unknown_reason == NULL ? sender_ownership(context, &message->sender) : TABLE_UNKNOWN;
    if (answer != TABLE_UNKNOWN) {
        add_envelope(context, answer, findings);
        return;
    }
    sender_add_unknown(context, settings->common.mode,
                       unknown_reason == NULL ? sender_table_unavailable : unknown_reason, findings);
}

/* A network, a certificate or a script: bounces are anybody's. */
static void judge_identity(const struct check_context *context, struct finding_list *findings)
{
    const struct sender_settings *settings = context->settings;
    if (context->message->sender.is_null)
        return;
    enum table_answer answer = sender_identity_is_listed(context);
    if (answer == TABLE_FOUND) {
        answer = sender_ownership(context, &context->message->sender);
        if (answer != TABLE_UNKNOWN) {
            add_envelope(context, answer, findings);
            return;
        }
    }
    if (answer == TABLE_UNKNOWN)
        sender_add_unknown(context, settings->common.mode, sender_table_unavailable, findings);
}

static void sender_decide(const struct check_context *context, struct finding_list *findings)
{
    const enum role role = context->message->role;
    if (role == ROLE_OUTSIDE)
        sender_judge_outside(context, findings);
    else if (context->stage == STAGE_MESSAGE)
        sender_judge_header(context, findings);
    else if (role == ROLE_SUBMISSION)
        judge_login(context, findings);
    else
        judge_identity(context, findings);
}

const struct check sender_check = {
    .name = "sender",
    .section = &sender_section,
    .stages = STAGE_MAIL | STAGE_MESSAGE,
    .decide = sender_decide,
};
