#include "check/account/account.h"

#include "accounts/account_book.h"
#include "live/blocks.h"
#include "live/contacts.h"

#include <math.h>
#include <talloc.h>

/* ---- facts ------------------------------------------------------------------------------------------ */

/* One by one, under `owner`, the most first. NULL: memory ran out. */
static struct account_reason *reasons_of(void *owner, struct account_judgement *judgement)
{
    struct account_reason *reasons =
        talloc_zero_array(owner, struct account_reason, (unsigned)judgement->evidence_count + 1);
    struct strbuf words;
    bool failed = reasons == NULL;
    strbuf_init(&words, 0);
    account_judgement_sort(judgement);
    for (size_t i = 0; i < judgement->evidence_count && !failed; i++) {
        const struct account_evidence *evidence = &judgement->evidence[i];
        strbuf_reset(&words);
        account_evidence_describe(evidence, &words);
        reasons[i] = (struct account_reason){
            .family = account_family_name(account_evidence_family(evidence->kind)),
            .points = (unsigned)lroundf(evidence->points),
            .words = talloc_strdup(reasons, strbuf_text(&words)),
        };
        failed = words.failed || reasons[i].words == NULL;
    }
    strbuf_deinit(&words);
    return failed ? NULL : reasons;
}

/* "recipients +30: 18 of the last 20 …; networks +15: …" */
static const char *text_of(void *owner, const struct account_reason *reasons, size_t count)
{
    char *text = talloc_strdup(owner, "");
    for (size_t i = 0; i < count && text != NULL; i++)
        text = talloc_asprintf_append(text, "%s%s +%u: %s", i == 0 ? "" : "; ", reasons[i].family,
                                      reasons[i].points, reasons[i].words);
    return text;
}

static const struct gathered_account *facts_of(void *owner, struct account_standing *standing)
{
    struct gathered_account *account = talloc_zero(owner, struct gathered_account);
    if (account == NULL)
        return NULL;
    account->step = standing->step;
    account->points = standing->points;
    account->messages_of_hour = (uint64_t)standing->messages_of_hour;
    account->reasons = reasons_of(owner, &standing->judgement);
    account->reason_count = account->reasons == NULL ? 0 : standing->judgement.evidence_count;
    account->evidence = text_of(owner, account->reasons, account->reason_count);
    return account;
}

static void account_begin(const struct check_context *context, const struct check_services *services,
                          struct gathered_facts *gathered)
{
    const struct account_settings *settings = context->settings;
    const char *user = context->message->user;
    struct account_standing standing;
    if (context->stage != STAGE_MAIL || services->accounts == NULL || user[0] == '\0' ||
        context->message->role == ROLE_OUTSIDE)
        return;
    struct accounts *accounts = account_book_hold(services->accounts);
    const int64_t now_us = clock_wall_us(services->clock);
    if (accounts_step_of(accounts, slice_of(user), now_us) != ACCOUNT_CALM &&
        accounts_look(accounts, &settings->judged, slice_of(user), now_us, &standing)) {
        gathered->account = facts_of(context->owner, &standing);
    }
    account_book_release(services->accounts);
}

/* ---- decision --------------------------------------------------------------------------------------- */

static void add_step(const struct check_context *context, enum account_step step, enum action action,
                     struct finding_list *findings)
{
    const struct account_settings *settings = context->settings;
    const struct gathered_account *account = context->message->gathered.account;
    const bool acts = action != ACTION_ACCEPT;
    struct finding finding = check_finding(account_check.name, context, acts ? FINDING_FAIL : FINDING_PASS,
                                           account_step_name(step));
    if (acts && settings->steps[step].mode > finding.mode)
        finding.mode = settings->steps[step].mode;
    finding.action = action;
    finding.detail = account->evidence;
    finding.key = account_step_name(step);
    finding_set_numbers(&finding, settings->steps[step].score, account->points);
    if (action >= ACTION_DEFER) {
        const bool is_slow = action == ACTION_DEFER;
        finding.reply.code = is_slow ? 450 : 550;
        finding.reply.enhanced = is_slow ? "4.7.1" : "5.7.1";
        check_say(context, &finding, is_slow ? REPLY_account_slow : REPLY_account_lock,
                  (const struct reply_value[]){reply_count("limit", settings->steps[step].messages), {0}});
    }
    finding_add(findings, &finding);
}

