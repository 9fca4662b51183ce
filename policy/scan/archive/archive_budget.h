/*
 * Taking from the budget that all archives of one message share. Each function returns false when there is
 * not enough left, and then takes nothing.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_BUDGET_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_BUDGET_H

#include "scan/archive/archive.h"

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

/*
 * What decompression costs, in units of about a nanosecond. That of bzip2 goes with what comes out, for its
 * blocks miss every cache whatever they were packed to; that of LZMA with what goes in, for its matches cost
 * nothing.
 */
struct archive_work_price {
    unsigned consumed_byte;
    unsigned produced_byte;
};

static const struct archive_work_price archive_work_deflate = {8, 2};
static const struct archive_work_price archive_work_bzip2 = {16, 64};
static const struct archive_work_price archive_work_lzma = {48, 2};
static const struct archive_work_price archive_work_copy = {0, 1};
/* A mark of a zip's record inside packed data, where there are hardly any by chance. */
static const struct archive_work_price archive_work_zip_mark = {1024, 0};

/* Takes all that is left where that is not enough. */
static inline bool archive_budget_take_work(struct archive_budget *budget, struct archive_work_price price,
                                            uint64_t consumed_bytes, uint64_t produced_bytes)
{
    uint64_t units = consumed_bytes * price.consumed_byte + produced_bytes * price.produced_byte;
    bool is_enough = budget->work_left >= units;
    budget->work_left -= is_enough ? units : budget->work_left;
    return is_enough;
}

static inline void archive_budget_give_back_kept(struct archive_budget *budget, uint64_t bytes)
{
    budget->kept_bytes_left += bytes;
}

#endif
