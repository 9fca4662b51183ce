/* The logins that went up the ladder of the check account within a report's period: private to the report. */
#ifndef CLOSEDRELAY_HISTORY_REPORT_SUSPECTS_H
#define CLOSEDRELAY_HISTORY_REPORT_SUSPECTS_H

#include "history/account_event.h"

enum { REPORT_SUSPECTS_MAX = 2000 };

struct report_suspect {
    struct account_event highest; /* its highest step, and of those the one with the most points */
    struct account_event last;    /* the last that was done: locked, unlocked, forgiven; kind NULL: nothing */
    unsigned step_count;          /* events `warn` and `lock` */
};

struct report_suspects {
    struct report_suspect *items; /* the highest first, once they are settled */
    size_t count;
    uint64_t hidden_count; /* events of logins for which there was no room */
};

/* Takes a `warn`, `lock` or `unlock` into account; anything else is none. False: out of memory. */
bool report_suspects_take(void *owner, struct report_suspects *suspects, struct record *record,
                          int64_t time_us);

/* There are no more: puts them in order, and leaves out who was only let off. */
void report_suspects_settle(struct report_suspects *suspects);

/* "locked by account", "forgiven by root (uid 0)"; or "". */
void report_suspect_done(const struct report_suspect *suspect, struct strbuf *out);

#endif
