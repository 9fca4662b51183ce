/* Where a login stands on the ladder, and for how long. */
#ifndef CLOSEDRELAY_ACCOUNTS_LADDER_H
#define CLOSEDRELAY_ACCOUNTS_LADDER_H

#include "accounts/account.h"

/* New warnings of a day, of all logins. */
struct ladder_budget {
    uint32_t day;
    uint64_t warnings;
};

/* `step` is what the judgement is enough for now. Up at once; down when nothing near it was seen for as long
 * as a step lasts. Sets before, step and is_raised of the judgement, and keeps a trace. */
void ladder_move(struct account *account, const struct accounts_settings *settings,
                 struct ladder_budget *budget, enum account_step step, struct account_judgement *judgement);

#endif
