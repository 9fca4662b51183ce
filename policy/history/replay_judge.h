/*
 * A recorded message judged once more, by the very functions that judge live mail (judge/judge.h).
 *
 * Facts come from its record. What had to be asked for comes from there too: the lists' answers, a recent
 * login, a block that was in force; limits are counted anew, in the records' own time. What the record cannot
 * know is told in replay_gap bits and never guessed: where it begins, the message counts as not decided.
 */
#ifndef CLOSEDRELAY_HISTORY_REPLAY_JUDGE_H
#define CLOSEDRELAY_HISTORY_REPLAY_JUDGE_H

#include "engine/engine.h"
#include "record/record_reader.h"

enum replay_gap {
    REPLAY_GAP_LIST = 1 << 0,     /* a list is asked for that was not asked then */
    REPLAY_GAP_CONTENT = 1 << 1,  /* the content counts, and was not looked into then */
    REPLAY_GAP_REST = 1 << 2,     /* it was refused early then, and would go on now: the rest never came */
    REPLAY_GAP_CONTACTS = 1 << 3, /* limits on new recipients: whom a login knew then is not recorded */
    REPLAY_GAP_NAMES = 1 << 4,    /* a file was stopped by a reading of its name that is not recorded */
    REPLAY_GAP_PRIVATE = 1 << 5,  /* names are hashed, cut or left out: nobody knows whose settings apply */
    REPLAY_GAP_COUNT = 6
};

struct replay_judge;
struct replay_names;

/* `snapshot` and `names` (replay_names.h; may be NULL) must outlive it. NULL: out of memory. */
struct replay_judge *replay_judge_create(void *owner, const struct policy_snapshot *snapshot,
                                         const struct replay_names *names);

struct replay_recipient {
    const char *address;
    const char *was, *is; /* "accept", "reject", … */
};

/* Valid until the next message. */
struct replay_result {
    const char *was, *is; /* the verdicts: "accept", "hold", "defer", "reject", "aborted" */
    unsigned gaps;        /* replay_gap bits; any of them: `is` is as far as the record goes */
    const char *check,
        *reason;           /* what decides now where it is stricter, decided then where it is looser; or "" */
    const char *detail;    /* the evidence, or "" */
    const char *rule_file; /* the line of the new configuration that decides, or NULL */
    unsigned rule_line;
    size_t changed_recipient_count; /* whose action is another */
    const struct replay_recipient *recipients;
    size_t recipient_count;
    const char *user, *id;
};

/* False: memory ran out. `record` is a message; `time_us` its time. */
bool replay_judge_message(struct replay_judge *judge, struct record *record, int64_t time_us,
                          struct replay_result *result);

#endif
