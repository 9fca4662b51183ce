#include "judge/judge.h"

#include "check/relay/relay.h"
#include "table/table_lookups.h"

#include <talloc.h>

/* ---- asking the checks ------------------------------------------------------------------------------ */

bool judge_answers_wait(const struct judgement *judgement)
{
    /* cleanup(8), which hands local mail to milters, would call an earlier refusal a configuration error. */
    return judgement->message->role == ROLE_LOCAL;
}

static bool is_on(const struct judgement *judgement, size_t index)
{
    const struct check_settings *settings = judgement->settings[index];
    return judgement->policy->mode != MODE_OFF && settings->mode != MODE_OFF;
}

bool judge_asks(const struct judgement *judgement, size_t index, enum check_stage stage)
{
    return (check_table[index]->stages & (unsigned)stage) != 0 && is_on(judgement, index);
}

struct check_context judge_context(struct judgement *judgement, size_t index, enum check_stage stage,
                                   const struct recipient *recipient)
{
    return (struct check_context){
        .stage = stage,
        .session = judgement->session,
        .message = judgement->message,
        .recipient = recipient,
        .settings = judgement->settings[index],
        .local_domains = judgement->policy->local_domains,
        .owner = judgement->owner,
        .message_slot = &judgement->slots[index],
        .session_slot = &judgement->session_slots[index],
    };
}

bool judge_needs(const struct judgement *judgement, unsigned needs)
{
    if (!judgement->is_settled)
        return judgement->policy->mode != MODE_OFF;
    for (size_t i = 0; check_table[i] != NULL; i++)
        if (check_table[i]->needs != NULL && is_on(judgement, i) &&
            (check_table[i]->needs(judgement->settings[i]) & needs) != 0)
            return true;
    return false;
}

bool judge_is_certain(const struct judgement *judgement)
{
    for (size_t i = 0; check_table[i] != NULL; i++)
        if (check_table[i]->is_certain != NULL && is_on(judgement, i) &&
            check_table[i]->is_certain(judgement->settings[i], judgement->message))
            return true;
    return false;
}

/* Where in the configuration the values stand that decided the findings of check number `index`, from finding
 * `from` on. */
static void find_rules(struct judgement *judgement, size_t index, size_t from)
{
    const struct judge_policy *policy = judgement->policy;
    for (size_t i = from; i < judgement->findings.count; i++) {
        struct finding *finding = &judgement->findings.items[i];
        if (finding->key == NULL || finding->rule_file != NULL)
            continue;
        const struct config_place place = config_document_place(
            policy->document, policy->first_section + index, &judgement->subject, finding->key);
        finding->rule_file = place.file;
        finding->rule_line = place.line;
    }
}

bool judge_waits(const struct judgement *judgement, struct pending_awaited *awaited)
{
    return table_lookups_lack(judgement->lookups, awaited);
}

void judge_wait_anew(struct judgement *judgement)
{
    table_lookups_wait_anew(judgement->lookups);
}

void judge_wait_no_more(struct judgement *judgement)
{
    table_lookups_give_up(judgement->lookups);
}

/* Tries what a table may have to be asked for. */
static void begin_try(const struct judgement *judgement)
{
    table_lookups_use(judgement->lookups);
}

/* False: what was decided is to be forgotten. */
static bool end_try(const struct judgement *judgement)
{
    struct pending_awaited awaited;
    table_lookups_use(NULL);
    return !judge_waits(judgement, &awaited);
}

/* False: a table has not answered, and the check is to be asked again. */
static bool ask_one(struct judgement *judgement, enum check_stage stage, const struct recipient *recipient)
{
    const size_t index = judgement->asking, before = judgement->findings.count;
    void *const slot = judgement->slots[index];
    void *attempt = judgement->lookups == NULL ? NULL : talloc_new(judgement->owner);
    struct check_context context = judge_context(judgement, index, stage, recipient);
    context.owner = attempt == NULL ? judgement->owner : attempt;
    begin_try(judgement);
    check_table[index]->decide(&context, &judgement->findings);
    find_rules(judgement, index, before);
    if (end_try(judgement))
        return true;
    judgement->findings.count = before;
    judgement->slots[index] = slot;
    talloc_free(attempt);
    return false;
}

