#include "check/recipients.h"

#include <inttypes.h>
#include <talloc.h>

/* ---- settings --------------------------------------------------------------------------------------- */

static const struct config_choice excess_choices[] = {
    {"refuse", RECIPIENTS_REFUSE,
     "the surplus is refused at RCPT (550) and so is the whole message at its end: mail programs do not send "
     "the rest by themselves, and half a message sent is worse than none"},
    {"defer", RECIPIENTS_DEFER,
     "the surplus is told to come in another message (452): mail servers do that by themselves"},
    {"reject", RECIPIENTS_REJECT, "the surplus is refused at RCPT (550), the message goes to the others"},
    {"drop", RECIPIENTS_DROP, "the surplus is accepted and left out, and recorded as dropped"},
    {0},
};

static const struct config_key recipients_keys[] = {
    CHECK_COMMON_KEYS(struct recipients_settings, "enforce", "defer"),
    {.name = "limit",
     .type = &config_type_count,
     .offset = offsetof(struct recipients_settings, limit),
     .default_text = "30",
     .least = 1,
     .most = 10000,
     .unit = "recipients",
     .text = "Most distinct addresses a message may have; one given twice counts once. For outside never "
             "below 100 (RFC 5321, 4.5.3.1.8)."},
    {.name = "excess",
     .type = &config_type_choice,
     .offset = offsetof(struct recipients_settings, excess),
     .choices = excess_choices,
     .default_text = "refuse",
     .text = "What becomes of the recipients over the limit."},
    {.name = "programs",
     .type = &config_type_network_set,
     .offset = offsetof(struct recipients_settings, programs),
     .default_text = "[]",
     .flags = CONFIG_MAY_BE_EMPTY,
     .text =
         "Trusted clients that are programs, not mail servers: webmail, printers, scanners, applications. They do "
         "not come back with the rest, so for them `excess: defer` means `refuse`. So it does for who was let in by "
         "a recent login."},
    {0},
};

static const struct config_role_default recipients_role_defaults[] = {
    {ROLE_TRUSTED, "excess", "defer"},
    {ROLE_OUTSIDE, "excess", "defer"},
    {ROLE_OUTSIDE, "limit", "100"},
    {0},
};

static void recipients_finish(void *owner, void *settings, const struct config_finish *context)
{
    (void)owner;
    struct recipients_settings *recipients = settings;
    if (context->role != ROLE_OUTSIDE || recipients->limit >= RECIPIENTS_OUTSIDE_LEAST)
        return;
    if (config_finish_is_special(context, "limit"))
        config_finish_error(
            context, "limit",
            "at least %d for outside: RFC 5321, 4.5.3.1.8, wants servers to take 100 recipients",
            RECIPIENTS_OUTSIDE_LEAST);
    /* A limit for everybody is meant for one's own users. */
    recipients->limit = RECIPIENTS_OUTSIDE_LEAST;
}

static const struct config_section recipients_section = {
    .name = "recipients",
    .struct_bytes = sizeof(struct recipients_settings),
    .keys = recipients_keys,
    .role_defaults = recipients_role_defaults,
    .per_role = true,
    .finish = recipients_finish,
    .text = "How many recipients a message may have.",
};

/* ---- who comes back ------------------------------------------------------------------------------------ */

/* Whether the client leaves half of its recipients without the mail when it is told to send the rest later.
 */
static bool does_not_come_back(const struct check_context *context)
{
    const struct recipients_settings *settings = context->settings;
    if (context->message->role != ROLE_TRUSTED)
        return false;
    return strcmp(context->message->role_reason, "recent_login") == 0 ||
           (context->session->client_ip_known &&
            network_set_contains(settings->programs, &context->session->client_ip));
}

static enum recipients_excess excess_for(const struct check_context *context)
{
    const struct recipients_settings *settings = context->settings;
    return settings->excess == RECIPIENTS_DEFER && does_not_come_back(context) ? RECIPIENTS_REFUSE
                                                                               : settings->excess;
}

/* ---- decision --------------------------------------------------------------------------------------- */

/* What the surplus recipient is told. */
static void say_surplus(const struct check_context *context, struct finding *finding, uint64_t number)
{
    const struct recipients_settings *settings = context->settings;
    const enum recipients_excess excess = excess_for(context);
    enum reply_row row = REPLY_recipients_too_many_recipients_rest;
    if (excess == RECIPIENTS_REFUSE)
        row = REPLY_recipients_too_many_recipients;
    else if (excess == RECIPIENTS_DEFER)
        row = REPLY_recipients_too_many_recipients_later;
    finding->reply = excess == RECIPIENTS_DEFER ? (struct reply){.code = 452, .enhanced = "4.5.3"}
                                                : (struct reply){.code = 550, .enhanced = "5.5.3"};
    check_say(context, finding, row,
              (const struct reply_value[]){
                  reply_count("limit", settings->limit), reply_count("seen", number), {0}});
}

