/*
 * What all lists say of one address: asked all at once, collected later, within one budget.
 *
 * Begun at connect, collected when the answer first matters; until the budget counted from the beginning is
 * over, for all lists together, there may be something to wait for, so that a session which lasts longer
 * waits for nothing. Whoever can be put aside asks what it is (list_query_awaits) and comes back for it;
 * whoever cannot has list_query_collect wait. Lists that are suspended are neither asked nor waited for. When
 * too many threads wait already, what is not yet known is unknown at once: a stalled resolver may not eat all
 * threads of the milter. A query is used by one thread at a time.
 */
#ifndef CLOSEDRELAY_DNS_LIST_QUERY_H
#define CLOSEDRELAY_DNS_LIST_QUERY_H

#include "base/pending.h"
#include "dns/block_lists.h"
#include "dns/dns_name.h"
#include "facts/gathered.h"

struct list_query;

struct list_query_request {
    struct block_list *const *lists; /* copied; NULL among them: unknown */
    size_t count;
    struct in6_addr client;
    uint64_t budget_ms;
};

/* Asks; never waits. NULL: no memory. */
struct list_query *list_query_begin(struct block_lists *set, const struct list_query_request *request);
void list_query_destroy(struct list_query *query); /* NULL allowed; at any time */

/* What the answers wait for next: to be called again once that is done. The query keeps it in place until
 * then, and as long as the query lives. False: there is nothing to wait for any more. */
bool list_query_awaits(struct list_query *query, struct pending_awaited *awaited);

/* Fills `answers` (as many as lists, same order), but for their name; what they point to lives as long as the
 * query. Waits for what list_query_awaits would name; later calls only look. */
void list_query_collect(struct list_query *query, struct list_answer *answers);

#endif
