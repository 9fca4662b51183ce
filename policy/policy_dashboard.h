/*
 * The dashboard: what the running daemon does, as pages. Read only.
 *
 * One for a process. A thread of low priority follows the record as it is written, so that pages are made
 * from memory (dashboard/live_mail.h) whatever the length of the record; pages that read the record say so
 * (`is_slow`). Nothing here is waited for by a session. Any thread, but for start and stop.
 */
#ifndef CLOSEDRELAY_POLICY_DASHBOARD_H
#define CLOSEDRELAY_POLICY_DASHBOARD_H

#include "answer/answer.h"
#include "policy.h"
#include "policy_history.h"

struct policy_dashboard;

/* NULL: no memory or no thread. The engine must outlive it. */
struct policy_dashboard *policy_dashboard_start(struct policy_engine *engine);
/* Whatever reads the record for a page ends soon, unfinished. NULL is allowed. */
void policy_dashboard_interrupt(struct policy_dashboard *dashboard);
/* NULL is allowed. */
void policy_dashboard_stop(struct policy_dashboard *dashboard);

/* A request for a page. */
struct policy_page_question {
    const char *path; /* "/", "/refusals", "/search", "/lists", "/lookup", "/limits", "/suspects", "/report",
                         "/status" */
    /* The value of an argument of the query; NULL: there is none. */
    const char *(*argument)(const void *context, const char *name);
    const void *context;
    enum policy_viewer viewer; /* POLICY_VIEWER_HELP_DESK: refusals only, masked */
    const char *who;           /* who looks, for the record */
    uint64_t session_count;    /* connections of the MTA that are open */
};

/* Appends the page, or with the argument `part` only what changes on it. Returns an HTTP status: 200, 404. */
unsigned policy_dashboard_page(struct policy_dashboard *dashboard,
                               const struct policy_page_question *question, struct strbuf *out);

/* The files of the page: what is named in it. */
extern const char policy_dashboard_style[], policy_dashboard_script[], policy_dashboard_icon[];

/* What the pictures are made of: per minute, user and cause. */
void policy_dashboard_recent(struct policy_dashboard *dashboard, struct answer *answer);

/* The record that is being written, to be read for `dashboard` until it is interrupted; `names` is to be
 * freed with free() once the source is no longer used. False: there is none, or no memory. */
bool policy_dashboard_source(struct policy_dashboard *dashboard, struct policy_history_source *source,
                             char **names);

#endif
