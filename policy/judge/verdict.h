/*
 * All findings, one verdict: a pure function, and the one place where it is decided.
 *
 * Only findings of enforced checks count. The strictest action wins (reject over defer over hold over
 * accept), among equals the first. The reply is that finding's own in the words that the configuration wants,
 * made fit for SMTP, with the page of help where there is one, and the incident id: these two are never cut.
 * Findings that could not be stored for lack of memory make the verdict a deferral. Where the MTA cannot do
 * what was decided, the verdict is what comes nearest: mail that cannot be held is deferred, and refused
 * where recipients cannot be taken out.
 */
#ifndef CLOSEDRELAY_JUDGE_VERDICT_H
#define CLOSEDRELAY_JUDGE_VERDICT_H

#include "base/incident_id.h"
#include "check/finding.h"
#include "words/replies.h"

enum { VERDICT_TEXT_BYTES_MAX = 480, VERDICT_ENHANCED_BYTES = 10 };

struct verdict {
    enum action action;
    unsigned code;                         /* 250, 4xx or 5xx: agrees with the action */
    char enhanced[VERDICT_ENHANCED_BYTES]; /* its class agrees with `code` */
    /* Without control bytes; empty for accept. Not yet doubled for '%'. ASCII, or UTF-8 where `is_utf8`. */
    char text[VERDICT_TEXT_BYTES_MAX + 1];
    bool is_utf8;
    const char *cause_check; /* check and reason of the finding that decided, or NULL */
    const char *cause_reason;
    /* What that finding asked for and the MTA cannot do, so that `action` stands in for it: "hold",
     * "drop_recipients"; or NULL. */
    const char *mta_cannot;
};

/* How replies to one client speak. */
struct verdict_words {
    const struct replies_settings *replies; /* NULL: in English */
    bool is_utf8;                           /* the client takes UTF-8 */
    const char *user;                       /* who it is; or NULL */
};

/* What a verdict is decided from. */
struct verdict_question {
    const struct finding_list *findings;
    size_t from;                  /* the findings from this index on that are not yet answered */
    enum check_mode everything;   /* the global mode: monitor or off make every verdict an acceptance */
    bool as_if_enforced;          /* what would be, were everything in monitor mode enforced? */
    bool drops_recipients;        /* some recipient is to be taken out of the message */
    bool cannot_hold;             /* the MTA lets a filter hold no mail */
    bool cannot_drop;             /* nor take recipients out */
    const struct incident_id *id; /* for the reply's text */
    struct verdict_words words;   /* for the same */
};

struct verdict verdict_decide(const struct verdict_question *question);

/* Whether the question `as_if_enforced` may have another answer: something that only monitors speaks against
 * the message. */
bool verdict_would_differ(const struct verdict_question *question);

/* What the MTA is told where `decided` could not be recorded: as decided, or, where the configuration wants
 * nothing to pass without its record (`on_error` is ACTION_DEFER), a deferral of what would have passed. */
struct verdict verdict_unrecorded(const struct verdict *decided, enum action on_error,
                                  const struct verdict_question *question);

#endif
