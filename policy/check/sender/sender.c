#include "check/sender/sender.h"

enum check_mode sender_part_mode(const struct check_context *context, enum check_mode part)
{
    const struct sender_settings *settings = context->settings;
    /* In the order of the enumeration a later mode is a weaker one. */
    return part > settings->common.mode ? part : settings->common.mode;
}

/* ---- replies ---------------------------------------------------------------------------------------- */

/* Of the domain of a login it is known that people have addresses there; a login may also have the name of
 * the host that it was checked by. */
static bool is_mail_domain(const struct check_context *context, const char *domain)
{
    const struct text_set *local_domains = context->local_domains;
    return local_domains == NULL || text_set_is_empty(local_domains) ||
           domain_set_lookup(local_domains, slice_of(domain)) != TABLE_MISSING;
}

/* What the login may use: "ann@example.com", "an address at example.com", as {allowed}. */
static struct reply_value allowed_senders(const struct check_context *context)
{
    const struct sender_settings *settings = context->settings;
    const char *user = context->message->user, *domain = sender_user_domain(user);
    /* "EXAMPLE\\ann" is no local part that anybody has. */
    const bool is_address = strchr(user, '\\') == NULL;
    if (!is_mail_domain(context, domain) || settings->match == SENDER_MATCH_TABLE)
        return reply_part("allowed", REPLY_PART_own_addresses);
    if (settings->match == SENDER_MATCH_ADDRESS)
        return is_address ? reply_text("allowed", check_shorten(context, user, 100))
                          : reply_part("allowed", REPLY_PART_own_addresses);
    return reply_part("allowed", REPLY_PART_address_at);
}

void sender_say_refusal(const struct check_context *context, struct finding *finding,
                        const struct sender_rows *rows, const char *address)
{
    const bool is_login = context->message->role == ROLE_SUBMISSION;
    const bool is_unlisted = is_login && sender_login_is_unlisted(context, address);
    finding->reply = (struct reply){.code = 553, .enhanced = "5.7.1"};
    check_say(
        context, finding,
        !is_login     ? rows->identity
        : is_unlisted ? rows->unlisted
                      : rows->login,
        (const struct reply_value[]){
            reply_text("user", check_shorten(context, context->message->user, 100)),
            reply_text("sender", check_shorten(context, address, 100)),
            reply_text("domain", check_shorten(context, sender_user_domain(context->message->user), 100)),
            is_login && !is_unlisted ? allowed_senders(context) : reply_text("allowed", ""),
            {0}});
}

void sender_add_unknown(const struct check_context *context, enum check_mode mode, const char *reason,
                        struct finding_list *findings)
{
    struct finding unknown = check_finding(sender_check.name, context, FINDING_UNKNOWN, reason);
    unknown.mode = mode;
    unknown.detail = context->message->user;
    check_say(context, &unknown,
              reason == sender_table_unavailable ? REPLY_sender_unknown : REPLY_sender_login_without_domain,
              (const struct reply_value[]){{0}});
    finding_add(findings, &unknown);
}

/* ---- envelope --------------------------------------------------------------------------------------- */

static void judge_null_sender(const struct check_context *context, struct finding_list *findings)
{
    static const struct sender_rows rows = {REPLY_sender_null_sender, REPLY_sender_null_sender_unlisted,
                                            REPLY_sender_sender_not_of_identity};
    const struct sender_settings *settings = context->settings;
    bool accepted = settings->null_sender == SENDER_NULL_ACCEPT;
    struct finding finding =
        check_finding(sender_check.name, context, accepted ? FINDING_PASS : FINDING_FAIL, "null_sender");
    finding.key = "null_sender";
    if (!accepted)
        sender_say_refusal(context, &finding, &rows, "<>");
    finding_add(findings, &finding);
}

static void add_envelope(const struct check_context *context, enum table_answer answer,
                         struct finding_list *findings)
{
    static const struct sender_rows rows = {REPLY_sender_sender_not_of_login, REPLY_sender_sender_unlisted,
                                            REPLY_sender_sender_not_of_identity};
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
        sender_say_refusal(context, &finding, &rows, message->sender.text);
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
