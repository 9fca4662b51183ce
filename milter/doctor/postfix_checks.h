/*
 * The parts of the questions to Postfix that ask each other.
 */
#ifndef CLOSEDRELAY_MILTER_POSTFIX_CHECKS_H
#define CLOSEDRELAY_MILTER_POSTFIX_CHECKS_H

#include "doctor_checks.h"

/* What a service does with mail while closedrelay does not answer. */
enum postfix_lock {
    POSTFIX_NOT_ASKED, /* it never asks */
    POSTFIX_OPENS,     /* the mail passes */
    POSTFIX_STAYS_SHUT /* the mail waits, or is refused */
};

enum postfix_lock postfix_lock_of(const struct doctor_case *with, const struct postfix_settings *settings,
                                  const struct postfix_service *service);

/* Appends how Postfix writes the address that closedrelay listens at. */
void postfix_append_our_milter(const struct doctor_case *with, const struct postfix_settings *settings,
                               struct strbuf *out);

/* Can those whom the policy lets in by a client certificate, or by a recent login, get past Postfix's own
 * lists? */
void postfix_check_identities(const struct doctor_case *with, const struct postfix_settings *settings);

#endif
