/*
 * Facts and settings in, findings and verdict out: no I/O, no clock, nothing shared.
 *
 * Live mail and mail from the record are judged by these very functions. Who calls fills the facts, puts what
 * has to be asked for into message_facts.gathered, and calls in this order:
 *
 *   judge_session                 once a connection: what the policy makes of the client's address
 *   judge_begin                   the role, the user, the customer, and with them the settings
 *   judge_mail                    the checks at MAIL; a verdict of defer or reject ends the message
 *   judge_prepare_recipient       for each recipient, where something is gathered for it
 *   judge_recipient               for each recipient, the checks at RCPT; its action is then in the facts
 *   judge_message                 the checks on the whole message
 *   judge_conclude                the verdict on everything, and what it would have been
 *
 * Mail handed in on the machine (`is_settled` is false after judge_begin) tells in its headers only whom it
 * is from: once they are known, judge_settle comes first, then judge_mail and judge_recipient for all
 * recipients. A message that ends early is concluded by judge_unfinished. Tables that the settings name are
 * asked as they are now (bounded, table/table.h), where `can_wait` without waiting for a server
 * (judge_waits); memory that runs out ends in a deferral.
 */
#ifndef CLOSEDRELAY_JUDGE_JUDGE_H
#define CLOSEDRELAY_JUDGE_JUDGE_H

#include "check/check.h"
#include "config/load.h"
#include "config/sets.h"
#include "judge/verdict.h"

struct relay_settings;
struct table_lookups; /* table/table_lookups.h */

/* What a configuration has for the judge; set once, when it is loaded. */
struct judge_policy {
    const struct config_document *document;
    size_t first_section;               /* of the checks, in the document's schema */
    size_t replies_section;             /* of `replies` */
    enum check_mode mode;               /* for everything; off: no check is asked */
    const struct text_map *customers;   /* user -> customer */
    const struct relay_settings *relay; /* the same for all roles */
    const struct text_set *local_domains;
    bool asks_servers; /* a table may take its time */
};

void judge_policy_init(struct judge_policy *policy, const struct config_document *document,
                       size_t first_section, size_t replies);

/* One message under judgement. The caller sets what stands before `findings`; the rest is the judge's. */
struct judgement {
    const struct judge_policy *policy;
    const struct session_facts *session;
    struct message_facts *message; /* role, user, customer and the recipients' actions are set here */
    void *owner;                   /* talloc context of all that is made */
    void **session_slots;          /* of the checks: CHECK_COUNT_MAX of them, NULL at first */
    bool cannot_hold, cannot_drop; /* what the MTA does not let a filter do */
    bool can_wait;                 /* who calls comes back for an answer (judge_waits) */

    struct finding_list findings;
    const void *settings[CHECK_COUNT_MAX]; /* of each check, for this message */
    const struct replies_settings *replies;
    void *slots[CHECK_COUNT_MAX];
    struct config_subject subject; /* whom they were chosen for */
    bool is_settled;               /* who it is from is known for good */
    bool out_of_memory;            /* a fact or a setting could not be kept: the verdict defers */
    unsigned asked_stages;         /* check_stage bits at which checks were asked */
    struct verdict verdict;        /* the last one given */
    struct verdict would_be;       /* the last one that everything enforced would have given, where another */
    const struct verdict *would;   /* after the end: `verdict` or `would_be` */
    bool would_have_refused;       /* some recipient, were everything enforced; by `would_be` */
    struct table_lookups *lookups; /* NULL: tables are waited for */
    size_t asking;                 /* the check whose turn it is at this stage */
    size_t stage_from;             /* the first finding of this stage */
};

/* Whether judge_begin, judge_settle, judge_mail, judge_prepare_recipient, judge_recipient or judge_message,
 * called last, has decided nothing yet because a table has not answered: it is to be called again with the
 * same once `awaited` is there or late. Never without `can_wait`. */
bool judge_waits(const struct judgement *judgement, struct pending_awaited *awaited);
/* The time to wait begins now: what came before was no wait. */
void judge_wait_anew(struct judgement *judgement);
/* From now on nothing is waited for: what a table has not answered is unknown. */
void judge_wait_no_more(struct judgement *judgement);

/* Sets session->client_is_trusted. */
void judge_session(const struct judge_policy *policy, struct session_facts *session);

/* False: memory ran out before the role was known. */
bool judge_begin(struct judgement *judgement);
/* The identity of a local message, from its headers, and its settings anew. */
void judge_settle(struct judgement *judgement);

/* Once all headers were seen: whose browser the message comes from, where a webmail says so
 * (message->origin_ip). */
void judge_origin(struct judgement *judgement);
void judge_mail(struct judgement *judgement);
/* What the policy and earlier recipients make of message->recipients[index]: whether it is a repeat, and
 * where it matters whether its domain is one's own. Before anything is gathered for it. */
void judge_prepare_recipient(struct judgement *judgement, size_t index);
/* Decides on message->recipients[index], which all before it precede; ignored ones stay ignored. */
void judge_recipient(struct judgement *judgement, size_t index);
void judge_message(struct judgement *judgement);
void judge_conclude(struct judgement *judgement);
/* For a message given up before its end: the verdict is that of the last recipient where all were refused. */
void judge_unfinished(struct judgement *judgement);

/* Whether nobody hears a refusal before the end of the message: mail handed in on the machine itself. */
bool judge_answers_wait(const struct judgement *judgement);

/* Whether some check that is on has one of these check_need bits, or, as long as it is not known whose
 * settings count, may have. */
bool judge_needs(const struct judgement *judgement, unsigned needs);
/* Whether a refusal is certain already: nothing in the rest of the body can change it. */
bool judge_is_certain(const struct judgement *judgement);

/* What check number `index` is asked with; its other hooks are called with the same. */
struct check_context judge_context(struct judgement *judgement, size_t index, enum check_stage stage,
                                   const struct recipient *recipient);
/* Whether that check is asked at `stage` of this message. */
bool judge_asks(const struct judgement *judgement, size_t index, enum check_stage stage);

/* The customer of `user`, else of its domain: TABLE_FOUND appends the name; TABLE_UNKNOWN: the table cannot
 * be asked. */
enum table_answer judge_find_customer(const struct judge_policy *policy, const char *user,
                                      struct strbuf *name);

#endif
