/*
 * What the record tells of a login on the ladder of the check account: its steps, locks, and who lifted them,
 * with the evidence. Texts are plain words, still a stranger's.
 */
#ifndef CLOSEDRELAY_HISTORY_ACCOUNT_EVENT_H
#define CLOSEDRELAY_HISTORY_ACCOUNT_EVENT_H

#include "facts/gathered.h"
#include "record/record_reader.h"

struct account_event {
    int64_t time_us;
    const char *id;
    const char *user;
    const char *kind;       /* "warn", "lock", "unlock", "forgive"; "message": the step as a message met it */
    const char *step;       /* "note", "warn", "slow", "hold", "lock"; "" where it is lifted */
    const char *by;         /* who did it; "account": the check; "" */
    uint64_t points, limit; /* of its time; of the step. 0: an admin did it */
    int64_t until_us;       /* 0: not told */
    struct account_reason *reasons;
    size_t reason_count;
};

/* A `warn`, `lock` or `unlock` about a login, under `owner`. False: it is something else, or memory ran out
 * (`failed`). */
bool account_event_read(void *owner, struct record *record, int64_t time_us, struct account_event *event,
                        bool *failed);

/* The step that a message of a login met: of the finding of the check account with the highest. */
bool account_event_of_message(void *owner, struct record *record, int64_t time_us,
                              struct account_event *event, bool *failed);

/* "recipients, networks": the families of its reasons, appended. */
void account_event_families(const struct account_event *event, struct strbuf *out);

#endif
