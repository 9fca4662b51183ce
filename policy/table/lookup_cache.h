/*
 * What a server has just answered, for a short while.
 *
 * A key is in here with its value, or with the answer that it has none; that nobody could be asked is never
 * kept. Bounded: when full, the entry longest unused goes. Belongs to one table and ends with it, so that a
 * new configuration begins with an empty one. Any thread; time is an argument. Running out of memory only
 * means that an answer is not kept. For policy/table/ only.
 */
#ifndef CLOSEDRELAY_TABLE_LOOKUP_CACHE_H
#define CLOSEDRELAY_TABLE_LOOKUP_CACHE_H

#include "table/table.h"

struct lookup_cache_options {
    size_t entries_max;
    size_t value_bytes_max; /* longer values are not kept */
    uint64_t found_us;      /* how long a value answers */
    uint64_t missing_us;    /* how long "no such key" does */
};

struct lookup_cache;

struct lookup_cache *
lookup_cache_create(const struct lookup_cache_options *options); /* NULL: out of memory */
void lookup_cache_destroy(struct lookup_cache *cache);           /* NULL is allowed */

/* TABLE_FOUND appends the value to `value`, unless that is NULL. TABLE_UNKNOWN: nothing is known of `key`
 * (any more), the server is to be asked. */
enum table_answer lookup_cache_find(struct lookup_cache *cache, struct slice key, struct strbuf *value,
                                    uint64_t now_us);

/* Keeps an answer in the place of a former one; TABLE_UNKNOWN takes a former one out. `value` counts for
 * TABLE_FOUND only. */
void lookup_cache_store(struct lookup_cache *cache, struct slice key, enum table_answer answer,
                        struct slice value, uint64_t now_us);

size_t lookup_cache_count(struct lookup_cache *cache);

#endif
