/* Messages by what became of them; the counters are declared in the .c. */
#ifndef CLOSEDRELAY_OUTCOME_OUTCOME_COUNTERS_H
#define CLOSEDRELAY_OUTCOME_OUTCOME_COUNTERS_H

#include "outcome/outcome.h"

/* Counts one message. Any thread. */
void outcome_count(const struct outcome *outcome);

#endif
