/*
 * What is kept of a connection and its current message. Shared by the files of this room only: session.c has
 * the connection and the stages, judging.c what is judged at each, gather.c what the checks ask for and are
 * told, message.c and message_tags.c the facts and the outcome.
 *
 * A message stays in place after its last answer, until the next call, so that the reply and the recipients
 * to drop are valid while the caller uses them.
 */
#ifndef CLOSEDRELAY_SESSION_SESSION_STATE_H
#define CLOSEDRELAY_SESSION_SESSION_STATE_H

#include "engine/engine.h"
#include "judge/judge.h"
#include "policy_session.h"
#include "scan/content/content_scan.h"
#include "scan/report/report_reader.h"

/* Of one message; MTAs stop well before. */
enum { MESSAGE_RECIPIENTS_MAX = 10000 };

struct message {
    struct message_facts facts;
    struct judgement judgement;
    struct verdict unrecorded_answer; /* told in place of the verdict where no record could be kept */
    struct report_reader *report;     /* NULL: it is no report */
    struct content_scan *scan;        /* NULL: the content is not looked into */
    uint64_t started_us;
    size_t recipient_capacity;
    size_t header_bytes_kept;
    bool is_identified; /* its role, its user and their settings are known, as far as they can be */
    bool is_sender_judged;
    bool headers_are_over;
    bool content_is_over;        /* its scan has ended */
    size_t judging;              /* of mail of this machine: the recipient whose turn it is */
    size_t gathering;            /* the check whose turn it is to gather; 0 again once a stage was judged */
    size_t settling;             /* the check whose turn it is to settle */
    unsigned resumes_at;         /* enum check_stage, of one that waits */
    bool is_accepted;            /* once it is over */
    bool is_settled;             /* by all checks: nothing more is done about it */
    struct policy_ending ending; /* of a message whose end waits for a check to settle */
    bool body_is_over;           /* nothing in the rest of the body can change the verdict */
    bool is_over;                /* its outcome was published, or it left none: the message is over */
};

struct policy_session {
    struct policy_engine *engine;
    struct policy_snapshot *snapshot;
    unsigned apply_now_count; /* the engine's, when the snapshot was taken */
    struct session_facts facts;
    void *check_slots[CHECK_COUNT_MAX];
    struct message *message;       /* NULL before the first MAIL */
    bool cannot_hold, cannot_drop; /* what the MTA does not let a filter do */
    bool can_wait;                 /* the caller puts a session aside that waits */
    char texts[];                  /* of the facts, but for the name in HELO */
};

/* ---- what checks ask for, and are told (gather.c) ----------------------------------------------------- */

/* Slow work starts at connect, before it is known whose settings will count. */
void session_begin_checks(struct policy_session *session);
/* What came of it is no longer wanted. */
void session_forget_checks(struct policy_session *session);
/* Has the checks of `stage` gather what they need to decide. Waits for it where `awaited` is NULL; otherwise
 * false tells what to call it again for, which goes on where it was. Once in a stage, until
 * message->gathering is 0 again. */
bool session_gather(struct policy_session *session, enum check_stage stage, const struct recipient *recipient,
                    struct pending_awaited *awaited);
/* Whether the user knows the recipient, where a check needs it. */
void session_look_up_contact(struct policy_session *session, size_t index);
/* Has all checks that were asked settle what they reserved, as message->is_accepted says. Waits for it where
 * `awaited` is NULL; otherwise false tells what to call it again for. */
bool session_settle(struct policy_session *session, struct pending_awaited *awaited);
/* The scan that the checks need, if they do; it begins with the first header field. */
void session_start_scan(struct policy_session *session);

/* ---- judging (judging.c) ------------------------------------------------------------------------------- */

/*
 * Each returns false where something is waited for: `awaited` tells what, and it is to be called again. Where
 * `awaited` is NULL they wait for what checks gather; a table they wait for then only if they have to, and
 * not after judge_wait_no_more().
 */
bool session_judge_sender(struct policy_session *session, struct pending_awaited *awaited);
bool session_judge_recipient(struct policy_session *session, size_t index, struct pending_awaited *awaited);
/* The headers of mail of this machine have told whom it is from. */
bool session_settle_local(struct policy_session *session, struct pending_awaited *awaited);
/* Of such mail the sender and all recipients, where an answer may come later: at its end. */
bool session_judge_local(struct policy_session *session, struct pending_awaited *awaited);
/* All that is left at the end of the message. */
bool session_judge_rest(struct policy_session *session, struct pending_awaited *awaited);

/* ---- facts and outcome (message.c, message_tags.c) ---------------------------------------------------- */

/* A text for the facts: copied under `owner`; NULL becomes "", and so does a failure, which sets *failed. */
const char *facts_text(void *owner, const char *text, bool *failed);

/* A new message of the session, which judge_begin() comes next for; NULL: out of memory. */
struct message *message_begin(struct policy_session *session, const struct policy_mail *mail);

/* Adds a recipient to the facts; false: out of memory. */
bool message_add_recipient(struct message *message, const struct recipient *recipient);

/* Keeps the header field where a check wants it. */
void message_keep_header(struct message *message, struct slice name, struct slice value);

/* The header fields that findings ask for. They are the message's; its memory running out makes a failed
 * finding. */
void message_list_tags(struct message *message, struct outcome_edits *edits);

/* Publishes the outcome with the judgement's verdict, which session_settle() follows; `aborted` as in struct
 * outcome. Returns what to tell the MTA: valid as long as the message. */
const struct verdict *message_publish(struct policy_session *session, const struct outcome_edits *edits,
                                      const char *aborted);

#endif
