/*
 * Answers that are still good, and questions already on their way.
 *
 * A name that was asked for is in here either with its answer until its time to live ends, or with the lookup
 * that will bring it, for others to join (single flight), or with both while an answer that is asked for all
 * the time is fetched anew before it ends (prefetch). Bounded in entries; when full, of the entries longest
 * unused the one with the fewest hits goes. Sharded by a keyed hash, a lock a shard. Time is an argument. It
 * holds no settings of the policy and so survives a reload.
 */
#ifndef CLOSEDRELAY_DNS_ANSWER_CACHE_H
#define CLOSEDRELAY_DNS_ANSWER_CACHE_H

#include "dns/dns_lookup.h"

struct answer_cache_options {
    unsigned entries_max;          /* in all; at least 64 */
    unsigned positive_min_seconds; /* clamps on what servers say */
    unsigned positive_max_seconds;
    unsigned negative_min_seconds;
    unsigned negative_max_seconds;
    unsigned negative_default_seconds; /* a negative answer without SOA */
    unsigned failure_ms;               /* how long a failure answers for the next ones; 0: not at all */
    uint64_t hash_key[2];              /* random, so that nobody can choose names that collide */
};

/* 65536 entries; positive 30 s to 1 h, negative 10 s to 1 h, without SOA 60 s; failures 1 s. Zero hash key.
 */
struct answer_cache_options answer_cache_options_default(void);

struct answer_cache;

struct answer_cache *answer_cache_create(const struct answer_cache_options *options); /* NULL: no memory */
void answer_cache_destroy(struct answer_cache *cache);

struct answer_cache_question {
    struct slice name; /* lower case */
    enum dns_type type;
    uint64_t not_before_ms; /* answers that came earlier do not count and are asked for again */
};

struct answer_cache_result {
    struct dns_lookup *lookup; /* a reference, done or on its way; NULL: no room or no memory */
    struct dns_lookup *submit; /* a second reference to give to a transport; NULL: nothing to ask */
};

/*
 * Looks the name up and, where there is no good answer and nothing on its way, makes the lookup that the
 * caller must submit or complete. `submit` beside a finished `lookup` is a prefetch. The answer of that
 * lookup gets in here by its `store`, which this sets; the cache must outlive it.
 */
struct answer_cache_result answer_cache_find(struct answer_cache *cache,
                                             const struct answer_cache_question *question, uint64_t now_ms);

struct answer_cache_status {
    uint64_t hit_count;
    uint64_t joined_count; /* found on its way */
    uint64_t miss_count;
    uint64_t prefetch_count;
    uint64_t evicted_count; /* still good but no room */
    unsigned entry_count;
};

void answer_cache_get_status(struct answer_cache *cache, struct answer_cache_status *status);

#endif