static void add_surplus(const struct check_context *context, uint64_t number, struct finding_list *findings)
{
    const struct recipients_settings *settings = context->settings;
    struct finding finding =
        check_finding(recipients_check.name, context, FINDING_FAIL, "too_many_recipients");
    finding.detail = check_text(context, "%s: number %" PRIu64 " of at most %" PRIu64,
                                context->recipient->verbatim, number, settings->limit);
    finding.key = "limit";
    finding_set_numbers(&finding, settings->limit, number);
    say_surplus(context, &finding, number);
    const enum recipients_excess excess = excess_for(context);
    if (excess == RECIPIENTS_DEFER)
        finding.action = ACTION_DEFER;
    if (excess == RECIPIENTS_DROP) {
        finding.action = ACTION_ACCEPT;
        finding.drops_recipient = true;
    }
    finding_add(findings, &finding);
}

/* The message's slot: how many recipients were told that they are too many. NULL: none, or no memory. */
static uint64_t *surplus_count(const struct check_context *context, bool wanted)
{
    if (*context->message_slot == NULL && wanted)
        *context->message_slot = talloc_zero(context->owner, uint64_t);
    return *context->message_slot;
}

/* How many recipients the message has, refused ones included; a client that asks twice is counted twice. */
static uint64_t count_recipients(const struct check_context *context)
{
    const struct recipients_settings *settings = context->settings;
    const uint64_t *surplus = surplus_count(context, false);
    uint64_t with_refused = settings->limit + (surplus == NULL ? 0 : *surplus);
    uint64_t counted = context->message->distinct_recipient_count;
    return counted > with_refused ? counted : with_refused;
}

/* Whether the same mailbox was dropped from this message before. */
static bool was_dropped(const struct check_context *context)
{
    for (const struct recipient *earlier = context->message->recipients; earlier < context->recipient;
         earlier++)
        if (earlier->action == RECIPIENT_DROPPED &&
            mail_address_same_mailbox(&earlier->address, &context->recipient->address))
            return true;
    return false;
}

static void judge_recipient(const struct check_context *context, struct finding_list *findings)
{
    const struct recipients_settings *settings = context->settings;
    const struct recipient *recipient = context->recipient;
    bool is_new = !recipient->repeated;
    if (context->message->distinct_recipient_count < settings->limit ||
        !(is_new || (settings->excess == RECIPIENTS_DROP && was_dropped(context))))
        return;
    add_surplus(context, count_recipients(context) + is_new, findings);
    uint64_t *surplus = surplus_count(context, true);
    if (surplus == NULL)
        findings->failed = true;
    else
        ++*surplus;
}

static void judge_message(const struct check_context *context, struct finding_list *findings)
{
    const struct recipients_settings *settings = context->settings;
    const struct message_facts *message = context->message;
    if (surplus_count(context, false) == NULL) {
        struct finding pass = check_finding(recipients_check.name, context, FINDING_PASS, "within_limit");
        pass.key = "limit";
        pass.detail =
            check_text(context, "%zu of %" PRIu64, message->distinct_recipient_count, settings->limit);
        finding_set_numbers(&pass, settings->limit, message->distinct_recipient_count);
        finding_add(findings, &pass);
        return;
    }
    if (excess_for(context) != RECIPIENTS_REFUSE)
        return;
    uint64_t count = count_recipients(context);
    struct finding finding = check_finding(recipients_check.name, context, FINDING_FAIL, "message_refused");
    finding.key = "limit";
    finding.detail = check_text(context, "%" PRIu64 " recipients, limit %" PRIu64, count, settings->limit);
    finding_set_numbers(&finding, settings->limit, count);
    finding.reply = (struct reply){.code = 550, .enhanced = "5.5.3"};
    check_say(
        context, &finding, REPLY_recipients_message_refused,
        (const struct reply_value[]){reply_count("limit", settings->limit), reply_count("seen", count), {0}});
    finding_add(findings, &finding);
}

static void recipients_decide(const struct check_context *context, struct finding_list *findings)
{
    if (context->stage == STAGE_RECIPIENT)
        judge_recipient(context, findings);
    else
        judge_message(context, findings);
}

const struct check recipients_check = {
    .name = "recipients",
    .section = &recipients_section,
    .stages = STAGE_RECIPIENT | STAGE_MESSAGE,
    .decide = recipients_decide,
};
