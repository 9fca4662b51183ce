#include "dns/answer_cache.h"

#include "base/brief_mutex.h"
#include "base/siphash.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) (element)->hh.tbl = NULL
#include <uthash.h>
#include <utlist.h>

enum {
    SHARD_COUNT = 32,
    TABLES_PER_SHARD = 3, /* A, TXT, others */
    EVICTION_CANDIDATES = 8,
    PREFETCH_HITS_LEAST = 3,
    PREFETCH_TTL_LEAST_MS = 10000,
    PREFETCH_PART = 10,       /* within the last tenth of its time */
    PREFETCH_PAUSE_MS = 5000, /* after one that failed */
    ENTRIES_LEAST = 64,
};

struct entry {
    UT_hash_handle hh;
    struct entry *prev, *next;  /* the shard's order of use, the last used first */
    struct entry **table;       /* the one it is in */
    struct dns_lookup *answer;  /* done; or NULL */
    struct dns_lookup *pending; /* on its way; or NULL. Never both NULL */
    uint64_t obtained_ms;
    uint64_t expires_ms;
    uint64_t no_prefetch_before_ms;
    unsigned hits; /* since stored; halved when an eviction passes over it */
    char name[];
};

struct shard {
    _Alignas(64) pthread_mutex_t lock; /* guards everything below */
    struct entry *tables[TABLES_PER_SHARD];
    struct entry *by_use;
    unsigned entry_count;
    uint64_t hit_count, joined_count, miss_count, prefetch_count, evicted_count;
};

struct answer_cache {
    struct answer_cache_options options;
    unsigned entries_per_shard;
    struct shard shards[SHARD_COUNT];
};

/* A question with where it belongs. */
struct place {
    struct shard *shard;
    struct entry **table;
    struct slice name;
    unsigned hash;
};

struct answer_cache_options answer_cache_options_default(void)
{
    return (struct answer_cache_options){
        .entries_max = 65536,
        .positive_min_seconds = 30,
        .positive_max_seconds = 3600,
        .negative_min_seconds = 10,
        .negative_max_seconds = 3600,
        .negative_default_seconds = 60,
        .failure_ms = 1000,
    };
}

struct answer_cache *answer_cache_create(const struct answer_cache_options *options)
{
    struct answer_cache *cache = aligned_alloc(_Alignof(struct answer_cache), sizeof *cache);
    if (cache == NULL)
        return NULL;
    memset(cache, 0, sizeof *cache);
    cache->options = *options;
    unsigned entries = options->entries_max < ENTRIES_LEAST ? ENTRIES_LEAST : options->entries_max;
    cache->entries_per_shard = entries / SHARD_COUNT;
    for (unsigned i = 0; i < SHARD_COUNT; i++)
        brief_mutex_init(&cache->shards[i].lock);
    return cache;
}

static struct place find_place(struct answer_cache *cache, struct slice name, enum dns_type type)
{
    uint64_t hash = siphash(cache->options.hash_key, name);
    struct shard *shard = &cache->shards[hash % SHARD_COUNT];
    unsigned table = type == DNS_TYPE_A ? 0 : type == DNS_TYPE_TXT ? 1 : 2;
    return (struct place){shard, &shard->tables[table], name, (unsigned)(hash >> 32)};
}

static struct entry *find_entry(const struct place *place)
{
    struct entry *entry = NULL;
    HASH_FIND_BYHASHVALUE(hh, *place->table, place->name.data, place->name.length, place->hash, entry);
    return entry;
}

static void remove_entry(struct shard *shard, struct entry *entry)
{
    HASH_DELETE(hh, *entry->table, entry);
    DL_DELETE(shard->by_use, entry);
    shard->entry_count--;
    dns_lookup_unref(entry->answer);
    dns_lookup_unref(entry->pending);
    free(entry);
}

