/*
 * Taking from the budget that all archives of one message share. Each function returns false when there is
 * not enough left, and then takes nothing.
 */
#ifndef CLOSEDRELAY_ARCHIVE_ARCHIVE_BUDGET_H
#define CLOSEDRELAY_ARCHIVE_ARCHIVE_BUDGET_H

#include "archive/archive.h"

static inline bool archive_budget_take_entry(struct archive_budget *budget)
{
    if (budget->entries_left == 0)
        return false;
    budget->entries_left--;
    return true;
}

static inline bool archive_budget_take_unpacked(struct archive_budget *budget, uint64_t bytes)
{
    if (budget->unpacked_bytes_left < bytes)
        return false;
    budget->unpacked_bytes_left -= bytes;
    return true;
}

static inline bool archive_budget_take_kept(struct archive_budget *budget, uint64_t bytes)
{
    if (budget->kept_bytes_left < bytes)
        return false;
    budget->kept_bytes_left -= bytes;
    return true;
}

static inline void archive_budget_give_back_kept(struct archive_budget *budget, uint64_t bytes)
{
    budget->kept_bytes_left += bytes;
}

#endif