/* Each check decides for good once, in its turn; false: judge_waits. */
static bool ask(struct judgement *judgement, enum check_stage stage, const struct recipient *recipient)
{
    if (judgement->asking == 0)
        judgement->stage_from = judgement->findings.count;
    judgement->asked_stages |= (unsigned)stage;
    for (; check_table[judgement->asking] != NULL; judgement->asking++)
        if (judge_asks(judgement, judgement->asking, stage) && !ask_one(judgement, stage, recipient))
            return false;
    judgement->asking = 0;
    table_lookups_end_stage(judgement->lookups);
    return true;
}

static struct verdict_question question_from(const struct judgement *judgement, size_t from)
{
    return (struct verdict_question){
        .findings = &judgement->findings,
        .from = from,
        .everything = judgement->policy->mode,
        .id = &judgement->message->id,
        .words = {.replies = judgement->replies,
                  .is_utf8 = judgement->message->is_smtputf8,
                  .user = judgement->message->user},
    };
}

/* ---- MAIL ------------------------------------------------------------------------------------------- */

/* The verdict on everything that is not answered, and what it would be with everything enforced. */
static void decide(struct judgement *judgement, struct verdict_question question)
{
    judgement->findings.failed = judgement->findings.failed || judgement->out_of_memory;
    judgement->verdict = verdict_decide(&question);
    judgement->would = &judgement->verdict;
    if (!judgement->would_have_refused && !verdict_would_differ(&question))
        return;
    question.as_if_enforced = true;
    judgement->would_be = verdict_decide(&question);
    judgement->would = &judgement->would_be;
}

void judge_mail(struct judgement *judgement)
{
    if (ask(judgement, STAGE_MAIL, NULL))
        decide(judgement, question_from(judgement, 0));
}

/* ---- RCPT ------------------------------------------------------------------------------------------- */

static bool is_taken(const struct recipient *recipient)
{
    return recipient->action == RECIPIENT_ACCEPTED || recipient->action == RECIPIENT_DROPPED;
}

static bool is_refused(const struct recipient *recipient)
{
    return recipient->action == RECIPIENT_REJECTED || recipient->action == RECIPIENT_DEFERRED;
}

