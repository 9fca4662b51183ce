/* The answers of block lists as a configuration writes them. Pure. */
#ifndef CLOSEDRELAY_CHECK_DNSBL_DNSBL_CODES_H
#define CLOSEDRELAY_CHECK_DNSBL_DNSBL_CODES_H

#include "base/slice.h"
#include "dns/list_health.h"

enum { DNSBL_RANGES_MAX = 64 };

/* Growing up to its bound; `full` once something did not fit. */
struct dnsbl_ranges {
    struct list_code_range items[DNSBL_RANGES_MAX];
    size_t count;
    bool full;
};

/* Adds "127.0.0.4", "127.0.0.4-127.0.0.7" or "127.0.[2-20].[1-3]". False: neither, or it does not fit. */
bool dnsbl_ranges_add(struct dnsbl_ranges *ranges, struct slice text);

/* What is in both, and what is in `a` only. */
struct dnsbl_ranges dnsbl_ranges_common(const struct dnsbl_ranges *a, const struct dnsbl_ranges *b);
struct dnsbl_ranges dnsbl_ranges_without(const struct dnsbl_ranges *a, struct list_code_range b);

#endif
