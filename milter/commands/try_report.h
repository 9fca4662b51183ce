/* What `closedrelay try` prints: findings in words, answers as the MTA would give them. */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_TRY_REPORT_H
#define CLOSEDRELAY_MILTER_COMMANDS_TRY_REPORT_H

#include "policy_session.h"

/* Where a message ended. */
enum try_outcome { TRY_ACCEPTED, TRY_HELD, TRY_REFUSED, TRY_DEFERRED };

/* For policy_engine_options.record; context: struct try_report. */
struct try_report {
    bool as_json;
    bool has_record;
    enum role role; /* of the record */
};
bool try_report_record(void *context, const struct policy_record *record);

/* One answer of SMTP, behind the command it is given to. */
void try_report_answer(const struct try_report *report, const char *command,
                       const struct policy_answer *answer);

void try_report_ending(const struct try_report *report, const struct policy_ending *ending);
void try_report_outcome(const struct try_report *report, enum try_outcome outcome);

#endif
