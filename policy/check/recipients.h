/*
 * The check `recipients`: how many distinct addresses one message may go to, and what becomes of the surplus.
 */
#ifndef CLOSEDRELAY_CHECK_RECIPIENTS_H
#define CLOSEDRELAY_CHECK_RECIPIENTS_H

#include "check/check.h"

enum recipients_excess {
    RECIPIENTS_REFUSE, /* surplus 550 at RCPT, and the whole message at its end */
    RECIPIENTS_DEFER,  /* surplus 452 at RCPT, for MTAs: they send the rest in another message */
    RECIPIENTS_REJECT, /* surplus 550 at RCPT, the message goes to the others */
    RECIPIENTS_DROP,   /* surplus accepted, then left out (finding.drops_recipient) */
};

/* RFC 5321, 4.5.3.1.8: a server for the public takes at least so many. */
enum { RECIPIENTS_OUTSIDE_LEAST = 100 };

struct recipients_settings {
    struct check_settings common;
    uint64_t limit;
    enum recipients_excess excess;
    const struct network_set *programs; /* trusted clients that do not send the rest by themselves */
};

extern const struct check recipients_check;

#endif
