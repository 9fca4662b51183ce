/*
 * The ways to ask a server to pass mail on that open-relay testers have tried since the nineties.
 *
 * Each form is a sender and a recipient with placeholders: %v the victim's local part, %d its domain, %n the
 * server's name, %i its address as a literal, %l one of its own domains (the server's name where none is
 * given), %V and %D the first two in upper case, %% a percent sign.
 */
#ifndef CLOSEDRELAY_MILTER_RELAY_FORMS_H
#define CLOSEDRELAY_MILTER_RELAY_FORMS_H

#include "policy.h"

struct relay_form {
    const char *name;      /* what is tried, for the report */
    const char *sender;    /* between the angle brackets of MAIL FROM */
    const char *recipient; /* what stands behind RCPT TO:, brackets included */
};

/* Ended by a form without a name. */
extern const struct relay_form relay_forms[];

/* What the placeholders stand for. */
struct relay_names {
    const char *victim_local_part;
    const char *victim_domain;
    const char *server_name;
    const char *server_address;
    const char *local_domain;
};

/* Appends `pattern` with its placeholders filled in. */
void relay_form_expand(const char *pattern, const struct relay_names *names, struct strbuf *out);

#endif
