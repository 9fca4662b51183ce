/*
 * The record of one message: a JSON object on one line (record_fields.h, docs/record.md), and the short line
 * for syslog. Pure functions of what is given.
 */
#ifndef CLOSEDRELAY_RECORD_AUDIT_LINE_H
#define CLOSEDRELAY_RECORD_AUDIT_LINE_H

#include "outcome/outcome.h"
#include "record/record_writer.h"

/* Appends the JSON object, without a newline. */
void audit_line_write(const struct outcome *outcome, const struct record_context *context,
                      struct strbuf *out);

/* What became of a recipient once its message has ended: "accept", "hold", "defer", "reject", "drop",
 * "ignore" (the MTA refused it itself) or "aborted". */
const char *audit_recipient_action(const struct outcome *outcome, const struct recipient *recipient);

/* Why it was not accepted: `check` is NULL where no check decided, `reason` where it was accepted. */
struct audit_cause {
    const char *check, *reason;
};

struct audit_cause audit_recipient_cause(const struct outcome *outcome, const struct recipient *recipient);

#endif
