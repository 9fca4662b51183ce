/*
 * What the questions to Postfix share.
 */
#ifndef CLOSEDRELAY_MILTER_POSTFIX_CHECKS_H
#define CLOSEDRELAY_MILTER_POSTFIX_CHECKS_H

#include "doctor_checks.h"

/* ---- findings --------------------------------------------------------------------------------------------
 */

/* A new finding about main.cf (`service` NULL), or about a service of master.cf. As doctor_report_add. */
struct doctor_finding *postfix_add(const struct doctor *doctor, enum doctor_level level, const char *id,
                                   const struct postfix_service *service, const char *why);

/* Appends the line to write there: "name = value" of main.cf, or "  -o name=value", where no blank may stand.
 */
void postfix_suggest(struct doctor_finding *finding, const struct postfix_service *service, const char *name,
                     const char *value);

/* The value of a setting where it is said: in main.cf (or Postfix's own default), or in master.cf for this
 * service. NULL: it is not said there. So every setting is looked at once. */
const char *postfix_said(const struct doctor *doctor, const struct postfix_service *service,
                         const char *name);

/* Whether the value, as it is for this service, is there and is a yes. */
bool postfix_says_yes(const struct doctor *doctor, const struct postfix_service *service, const char *name);

/* ---- our milter ------------------------------------------------------------------------------------------
 */

enum milter_match { MILTER_OTHER, MILTER_OURS, MILTER_OUTSIDE_CHROOT };

/* Looks for our milter in a list such as smtpd_milters (NULL: none); `*entry` is where it stands. Names of
 * hosts are not looked up: with the right port they are taken for ours. */
enum milter_match postfix_find_our_milter(const struct doctor *doctor, const struct postfix_service *service,
                                          const char *list, struct slice *entry);

/* Appends how Postfix writes the address that closedrelay listens at. */
void postfix_append_our_milter(const struct doctor *doctor, struct strbuf *out);

/* Whether the service (not NULL) runs in the queue directory. */
bool postfix_is_chrooted(const struct doctor *doctor, const struct postfix_service *service);

/* What a service does with mail while closedrelay does not answer. */
enum postfix_failure {
    POSTFIX_NOT_ASKED,  /* it never asks */
    POSTFIX_FAILS_OPEN, /* the mail passes */
    POSTFIX_FAILS_CLOSED
};

enum postfix_failure postfix_failure_of(const struct doctor *doctor, const struct postfix_service *service);

/* Whether receive_override_options of the service has no_milters. */
bool postfix_has_no_milters(const struct doctor *doctor, const struct postfix_service *service);

/* Whether mail of this machine's programs comes in here, over a service of relay.local_daemons. */
bool postfix_is_local_daemon(const struct doctor *doctor, const struct postfix_service *service);

/* Whether a content filter hands mail back here that has been seen: a service of this machine's own address,
 * where some other one has a filter. */
bool postfix_is_reentry(const struct doctor *doctor, const struct postfix_service *service);

#endif
