/*
 * What to ask of the MTA: which events it sends, which of them want no reply, which changes we may make.
 *
 * A pure decision, so that every combination of offers can be tested. Aims: only MAIL, RCPT and the end of
 * the message cost a round trip, and an MTA that offers less is served with what it has.
 */
#ifndef CLOSEDRELAY_MILTER_CALLBACKS_NEGOTIATE_H
#define CLOSEDRELAY_MILTER_CALLBACKS_NEGOTIATE_H

#include <stdbool.h>

/* Bits of libmilter's SMFIF_ (actions) and SMFIP_ (steps). */
struct negotiation {
    unsigned long actions;
    unsigned long steps;
};

/*
 * `offered` is what libmilter passes to xxfi_negotiate. `answers_connect`: a reply to the connection is
 * wanted (it will be refused for lack of room), so the step may not be one without reply. `answers_body`:
 * every piece of a body is answered, and always in the same way.
 */
struct negotiation negotiation_decide(struct negotiation offered, bool answers_connect, bool answers_body);

#endif