void answer_cache_destroy(struct answer_cache *cache)
{
    if (cache == NULL)
        return;
    for (unsigned i = 0; i < SHARD_COUNT; i++) {
        while (cache->shards[i].by_use != NULL)
            remove_entry(&cache->shards[i], cache->shards[i].by_use);
        pthread_mutex_destroy(&cache->shards[i].lock);
    }
    free(cache);
}

/* Whether `a` is of less use than `b`: what has expired first, then what is hit less, then what ends sooner.
 */
static bool is_less_useful(const struct entry *a, const struct entry *b, uint64_t now_ms)
{
    bool a_expired = a->expires_ms <= now_ms, b_expired = b->expires_ms <= now_ms;
    if (a_expired != b_expired)
        return a_expired;
    return a->hits != b->hits ? a->hits < b->hits : a->expires_ms < b->expires_ms;
}

/* Of the entries longest unused, without those on their way. */
static struct entry *least_useful(struct shard *shard, uint64_t now_ms)
{
    struct entry *worst = NULL;
    struct entry *entry =
        shard->by_use == NULL ? NULL : shard->by_use->prev; /* utlist: the head's prev is the tail */
    for (unsigned seen = 0, passed = 0; entry != NULL && seen < EVICTION_CANDIDATES; passed++) {
        if (entry->pending == NULL) {
            seen++;
            if (worst == NULL || is_less_useful(entry, worst, now_ms))
                worst = entry;
            entry->hits /= 2;
        }
        entry = entry == shard->by_use || passed > 4 * EVICTION_CANDIDATES ? NULL : entry->prev;
    }
    return worst;
}

static bool make_room(struct answer_cache *cache, struct shard *shard, uint64_t now_ms)
{
    if (shard->entry_count < cache->entries_per_shard)
        return true;
    struct entry *entry = least_useful(shard, now_ms);
    if (entry == NULL)
        return false;
    if (entry->expires_ms > now_ms)
        shard->evicted_count++;
    remove_entry(shard, entry);
    return true;
}

static struct entry *add_entry(const struct place *place)
{
    struct entry *entry = calloc(1, sizeof *entry + place->name.length + 1);
    if (entry == NULL)
        return NULL;
    memcpy(entry->name, place->name.data, place->name.length);
    entry->table = place->table;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, *place->table, entry->name, (unsigned)place->name.length, place->hash,
                                entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
        return NULL;
    }
    DL_PREPEND(place->shard->by_use, entry);
    place->shard->entry_count++;
    return entry;
}

