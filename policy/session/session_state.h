/*
 * What the engine keeps of a connection and its current message. Shared by session*.c and message*.c only:
 * session.c has the connection and the stages, session_recipient.c and session_ending.c the two that decide,
 * message.c the facts.
 *
 * A message stays in place after its last answer, until the next call, so that the reply and the recipients
 * to drop are valid while the caller uses them.
 */
#ifndef CLOSEDRELAY_SESSION_SESSION_STATE_H
#define CLOSEDRELAY_SESSION_SESSION_STATE_H

#include "check/check.h"
#include "scan/content/content_scan.h"
#include "engine/engine.h"
#include "policy_session.h"

/* Of one message; MTAs stop well before. */
enum { MESSAGE_RECIPIENTS_MAX = 10000 };

struct message {
    struct message_facts facts;
    struct finding_list findings;
    const void *settings[CHECK_COUNT_MAX]; /* of each check, for this message */
    struct verdict verdict;                /* the last one given */
    struct verdict would;                  /* the last one that everything enforced would have given */
    struct verdict unrecorded_answer;      /* told in place of `verdict` where no record could be kept */
    struct content_scan *scan;             /* NULL: the content is not looked into */
    uint64_t started_us;
    size_t header_bytes_kept;
    bool body_is_over;       /* nothing in the rest of the body can change the verdict */
    bool is_published;       /* its outcome is: the message is over */
    bool would_have_refused; /* some recipient, were everything enforced; its verdict is `would` */
    bool out_of_memory;      /* a fact could not be kept */
    bool is_settled; /* who it is from is known for good: for local mail at the end of the headers only */
};

struct policy_session {
    struct policy_engine *engine;
    struct policy_snapshot *snapshot;
    struct session_facts facts;
    void *check_state[CHECK_COUNT_MAX];
    struct message *message;       /* NULL before the first MAIL */
    bool cannot_hold, cannot_drop; /* what the MTA does not let a filter do */
};

/* ---- answers (session.c) ---------------------------------------------------------------------------- */

/* Points at `verdict` where it is a refusal. */
struct policy_answer session_answer_of(const struct verdict *verdict);
/* What cannot be judged for want of memory; logged. */
struct policy_answer session_refuse_for_memory(void);
/* Whether nobody hears a refusal before the end of the message: mail handed in on the machine itself. */
bool message_answers_wait(const struct message *message);
/* Local mail is judged once its headers have told whom it is from: sender and recipients then, as if they
 * came now. */
void session_settle_local(struct policy_session *session);

/* ---- facts, checks, outcome (message.c, message_tags.c) ------------------------------------------------ */

/* A text for the facts: copied under `owner`; NULL becomes "", and so does a failure, which sets *failed. */
const char *facts_text(void *owner, const char *text, bool *failed);

/* A new message of the session with its role, user and settings; NULL: out of memory. */
struct message *message_begin(struct policy_session *session, const struct policy_mail *mail);

/* The settings of `check`, which must be in check_table, for this message. */
const void *message_settings(const struct message *message, const struct check *check);

/* Reads from the headers who handed a local message in, and chooses its settings anew. */
void message_identify_local(struct policy_session *session);

/* Asks all checks of `stage`; findings are appended to the message's. */
void message_run_checks(struct policy_session *session, enum check_stage stage,
                        const struct recipient *recipient);

/* Adds a recipient to the facts; NULL: out of memory. */
struct recipient *message_add_recipient(struct message *message, const struct recipient *recipient);

/* Keeps the header field where a check wants it. */
void message_keep_header(struct message *message, struct slice name, struct slice value);

/* The header fields that findings ask for. They are the message's; its memory running out makes a failed
 * finding. */
void message_list_tags(struct message *message, struct outcome_edits *edits);

/* What a verdict on the findings from index `from` on is decided from. */
struct verdict_question message_question(const struct policy_session *session, size_t from);

/* Publishes the outcome with message->verdict, which `question` led to. `edits` may be NULL; `aborted` as in
 * struct outcome. Returns what to tell the MTA: valid as long as the message. */
const struct verdict *message_publish(struct policy_session *session, const struct verdict_question *question,
                                      const struct outcome_edits *edits, const char *aborted);

#endif
