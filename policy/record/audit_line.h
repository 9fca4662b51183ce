/*
 * The record of one message: a JSON object on one line, its keys always in the same order (docs/record.md).
 * Pure functions of what is given.
 */
#ifndef CLOSEDRELAY_RECORD_AUDIT_LINE_H
#define CLOSEDRELAY_RECORD_AUDIT_LINE_H

#include "base/strbuf.h"
#include "facts/session.h"
#include "judge/finding.h"
#include "judge/verdict.h"

struct audit_entry {
    const struct session_facts *session;
    const struct message_facts *message;
    const struct finding_list *findings;
    const struct verdict *verdict;
    bool aborted;         /* the client gave up before an answer to the whole message */
    int64_t time_us;      /* wall clock, at the end of the message */
    uint64_t duration_us; /* from MAIL to the verdict */
    /* Names an attachment's outcome ("pass", "blocked", …). */
    const char *(*attachment_outcome)(const void *settings, const struct attachment *attachment);
    const void *attachment_settings;
};

/* The word for the record: the verdict's action, or "aborted". */
const char *audit_verdict_name(const struct audit_entry *entry);

/* Appends the JSON object, without a newline. */
void audit_line_write(const struct audit_entry *entry, struct strbuf *out);

/* Appends the short line for syslog, in the words mail admins search for. */
void audit_line_write_short(const struct audit_entry *entry, struct strbuf *out);

#endif
