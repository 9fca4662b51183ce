/*
 * The short line of a message for syslog, in the words mail admins search for.
 */
#ifndef CLOSEDRELAY_RECORD_AUDIT_SHORT_LINE_H
#define CLOSEDRELAY_RECORD_AUDIT_SHORT_LINE_H

#include "base/strbuf.h"
#include "outcome/outcome.h"

void audit_short_line_write(const struct outcome *outcome, struct strbuf *out);

#endif
