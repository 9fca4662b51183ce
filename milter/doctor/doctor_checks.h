/*
 * The questions that `doctor` asks: each looks at settings, or at the machine, and adds what it finds to the
 * report. Nothing is changed. doctor_table.c is the list of them.
 */
#ifndef CLOSEDRELAY_MILTER_DOCTOR_CHECKS_H
#define CLOSEDRELAY_MILTER_DOCTOR_CHECKS_H

#include "doctor_report.h"
#include "policy_query.h"
#include "postfix_settings.h"
#include "sendmail_cf.h"

struct doctor {
    const char *config_path; /* NULL: no file, the founding policy */
    const struct policy_snapshot *snapshot;
    struct policy_mta_requirements needs;
    struct policy_relay_requirements relay;
    const struct postfix_settings *postfix; /* NULL: there is none */
    const char *postfix_directory;          /* of its main.cf; NULL: it runs elsewhere */
    const struct sendmail_cf *sendmail;     /* NULL: there is none */
    struct doctor_report *report;
};

/* Asks everything whose answer is at hand. */
void doctor_examine(const struct doctor *doctor);

/* ---- Postfix; `service` NULL: what main.cf says, else what master.cf says otherwise for a service -------
 */

/* Is closedrelay asked, by every service that takes mail in, and what happens when it is not there? */
void postfix_check_milters(const struct doctor *doctor);
/* Filters that keep the content from a milter, or bring a message back to it. */
void postfix_check_filters(const struct doctor *doctor, const struct postfix_service *service);
/* Does Postfix itself keep the relay closed? */
void postfix_check_relay(const struct doctor *doctor);
void postfix_check_xclient(const struct doctor *doctor, const struct postfix_service *service);
/* Can those whom the policy lets in by a client certificate, or by a recent login, get past Postfix's own
 * lists? */
void postfix_check_identities(const struct doctor *doctor);
/* Are there logins, and does the policy understand their names? */
void postfix_check_logins(const struct doctor *doctor);
void postfix_check_service_logins(const struct doctor *doctor, const struct postfix_service *service);
/* May Postfix's user get to the unix socket? */
void postfix_check_socket(const struct doctor *doctor);
/* Is it kept from the control socket? */
void postfix_check_rights(const struct doctor *doctor);
/* Do its limits leave room for ours? */
void postfix_check_limits(const struct doctor *doctor, const struct postfix_service *service);
void postfix_check_client_limits(const struct doctor *doctor, const struct postfix_service *service);
/* Are the domains that it takes mail for ours too, and the other way round? */
void postfix_check_domains(const struct doctor *doctor);
/* Does closedrelay answer each service that names it, seen from where that service runs? */
void postfix_check_reach(const struct doctor *doctor);

/* ---- the rest --------------------------------------------------------------------------------------------
 */

/* All of that for Sendmail. */
void sendmail_check(const struct doctor *doctor);
/* Does the running daemon go by this policy, and is it well? */
void daemon_check(const struct doctor *doctor);
/* Is there a name server that answers for block lists, and not a public one? */
void resolver_check(const struct doctor *doctor);
/* Which scripts of web sites cannot be told apart. */
void scripts_check(const struct doctor *doctor);
/* Which hosting product set this machine up, and where closedrelay belongs in it. */
void panel_check(const struct doctor *doctor);
bool panel_is_here(void);
/* Can the MTA, running as `user` (NULL: root), connect to the unix socket at `path`? */
void socket_check(const struct doctor *doctor, const char *path, const char *user);

#endif
