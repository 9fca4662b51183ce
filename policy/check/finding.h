/*
 * What a check says: a finding. And what may be done about it: an action.
 *
 * A check appends findings and neither logs nor answers; verdict.h turns all findings into one answer.
 */
#ifndef CLOSEDRELAY_CHECK_FINDING_H
#define CLOSEDRELAY_CHECK_FINDING_H

#include "words/reply_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_mode { MODE_ENFORCE, MODE_MONITOR, MODE_OFF };

/* In ascending order of severity: the verdict takes the strictest. */
enum action { ACTION_ACCEPT, ACTION_HOLD, ACTION_DEFER, ACTION_REJECT };

enum finding_outcome { FINDING_PASS, FINDING_FAIL, FINDING_UNKNOWN };

/* An SMTP reply (RFC 5321, 4.2) with its enhanced code (RFC 3463). `code` 0: the action's own default. The
 * text may hold any bytes here; verdict.h cleans it, and says it in the words that the configuration wants.
 */
struct reply {
    unsigned code;
    const char *enhanced;
    const char *text; /* in English; NULL: a general one */
};

struct finding {
    const char *check; /* name of the check */
    enum finding_outcome outcome;
    const char *reason;              /* stable token for records and tests: "not_local_domain" */
    const char *detail;              /* the evidence, for the record; or NULL */
    enum check_mode mode;            /* of the check, for this message */
    enum action action;              /* what the configuration wants done about it, were it enforced */
    struct reply reply;              /* what to tell the sender, were it refused */
    const struct reply_words *words; /* what the reply's text was made of (check_say); or NULL */
    bool has_own_text; /* the text is the administrator's own for this very case, and is said as it is */
    /* Of a check that counts or measures: both as numbers, for whoever judges again or sums up. */
    bool has_numbers;
    uint64_t limit, seen;
    /* The key of the check's section whose value decided, "limit"; or NULL. From it the judge finds where
     * in the configuration that value stands; a check that knows better (an entry of a list) sets the place
     * itself. No file: a default. */
    const char *key;
    const char *rule_file;
    unsigned rule_line;
    /* At STAGE_RECIPIENT, with action ACCEPT: the recipient is taken now and left out at the message's end
     * (RECIPIENT_DROPPED). Counts in MODE_ENFORCE only. */
    bool drops_recipient;
    /* The value of a header field X-Closedrelay-CHECK that is added to the message if it goes on; any bytes,
     * the engine cleans them; or NULL. Counts in MODE_ENFORCE only. */
    const char *tag;
    bool answered;          /* set by the session: the MTA has had its answer to this one, at RCPT */
    bool would_be_answered; /* or would have had it there, were everything in monitor mode enforced */
};

/* What the checks say of one message. Grows under its talloc owner. After a failed append `failed` stays set:
 * the verdict then defers. */
struct finding_list {
    void *owner;
    struct finding *items;
    size_t count;
    bool failed; /* memory ran out: findings are missing */
    /* What the check attachments calls each of message_facts.attachments ("pass", "blocked", …), in their
     * order, under `owner`; NULL: it did not judge them. */
    const char *const *attachment_outcomes;
};

void finding_list_init(struct finding_list *list, void *owner);
void finding_add(struct finding_list *list, const struct finding *finding);

static inline void finding_set_numbers(struct finding *finding, uint64_t limit, uint64_t seen)
{
    finding->has_numbers = true;
    finding->limit = limit;
    finding->seen = seen;
}

/* "enforce", "monitor", "off"; "accept", "hold", "defer", "reject"; "pass", "fail", "unknown". */
const char *check_mode_name(enum check_mode mode);
const char *action_name(enum action action);
const char *finding_outcome_name(enum finding_outcome outcome);

#endif
