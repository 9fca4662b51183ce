/*
 * What a message tells about another one: a delivery report (RFC 3464) of those it did not reach, or a
 * complaint (RFC 5965). Facts as its parts say them; anybody can write such a message.
 */
#ifndef CLOSEDRELAY_FACTS_REPORT_H
#define CLOSEDRELAY_FACTS_REPORT_H

#include <stddef.h>

enum { REPORT_RECIPIENTS_MAX = 100 };

struct report_facts {
    const char *message_id; /* of the other message, as it stands in its header; "" where it is not told */
    /* Of a delivery report: the recipients that it did not reach for good (Action: failed); of a complaint:
     * who got the message. As they were written to, where that is told. */
    const char *recipients[REPORT_RECIPIENTS_MAX];
    size_t recipient_count;
    const char *feedback_type; /* a complaint's: "abuse", …; NULL: it is none */
};

#endif