static void account_decide(const struct check_context *context, struct finding_list *findings)
{
    const struct account_settings *settings = context->settings;
    const struct gathered_account *account = context->message->gathered.account;
    if (account == NULL || context->stage != STAGE_MAIL)
        return;
    if (account->step >= ACCOUNT_LOCK && settings->steps[ACCOUNT_LOCK].mode == MODE_MONITOR)
        add_step(context, ACCOUNT_LOCK, ACTION_REJECT, findings);
    if (account->step >= ACCOUNT_HOLD && settings->steps[ACCOUNT_HOLD].mode != MODE_OFF)
        add_step(context, ACCOUNT_HOLD, ACTION_HOLD, findings);
    if (account->step >= ACCOUNT_SLOW && settings->steps[ACCOUNT_SLOW].mode != MODE_OFF &&
        account->messages_of_hour >= settings->steps[ACCOUNT_SLOW].messages)
        add_step(context, ACCOUNT_SLOW, ACTION_DEFER, findings);
    else if (account->step <= ACCOUNT_SLOW)
        add_step(context, (enum account_step)account->step, ACTION_ACCEPT, findings);
}

/* ---- what it learns --------------------------------------------------------------------------------- */

/* The account is locked, where the configuration wants that, before anybody is told. */
static bool lock(const struct account_settings *settings, const struct check_services *services,
                 const struct account_notice *notice)
{
    const struct account_step_keys *keys = &settings->steps[ACCOUNT_LOCK];
    struct strbuf problem;
    if (keys->mode != MODE_ENFORCE || settings->common.mode != MODE_ENFORCE || services->blocks == NULL)
        return false;
    const struct block block = {
        .target = BLOCK_USER,
        .whom = notice->user,
        .reason = notice->families,
        .by = account_check.name,
        .is_lock = true,
        .is_external_only = keys->scope == ACCOUNT_SCOPE_EXTERNAL,
        .since_us = clock_wall_us(services->clock),
        .until_us = notice->until_us,
    };
    strbuf_init(&problem, 0);
    blocks_put(services->blocks, &block, &problem); /* in force even where it cannot be kept */
    strbuf_deinit(&problem);
    return true;
}

void account_tell(const struct account_settings *settings, const struct check_services *services,
                  const char *user, struct account_judgement *judgement)
{
    struct strbuf families;
    if (!judgement->is_raised || judgement->step < ACCOUNT_WARN)
        return;
    void *owner = talloc_new(NULL);
    const struct account_reason *reasons = reasons_of(owner, judgement);
    const size_t count = reasons == NULL ? 0 : judgement->evidence_count;
    const char *evidence = text_of(owner, reasons, count);
    strbuf_init(&families, 0);
    account_families_list(judgement->families, &families);
    struct account_notice notice = {
        .user = user,
        .step = account_step_name(judgement->step),
        .evidence = evidence == NULL ? "" : evidence,
        .families = strbuf_text(&families),
        .reasons = reasons,
        .reason_count = count,
        .points = (uint64_t)judgement->points,
        .score = settings->steps[judgement->step].score,
        .until_us =
            clock_wall_us(services->clock) + (int64_t)settings->steps[judgement->step].lasts_ms * 1000,
    };
    if (judgement->step == ACCOUNT_LOCK)
        notice.is_locked = lock(settings, services, &notice);
    if (services->tell_of_account != NULL)
        services->tell_of_account(services->warn_context, &notice);
    strbuf_deinit(&families);
    talloc_free(owner);
}

/* Refused for what it is, not for what the message or the login is. */
static enum account_delivery delivery_of(const struct recipient *recipient, bool is_accepted)
{
    if (recipient->action == RECIPIENT_ACCEPTED)
        return is_accepted ? ACCOUNT_TAKEN : ACCOUNT_LEFT;
    if (recipient->action == RECIPIENT_IGNORED ||
        (recipient->action == RECIPIENT_REJECTED && strcmp(recipient->check, "relay") == 0))
        return ACCOUNT_REFUSED;
    return ACCOUNT_LEFT;
}

static struct slice header_of(const struct message_facts *message, const char *name)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0)
            return slice_trim(message->headers[i].value);
    return (struct slice){NULL, 0};
}

static bool is_listed(const struct gathered_facts *gathered)
{
    for (size_t i = 0; i < gathered->list_count; i++)
        if (gathered->lists[i].verdict == LIST_LISTED)
            return true;
    return false;
}

static unsigned count_blocked(const struct message_facts *message, const struct finding_list *findings)
{
    unsigned count = 0;
    for (size_t i = 0; message->attachments != NULL && findings->attachment_outcomes != NULL &&
                       i < message->attachments->count;
         i++)
        count += strcmp(findings->attachment_outcomes[i], "blocked") == 0 ||
                 strcmp(findings->attachment_outcomes[i], "disguised") == 0;
    return count;
}

