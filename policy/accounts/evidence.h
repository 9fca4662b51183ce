/* From what is kept of a login to points: every kind of evidence, the caps of its families, and the sum. */
#ifndef CLOSEDRELAY_ACCOUNTS_EVIDENCE_H
#define CLOSEDRELAY_ACCOUNTS_EVIDENCE_H

#include "accounts/account.h"

/* What speaks for a theft now: of all that was sent, or of what came over new networks, whichever is more.
 * `known_since_us` is since when anything is known of anybody. Fills points, families and evidence of
 * `judgement`. Returns the highest step that so much is enough for. */
enum account_step evidence_judge(const struct account *account, const struct accounts_settings *settings,
                                 int64_t known_since_us, struct account_judgement *judgement);

#endif
