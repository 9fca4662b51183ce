/*
 * A recorded message beside what it is judged to be now: both verdicts, what decides, and what the record
 * cannot know of it.
 */
#ifndef CLOSEDRELAY_HISTORY_REPLAY_COMPARE_H
#define CLOSEDRELAY_HISTORY_REPLAY_COMPARE_H

#include "history/replay_facts.h"
#include "history/replay_judge.h"
#include "judge/judge.h"

/* `aborted` as in an outcome (outcome/outcome.h); `has_rest`: the record goes as far as the judgement.
 * `*result` lives as long as `facts->owner`; memory that runs out is told by `facts->failed`. */
void replay_compare(struct replay_facts *facts, const struct judgement *judgement, const char *aborted,
                    bool has_rest, struct replay_result *result);

#endif