/* NULL: the MTA does not know where it comes from. */
static const struct ip_address *client_of(const struct check_context *context)
{
    if (context->message->origin_ip_known)
        return &context->message->origin_ip;
    return context->session->client_ip_known ? &context->session->client_ip : NULL;
}

static void learn_from_login(const struct check_context *context, const struct check_services *services,
                             const struct check_ending *ending)
{
    const struct message_facts *message = context->message;
    const struct account_settings *settings = context->settings;
    struct account_judgement judgement;
    struct account_recipient *recipients =
        talloc_array(context->owner, struct account_recipient, (unsigned)message->recipient_count + 1);
    if (recipients == NULL)
        return;
    for (size_t i = 0; i < message->recipient_count; i++)
        recipients[i] = (struct account_recipient){
            .address = slice_of(message->recipients[i].address.text),
            .delivery = delivery_of(&message->recipients[i], ending->is_accepted),
            .is_new = message->recipients[i].is_new,
        };
    const struct account_message taken = {
        .time_us = clock_wall_us(services->clock),
        .user = slice_of(message->user),
        .client = client_of(context),
        .helo = slice_of(context->session->helo),
        .sender = slice_of(message->sender.text),
        .from = account_from_address(header_of(message, "from")),
        .message_id = header_of(message, "message-id"),
        .fingerprint = slice_of(message->fingerprint),
        .is_listed = is_listed(&message->gathered),
        .blocked_attachments = count_blocked(message, ending->findings),
        .recipients = recipients,
        .recipient_count = message->recipient_count,
    };
    struct accounts *accounts = account_book_hold(services->accounts);
    const bool is_taken = accounts_take_message(accounts, &settings->judged, &taken, &judgement);
    account_book_release(services->accounts);
    if (is_taken)
        account_tell(settings, services, message->user, &judgement);
}

/* ---- mail from outside ------------------------------------------------------------------------------ */

/* Whoever wrote first is no stranger. */
static void meet_sender(const struct check_context *context, const struct check_services *services,
                        struct accounts *accounts)
{
    const struct message_facts *message = context->message;
    for (size_t i = 0; i < message->recipient_count; i++) {
        const struct slice address = slice_of(message->recipients[i].address.text);
        if (message->recipients[i].action != RECIPIENT_ACCEPTED)
            continue;
        accounts_take_inbound(accounts, address, clock_wall_us(services->clock));
        const char *reader = accounts_owner_of(accounts, address);
        if (services->contacts != NULL && !message->sender.is_null)
            contacts_meet(services->contacts, reader == NULL ? address : slice_of(reader),
                          slice_of(message->sender.text));
    }
}

static void learn_from_outside(const struct check_context *context, const struct check_services *services)
{
    const struct account_settings *settings = context->settings;
    const struct report_facts *facts = context->message->report;
    struct account_judgement judgement;
    const char *user = NULL;
    struct accounts *accounts = account_book_hold(services->accounts);
    meet_sender(context, services, accounts);
    if (facts != NULL && facts->message_id[0] != '\0') {
        const struct account_report report = {
            .time_us = clock_wall_us(services->clock),
            .message_id = slice_of(facts->message_id),
            .recipient_count = facts->recipient_count == 0 ? 1 : (unsigned)facts->recipient_count,
            .is_complaint = facts->feedback_type != NULL,
        };
        if (accounts_take_report(accounts, &settings->judged, &report, &user, &judgement))
            user = talloc_strdup(context->owner, user);
    }
    account_book_release(services->accounts);
    if (user != NULL)
        account_tell(settings, services, user, &judgement);
}

static void account_settle(const struct check_context *context, const struct check_services *services,
                           const struct check_ending *ending)
{
    const struct message_facts *message = context->message;
    if (services->accounts == NULL)
        return;
    if (message->role != ROLE_OUTSIDE && message->user[0] != '\0')
        learn_from_login(context, services, ending);
    else if (message->role == ROLE_OUTSIDE && ending->is_accepted)
        learn_from_outside(context, services);
}

static unsigned account_needs(const void *settings)
{
    (void)settings;
    return CHECK_NEEDS_CONTACTS;
}

const struct check account_check = {
    .name = "account",
    .section = &account_section,
    .stages = STAGE_MAIL,
    .needs = account_needs,
    .begin = account_begin,
    .decide = account_decide,
    .settle = account_settle,
};
