/*
 * The questions that `doctor` asks: each looks at settings and adds what it finds to the report. Nothing is
 * changed.
 */
#ifndef CLOSEDRELAY_MILTER_DOCTOR_CHECKS_H
#define CLOSEDRELAY_MILTER_DOCTOR_CHECKS_H

#include "doctor_report.h"
#include "policy_query.h"
#include "postfix_settings.h"
#include "sendmail_cf.h"

struct doctor_case {
    const struct policy_snapshot *snapshot;
    struct policy_mta_needs needs;
    struct doctor_report *report;
};

/* Is closedrelay asked, by every service that takes mail in, and what happens when it is not there? */
void postfix_check_milters(const struct doctor_case *with, const struct postfix_settings *settings);
/* Does Postfix itself keep the relay closed, and whom does it believe? */
void postfix_check_relay(const struct doctor_case *with, const struct postfix_settings *settings);
/* Do its limits leave room for ours? */
void postfix_check_limits(const struct doctor_case *with, const struct postfix_settings *settings);

/* All of that for Sendmail. */
void sendmail_check(const struct doctor_case *with, const struct sendmail_cf *cf);

/* Can the MTA, running as `user` (NULL: root), connect to the unix socket at `path`? */
void socket_check(const struct doctor_case *with, const char *path, const char *user);

/* Are block lists asked through a public resolver, which the large ones do not answer? */
void resolver_check(const struct doctor_case *with);

#endif
