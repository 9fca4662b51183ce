/*
 * All findings, one verdict: a pure function.
 *
 * Only findings of enforced checks count. The strictest action wins (reject over defer over hold over
 * accept), among equals the first. The reply is that finding's own, its text made fit for SMTP, with the
 * incident id. Findings that could not be stored for lack of memory make the verdict a deferral.
 */
#ifndef CLOSEDRELAY_JUDGE_VERDICT_H
#define CLOSEDRELAY_JUDGE_VERDICT_H

#include "base/incident_id.h"
#include "judge/finding.h"

enum { VERDICT_TEXT_BYTES_MAX = 480, VERDICT_ENHANCED_BYTES = 10 };

struct verdict {
    enum action action;
    unsigned code;                         /* 250, 4xx or 5xx: agrees with the action */
    char enhanced[VERDICT_ENHANCED_BYTES]; /* its class agrees with `code` */
    /* ASCII without control bytes, ends in "(id …)"; empty for accept. Not yet doubled for '%'. */
    char text[VERDICT_TEXT_BYTES_MAX + 1];
    const char *cause_check; /* check and reason of the finding that decided, or NULL */
    const char *cause_reason;
};

/* Considers the findings from index `from` on that are not yet answered. `everything` is the global mode:
 * monitor or off make every verdict an acceptance. */
struct verdict verdict_decide(const struct finding_list *findings, size_t from, enum check_mode everything,
                              const struct incident_id *id);

#endif
