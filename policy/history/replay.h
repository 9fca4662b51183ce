/* What a replay found: the model that replay_text.c, replay_html.c and replay_json.c show. */
#ifndef CLOSEDRELAY_HISTORY_REPLAY_H
#define CLOSEDRELAY_HISTORY_REPLAY_H

#include "history/period.h"
#include "history/replay_judge.h"
#include "policy_history.h"

enum replay_verdict {
    REPLAY_ACCEPT,
    REPLAY_HOLD,
    REPLAY_DEFER,
    REPLAY_REJECT,
    REPLAY_ABORTED,
    REPLAY_VERDICT_COUNT
};

enum { REPLAY_REASONS_MAX = 256, REPLAY_EXAMPLES_MAX = 20 };

/* A message that would have ended otherwise. Texts belong to the replay. */
struct replay_example {
    int64_t time_us;
    const char *id, *user, *was, *is, *detail, *rule;
};

/* What changed because of one reason of one check: of the new policy where it is stricter, else of the old
 * one. */
struct replay_reason {
    const char *check, *reason;
    bool is_stricter;
    uint64_t messages;
    struct replay_example examples[REPLAY_EXAMPLES_MAX];
    size_t example_count;
};

struct replay {
    const char *config;
    const char *policy;        /* the hash of it, as records have it */
    int64_t first_us, last_us; /* of the messages */
    uint64_t messages;
    uint64_t changed;            /* ended otherwise, or for some recipient */
    uint64_t changed_recipients; /* of them */
    uint64_t users;              /* of those messages */
    bool has_more_users;         /* than could be told apart */
    uint64_t directions[REPLAY_VERDICT_COUNT]
                       [REPLAY_VERDICT_COUNT]; /* from what it was to what it would be */
    uint64_t same_policy;                      /* messages that this very policy judged then */
    uint64_t same_policy_changed;              /* of them: there should be none */
    uint64_t recipients_only;        /* the message went on as it did, but not for the same recipients */
    uint64_t undecided;              /* the record does not go as far as the new policy asks */
    uint64_t gaps[REPLAY_GAP_COUNT]; /* messages with each of them */
    uint64_t skipped;                /* lines from before version 1, which tell too little */
    struct replay_reason reasons[REPLAY_REASONS_MAX]; /* the most first */
    size_t reason_count;
};

/* "accept", …, as in the record */
const char *replay_verdict_name(enum replay_verdict verdict);
/* What a gap is, in words that follow "for N messages: ". */
const char *replay_gap_words(unsigned bit_number);

void replay_print_text(const struct replay *replay, const struct policy_history_page *page,
                       struct strbuf *out);
void replay_print_html(const struct replay *replay, struct strbuf *out);
void replay_print_json(const struct replay *replay, struct strbuf *out);

#endif
