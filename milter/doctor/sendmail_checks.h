/*
 * The parts of sendmail_check: each looks at a sendmail.cf, and at the files that it names, and adds what it
 * finds.
 */
#ifndef CLOSEDRELAY_MILTER_SENDMAIL_CHECKS_H
#define CLOSEDRELAY_MILTER_SENDMAIL_CHECKS_H

#include "doctor_checks.h"

/* A finding whose lines belong in sendmail.mc. */
struct doctor_finding *sendmail_add(const struct doctor *doctor, enum doctor_level level, const char *id,
                                    const char *why);

/* Does Sendmail let relay what the policy does not, or refuse what the policy lets: features, the access map,
 * its lists of domains? */
void sendmail_check_relay(const struct doctor *doctor);

/* Do logins, client certificates and the names of daemons reach the policy? */
void sendmail_check_identities(const struct doctor *doctor);

#endif
