/*
 * The record of one message: a JSON object on one line, its keys always in the same order (docs/record.md).
 * Pure functions of what is given.
 */
#ifndef CLOSEDRELAY_RECORD_AUDIT_LINE_H
#define CLOSEDRELAY_RECORD_AUDIT_LINE_H

#include "base/strbuf.h"
#include "outcome/outcome.h"

/* Appends the JSON object, without a newline. */
void audit_line_write(const struct outcome *outcome, struct strbuf *out);

/* Appends the short line for syslog, in the words mail admins search for. */
void audit_line_write_short(const struct outcome *outcome, struct strbuf *out);

#endif