static bool is_repeat(const struct message_facts *message, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (is_taken(&message->recipients[i]) &&
            mail_address_same_mailbox(&message->recipients[i].address, &message->recipients[index].address))
            return true;
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
static const struct finding *dropping(const struct judgement *judgement, size_t from)
{
    for (size_t i = from; i < judgement->findings.count; i++)
        if (judgement->findings.items[i].drops_recipient && judgement->findings.items[i].mode == MODE_ENFORCE)
            return &judgement->findings.items[i];
    return NULL;
}

static void decide_action(struct judgement *judgement, size_t from, struct recipient *recipient)
{
    const struct verdict *verdict = &judgement->verdict;
    const struct finding *drop = dropping(judgement, from);
    bool refused = !judge_answers_wait(judgement) && verdict->action >= ACTION_DEFER;
    recipient->action = RECIPIENT_ACCEPTED;
    if (refused) {
        recipient->action = verdict->action == ACTION_REJECT ? RECIPIENT_REJECTED : RECIPIENT_DEFERRED;
        recipient->check = verdict->cause_check == NULL ? "" : verdict->cause_check;
        recipient->reason = verdict->cause_reason == NULL ? "" : verdict->cause_reason;
    } else if (drop != NULL) {
        recipient->action = RECIPIENT_DROPPED;
        recipient->check = drop->check;
        recipient->reason = drop->reason;
    }
    if (!refused)
        judgement->message->distinct_recipient_count += !recipient->repeated;
    for (size_t i = from; i < judgement->findings.count; i++)
        judgement->findings.items[i].answered = refused;
}

/* Whether the recipient would be refused here, were everything in monitor mode enforced. */
static void decide_would(struct judgement *judgement, struct verdict_question question,
                         struct recipient *recipient)
{
    if (judge_answers_wait(judgement) || is_refused(recipient) || !verdict_would_differ(&question)) {
        recipient->would_be_refused = is_refused(recipient);
        return;
    }
    question.as_if_enforced = true;
    const struct verdict would_be = verdict_decide(&question);
    recipient->would_be_refused = would_be.action >= ACTION_DEFER;
    for (size_t i = question.from; i < judgement->findings.count; i++)
        judgement->findings.items[i].would_be_answered = recipient->would_be_refused;
    if (!recipient->would_be_refused)
        return;
    judgement->would_be = would_be;
    judgement->would_have_refused = true;
}

/* Of a domain that cannot be looked up nobody knows that it is one's own. */
static bool is_internal(const struct judgement *judgement, const struct mail_address *address)
{
    return domain_set_lookup(judgement->policy->relay->local_domains, slice_of(address->domain)) ==
           TABLE_FOUND;
}

void judge_prepare_recipient(struct judgement *judgement, size_t index)
{
    struct recipient *recipient = &judgement->message->recipients[index];
    const struct gathered_block *block = judgement->message->gathered.block;
    recipient->repeated = is_repeat(judgement->message, index);
    begin_try(judgement);
    if (judge_needs(judgement, CHECK_NEEDS_DESTINATIONS) || (block != NULL && block->is_external_only))
        recipient->is_internal = is_internal(judgement, &recipient->address);
    recipient->is_prepared = end_try(judgement);
}

void judge_recipient(struct judgement *judgement, size_t index)
{
    struct recipient *recipient = &judgement->message->recipients[index];
    if (recipient->action == RECIPIENT_IGNORED)
        return;
    if (!recipient->is_prepared)
        judge_prepare_recipient(judgement, index);
    if (!recipient->is_prepared || !ask(judgement, STAGE_RECIPIENT, recipient))
        return;
    const size_t from = judgement->stage_from;
    const struct verdict_question question = question_from(judgement, from);
    judgement->findings.failed = judgement->findings.failed || judgement->out_of_memory;
    judgement->verdict = verdict_decide(&question);
    decide_action(judgement, from, recipient);
    decide_would(judgement, question, recipient);
    forget_repeated_passes(&judgement->findings, from);
}

/* ---- the end ---------------------------------------------------------------------------------------- */

void judge_message(struct judgement *judgement)
{
    ask(judgement, STAGE_MESSAGE, NULL);
}

/* How many recipients the message goes to, or would go to, were everything enforced. */
static size_t count_left(const struct message_facts *message, bool as_if_enforced)
{
    size_t count = 0;
    for (size_t i = 0; i < message->recipient_count; i++)
        count += message->recipients[i].action == RECIPIENT_ACCEPTED &&
                 !(as_if_enforced && message->recipients[i].would_be_refused);
    return count;
}

static bool any_is_dropped(const struct message_facts *message)
{
    for (size_t i = 0; i < message->recipient_count; i++)
        if (message->recipients[i].action == RECIPIENT_DROPPED)
            return true;
    return false;
}

/* With everything enforced a message that nobody would be left to get ends as its last recipient did. */
static void prefer_last_refusal(struct judgement *judgement, const struct verdict *last)
{
    if (!judgement->would_have_refused || count_left(judgement->message, true) > 0)
        return;
    judgement->would_be = *last;
    judgement->would = &judgement->would_be;
}

void judge_conclude(struct judgement *judgement)
{
    struct verdict_question question = question_from(judgement, 0);
    const struct verdict last = judgement->would_be;
    /* Where nobody would be left the mail goes to all. */
    question.drops_recipients =
        any_is_dropped(judgement->message) && count_left(judgement->message, false) > 0;
    question.cannot_hold = judgement->cannot_hold;
    question.cannot_drop = judgement->cannot_drop;
    decide(judgement, question);
    prefer_last_refusal(judgement, &last);
}

void judge_unfinished(struct judgement *judgement)
{
    const struct verdict_question question = question_from(judgement, 0);
    const struct verdict last_refusal = judgement->verdict, last_would = judgement->would_be;
    decide(judgement, question);
    judgement->verdict = last_refusal;
    if (count_left(judgement->message, false) > 0)
        judgement->verdict = (struct verdict){.action = ACTION_ACCEPT};
    prefer_last_refusal(judgement, &last_would);
}
