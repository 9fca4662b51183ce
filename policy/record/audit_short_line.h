/*
 * The short line of a message for syslog, in the words mail admins search for.
 */
#ifndef CLOSEDRELAY_RECORD_AUDIT_SHORT_LINE_H
#define CLOSEDRELAY_RECORD_AUDIT_SHORT_LINE_H

#include "base/strbuf.h"
#include "outcome/outcome.h"
#include "record/record_privacy.h"

/* `privacy`: how names are treated, as in the record; NULL: everything is kept. */
void audit_short_line_write(const struct outcome *outcome, const struct record_privacy *privacy,
                            struct strbuf *out);

#endif
