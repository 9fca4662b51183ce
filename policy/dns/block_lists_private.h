/* What block_lists.c (lists, tests) and list_query.c (asking them) share. */
#ifndef CLOSEDRELAY_DNS_BLOCK_LISTS_PRIVATE_H
#define CLOSEDRELAY_DNS_BLOCK_LISTS_PRIVATE_H

#include "dns/dns_name.h"
#include "dns/list_query.h"
#include "dns/block_lists.h"

#include <pthread.h>
#include <uthash.h>

/* What a session needs to know before it asks, readable without a lock. */
enum block_list_flag {
    BLOCK_LIST_ASKABLE = 1 << 0,
    BLOCK_LIST_TESTED = 1 << 1,
    BLOCK_LIST_IPV6 = 1 << 2,
    BLOCK_LIST_TEXT = 1 << 3,
};

struct block_list {
    UT_hash_handle hh; /* in set->lists, by zone */
    struct block_lists *set;
    struct dns_name zone;
    char shown[LIST_SHOWN_BYTES];
    atomic_uint flags;
    atomic_uint trouble; /* enum list_trouble, for those who find it suspended */
    atomic_ullong believed_from_ms;
    atomic_ullong proven_ms;
    atomic_ullong listed_count, not_listed_count, failed_count;

    pthread_mutex_t lock; /* guards the rest */
    struct list_health health;
    struct list_code_range errors[LIST_ERROR_RANGES_MAX];
    size_t error_count;
    bool wants_text;
    bool retired;
    uint64_t suspended_count;
    struct pending *changed; /* done when the health changes or a test ends; then replaced */
};

struct block_lists {
    struct block_lists_options options;
    struct pending_bound waiting;
    pthread_mutex_t lock; /* guards the table; taken before a list's own */
    struct block_list *lists;
    atomic_ullong random;
};

uint64_t block_lists_now_ms(const struct block_lists *set);
void block_lists_wake(struct block_lists *set); /* asks for an early tick */

/* Begins a test if one is wanted. Not under list->lock. */
void block_list_consider(struct block_list *list, uint64_t now_ms);

/* Receives every answer of the list that comes over the network; `context` is the list. */
void block_list_answered(void *context, struct dns_lookup *lookup);

struct list_reply block_list_reply(struct block_list *list, const struct dns_answer *answer);

/* Under list->lock: the flags by the health. */
void block_list_publish_locked(struct block_list *list);

#endif