static uint64_t clamp(uint64_t value, uint64_t least, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static uint64_t lifetime_ms(const struct answer_cache_options *options, const struct dns_answer *answer)
{
    if (!dns_outcome_is_decided(answer->outcome))
        return answer->outcome == DNS_OUTCOME_CANCELLED ? 0 : options->failure_ms;
    if (answer->outcome == DNS_OUTCOME_RECORDS)
        return 1000 *
               clamp(answer->ttl_seconds, options->positive_min_seconds, options->positive_max_seconds);
    uint64_t seconds = answer->has_ttl ? answer->ttl_seconds : options->negative_default_seconds;
    return 1000 * clamp(seconds, options->negative_min_seconds, options->negative_max_seconds);
}

/* Takes in the answer of a lookup that new_pending() made; before its waiters wake. */
static void store(void *context, struct dns_lookup *lookup)
{
    struct answer_cache *cache = context;
    struct place place = find_place(cache, slice_make(lookup->name, lookup->name_length), lookup->type);
    uint64_t now_ms = lookup->answered_ms;
    uint64_t kept_ms = lifetime_ms(&cache->options, &lookup->answer);
    pthread_mutex_lock(&place.shard->lock);
    struct entry *entry = find_entry(&place);
    assert(entry != NULL && entry->pending == lookup); /* what is on its way is never evicted */
    bool old_is_good = entry->answer != NULL && entry->expires_ms > now_ms;
    if (old_is_good && !dns_outcome_is_decided(lookup->answer.outcome)) {
        entry->no_prefetch_before_ms = now_ms + PREFETCH_PAUSE_MS;
        dns_lookup_unref(entry->pending);
    } else {
        dns_lookup_unref(entry->answer);
        entry->answer = entry->pending;
        entry->obtained_ms = now_ms;
        entry->expires_ms = now_ms + kept_ms;
        entry->hits = 0;
    }
    entry->pending = NULL;
    if (entry->expires_ms <= now_ms)
        remove_entry(place.shard, entry);
    pthread_mutex_unlock(&place.shard->lock);
}

/* A lookup on its way for the entry, with a reference for the caller to submit. */
static struct dns_lookup *new_pending(struct answer_cache *cache, struct entry *entry,
                                      const struct answer_cache_question *question)
{
    struct dns_lookup *lookup = dns_lookup_create(question->name, question->type);
    if (lookup == NULL)
        return NULL;
    lookup->store = (struct dns_observer){store, cache};
    entry->pending = lookup;
    return dns_lookup_ref(lookup);
}

static bool wants_prefetch(const struct entry *entry, uint64_t now_ms)
{
    uint64_t whole_ms = entry->expires_ms - entry->obtained_ms;
    return entry->pending == NULL && entry->hits >= PREFETCH_HITS_LEAST &&
           whole_ms >= PREFETCH_TTL_LEAST_MS && entry->expires_ms - now_ms <= whole_ms / PREFETCH_PART &&
           now_ms >= entry->no_prefetch_before_ms;
}

static void take_hit(struct shard *shard, struct entry *entry, struct answer_cache_result *result)
{
    shard->hit_count++;
    entry->hits++;
    if (shard->by_use != entry) {
        DL_DELETE(shard->by_use, entry);
        DL_PREPEND(shard->by_use, entry);
    }
    result->lookup = dns_lookup_ref(entry->answer);
}

static struct answer_cache_result find_locked(struct answer_cache *cache, const struct place *place,
                                              const struct answer_cache_question *question, uint64_t now_ms)
{
    struct answer_cache_result result = {0};
    struct shard *shard = place->shard;
    struct entry *entry = find_entry(place);
    if (entry != NULL && entry->expires_ms > now_ms && entry->obtained_ms >= question->not_before_ms) {
        take_hit(shard, entry, &result);
        if (wants_prefetch(entry, now_ms) && (result.submit = new_pending(cache, entry, question)) != NULL)
            shard->prefetch_count++;
        return result;
    }
    if (entry != NULL && entry->pending != NULL) {
        shard->joined_count++;
        result.lookup = dns_lookup_ref(entry->pending);
        return result;
    }
    if (entry == NULL && make_room(cache, shard, now_ms))
        entry = add_entry(place);
    if (entry == NULL)
        return result;
    shard->miss_count++;
    result.submit = new_pending(cache, entry, question);
    if (result.submit != NULL)
        result.lookup = dns_lookup_ref(result.submit);
    else if (entry->answer == NULL)
        remove_entry(shard, entry);
    return result;
}

struct answer_cache_result answer_cache_find(struct answer_cache *cache,
                                             const struct answer_cache_question *question, uint64_t now_ms)
{
    struct place place = find_place(cache, question->name, question->type);
    pthread_mutex_lock(&place.shard->lock);
    struct answer_cache_result result = find_locked(cache, &place, question, now_ms);
    pthread_mutex_unlock(&place.shard->lock);
    return result;
}

void answer_cache_get_status(struct answer_cache *cache, struct answer_cache_status *status)
{
    *status = (struct answer_cache_status){0};
    for (unsigned i = 0; i < SHARD_COUNT; i++) {
        struct shard *shard = &cache->shards[i];
        pthread_mutex_lock(&shard->lock);
        status->hit_count += shard->hit_count;
        status->joined_count += shard->joined_count;
        status->miss_count += shard->miss_count;
        status->prefetch_count += shard->prefetch_count;
        status->evicted_count += shard->evicted_count;
        status->entry_count += shard->entry_count;
        pthread_mutex_unlock(&shard->lock);
    }
}
