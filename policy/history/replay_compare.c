#include "history/replay_compare.h"

#include "check/attachments/attachments.h"
#include "check/dnsbl/dnsbl.h"
#include "outcome/outcome.h"
#include "record/audit_line.h"

#include <talloc.h>

/* "~….…", "@example.com": what audit.privacy makes of a name. */
static bool is_treated(const char *name)
{
    return name[0] == '~' || name[0] == '@';
}

static bool has_private_names(struct replay_facts *facts)
{
    const struct message_facts *message = &facts->message;
    const char *client = replay_facts_text(facts, RECORD_CLIENT_ADDRESS);
    const char *user = replay_facts_text(facts, RECORD_USER);
    const bool has_no_user = user[0] == '\0' && record_is(facts->record, RECORD_ROLE, "submission");
    if (is_treated(client) || is_treated(user) || is_treated(message->login) || has_no_user ||
        is_treated(replay_facts_text(facts, RECORD_SENDER)))
        return true;
    for (size_t i = 0; i < message->recipient_count; i++)
        if (is_treated(message->recipients[i].verbatim))
            return true;
    return false;
}

static unsigned gaps_of(struct replay_facts *facts, const struct judgement *judgement, bool has_rest)
{
    unsigned gaps = has_rest ? 0 : REPLAY_GAP_REST;
    gaps |= has_private_names(facts) ? REPLAY_GAP_PRIVATE : 0;
    for (size_t i = 0; i < judgement->findings.count; i++) {
        const struct finding *finding = &judgement->findings.items[i];
        if (strcmp(finding->check, dnsbl_check.name) == 0 && strcmp(finding->reason, "not_asked") == 0)
            gaps |= REPLAY_GAP_LIST;
        if (finding->outcome == FINDING_UNKNOWN && strcmp(finding->reason, "not_scanned") == 0 &&
            !record_has(facts->record, RECORD_PARTS) && !record_has(facts->record, RECORD_ABORT_REASON))
            gaps |= REPLAY_GAP_CONTENT;
    }
    if (judge_needs(judgement, CHECK_NEEDS_CONTACTS))
        gaps |= REPLAY_GAP_CONTACTS;
    return gaps;
}

static void compare_recipients(struct replay_facts *facts, const struct outcome *outcome,
                               struct replay_result *result)
{
    struct replay_recipient *recipients =
        talloc_array(facts->owner, struct replay_recipient, (unsigned)facts->message.recipient_count + 1);
    struct json_cursor cursor = record_begin(facts->record, RECORD_RECIPIENTS);
    facts->failed = facts->failed || recipients == NULL;
    for (size_t i = 0; recipients != NULL && i < facts->message.recipient_count &&
                       record_next(facts->record, RECORD_RECIPIENTS, &cursor);
         i++) {
        const struct recipient *recipient = &facts->message.recipients[i];
        recipients[i] = (struct replay_recipient){recipient->address.text,
                                                  replay_facts_text(facts, RECORD_RECIPIENT_ACTION),
                                                  audit_recipient_action(outcome, recipient)};
        result->changed_recipient_count += strcmp(recipients[i].was, recipients[i].is) != 0;
        result->recipient_count++;
    }
    result->recipients = recipients;
}

static unsigned severity_of(const char *verdict)
{
    static const char *const verdicts[] = {"accept", "hold", "defer", "reject"};
    for (unsigned i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        if (strcmp(verdict, verdicts[i]) == 0)
            return i;
    return 0;
}

/* What decided then: the first finding that asked for `action`; NULL: for any but acceptance. */
static void find_old_cause(struct replay_facts *facts, const char *action, struct replay_result *result)
{
    struct record *record = facts->record;
    struct json_cursor cursor = record_begin(record, RECORD_FINDINGS);
    while (record_next(record, RECORD_FINDINGS, &cursor)) {
        const bool asks = action == NULL ? !record_is(record, RECORD_FINDING_ACTION, "accept")
                                         : record_is(record, RECORD_FINDING_ACTION, action);
        if (record_is(record, RECORD_FINDING_OUTCOME, "pass") || !asks ||
            record_is(record, RECORD_FINDING_MODE, "monitor"))
            continue;
        result->check = replay_facts_text(facts, RECORD_FINDING_CHECK);
        result->reason = replay_facts_text(facts, RECORD_FINDING_REASON);
        result->detail = replay_facts_text(facts, RECORD_FINDING_DETAIL);
        return;
    }
}

static void find_new_cause(const struct judgement *judgement, struct replay_result *result)
{
    for (size_t i = 0; i < judgement->findings.count; i++) {
        const struct finding *finding = &judgement->findings.items[i];
        if (finding->outcome == FINDING_PASS || finding->mode != MODE_ENFORCE ||
            (finding->action == ACTION_ACCEPT && !finding->drops_recipient))
            continue;
        result->check = finding->check;
        result->reason = finding->reason;
        result->detail = finding->detail == NULL ? "" : finding->detail;
        result->rule_file = finding->rule_file;
        result->rule_line = finding->rule_line;
        if (finding->action == judgement->verdict.action)
            return;
    }
}

/* Oddly written names may be read in more ways than a record lists that has not what they may spell, and one
 * of a former version has not the kind of a script. */
static bool has_odd_names(const struct replay_facts *facts)
{
    const struct attachment_list *list = facts->message.attachments;
    const unsigned odd = ATTACHMENT_ALTERNATIVES | ATTACHMENT_AMBIGUOUS;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct attachment *attachment = &list->items[i];
        const bool is_script =
            attachment->executable != NULL && strcmp(attachment->executable, ATTACHMENT_SCRIPT) == 0;
        if (((attachment->conditions & odd) != 0 && attachment->superset == NULL) ||
            (is_script && attachment->script_extension == NULL))
            return true;
    }
    return false;
}

void replay_compare(struct replay_facts *facts, const struct judgement *judgement, const char *aborted,
                    bool has_rest, struct replay_result *result)
{
    const struct outcome outcome = {
        .session = &facts->session,
        .message = &facts->message,
        .findings = &judgement->findings,
        .verdict = &judgement->verdict,
        .would = judgement->would,
        .aborted = aborted,
    };
    *result = (struct replay_result){.check = "", .reason = "", .detail = ""};
    result->was = replay_facts_text(facts, RECORD_VERDICT);
    result->is = outcome_verdict_name(&outcome);
    result->user = replay_facts_text(facts, RECORD_USER);
    result->id = replay_facts_text(facts, RECORD_ID);
    result->gaps = gaps_of(facts, judgement, has_rest);
    compare_recipients(facts, &outcome, result);
    if (severity_of(result->is) >= severity_of(result->was))
        find_new_cause(judgement, result);
    else
        find_old_cause(facts, result->was, result);
    if (strcmp(result->check, attachments_check.name) == 0 && has_odd_names(facts) &&
        severity_of(result->is) != severity_of(result->was))
        result->gaps |= REPLAY_GAP_NAMES;
    /* The message stays as it was, some recipient is no longer refused. */
    if (result->check[0] == '\0' && result->changed_recipient_count > 0)
        find_old_cause(facts, NULL, result);
}
