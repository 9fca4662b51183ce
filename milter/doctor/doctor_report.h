/*
 * What `doctor` has found, for people and as JSON.
 *
 * Each finding says what is wrong, why it matters and what to write instead. One thread. Running out of
 * memory shows once, in doctor_report_print.
 */
#ifndef CLOSEDRELAY_MILTER_DOCTOR_REPORT_H
#define CLOSEDRELAY_MILTER_DOCTOR_REPORT_H

#include "policy.h"

enum doctor_level {
    DOCTOR_NOTE,    /* good to know */
    DOCTOR_WARNING, /* weak, or not as meant */
    DOCTOR_PROBLEM, /* mail gets past the policy, or the policy's answer cannot work */
};

struct doctor_finding {
    enum doctor_level level;
    const char *id;       /* stable, for scripts: "size_limit" */
    const char *why;      /* what follows from it */
    struct strbuf where;  /* "main.cf", "master.cf, service submission/inet", "sendmail.mc" */
    struct strbuf what;   /* the finding, in a sentence */
    struct strbuf change; /* the lines to write; empty: nothing to change */
};

struct doctor_report {
    struct doctor_finding **findings; /* in the order they were found */
    size_t count;
    struct doctor_finding spare; /* takes what there is no memory for */
    bool failed;
};

/* A new finding, whose texts the caller appends; never NULL. `id` and `why` are kept as they are. */
struct doctor_finding *doctor_report_add(struct doctor_report *report, enum doctor_level level,
                                         const char *id, const char *why);

/* Appends " (the override at FILE:LINE)" to what the policy allows, where an override does: `from` has a
 * file. */
void doctor_append_override(struct strbuf *what, const struct config_place *from);

/* The number of findings of this level. */
size_t doctor_report_count(const struct doctor_report *report, enum doctor_level level);

/* Appends the report, the gravest findings first. False: memory ran out on the way. */
bool doctor_report_print(const struct doctor_report *report, bool json, struct strbuf *out);

void doctor_report_deinit(struct doctor_report *report);

#endif
