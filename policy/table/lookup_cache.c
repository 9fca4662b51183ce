#include "table/lookup_cache.h"

#include <pthread.h>
#include <stdlib.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct cached_answer {
    UT_hash_handle hh;
    uint64_t good_until_us;
    size_t key_bytes, value_bytes;
    bool is_found;
    char bytes[]; /* the key, and the value behind it */
};

struct lookup_cache {
    struct lookup_cache_options options;
    pthread_mutex_t lock;          /* guards `answers` */
    struct cached_answer *answers; /* uthash's head; in its order, the one longest unused first */
};

struct lookup_cache *lookup_cache_create(const struct lookup_cache_options *options)
{
    struct lookup_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    cache->options = *options;
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void forget_locked(struct lookup_cache *cache, struct cached_answer *answer)
{
    HASH_DELETE(hh, cache->answers, answer);
    free(answer);
}

void lookup_cache_destroy(struct lookup_cache *cache)
{
    if (cache == NULL)
        return;
    struct cached_answer *answer = cache->answers;
    HASH_CLEAR(hh, cache->answers); /* the index alone: the answers are still chained */
    while (answer != NULL) {
        struct cached_answer *next = answer->hh.next;
        free(answer);
        answer = next;
    }
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* Puts it behind all others. False: there was no memory, and it is gone. */
static bool append_locked(struct lookup_cache *cache, struct cached_answer *answer)
{
    HASH_ADD_KEYPTR(hh, cache->answers, answer->bytes, answer->key_bytes, answer);
    if (answer->hh.tbl != NULL)
        return true;
    free(answer);
    return false;
}

static struct cached_answer *get_locked(const struct lookup_cache *cache, struct slice key)
{
    struct cached_answer *answer = NULL;
    HASH_FIND(hh, cache->answers, key.data, key.length, answer);
    return answer;
}

enum table_answer lookup_cache_find(struct lookup_cache *cache, struct slice key, struct strbuf *value,
                                    uint64_t now_us)
{
    enum table_answer result = TABLE_UNKNOWN;
    pthread_mutex_lock(&cache->lock);
    struct cached_answer *answer = get_locked(cache, key);
    if (answer != NULL && answer->good_until_us <= now_us) {
        forget_locked(cache, answer);
    } else if (answer != NULL) {
        result = answer->is_found ? TABLE_FOUND : TABLE_MISSING;
        if (answer->is_found && value != NULL)
            strbuf_append(value, answer->bytes + answer->key_bytes, answer->value_bytes);
        HASH_DELETE(hh, cache->answers, answer);
        append_locked(cache, answer);
    }
    pthread_mutex_unlock(&cache->lock);
    return result;
}

static struct cached_answer *make_answer(struct slice key, struct slice value)
{
    struct cached_answer *answer = calloc(1, sizeof *answer + key.length + value.length);
    if (answer == NULL)
        return NULL;
    answer->key_bytes = key.length;
    answer->value_bytes = value.length;
    memcpy(answer->bytes, key.data, key.length);
    if (value.length > 0)
        memcpy(answer->bytes + key.length, value.data, value.length);
    return answer;
}

void lookup_cache_store(struct lookup_cache *cache, struct slice key, enum table_answer answer,
                        struct slice value, uint64_t now_us)
{
    const struct slice kept = answer == TABLE_FOUND ? value : (struct slice){NULL, 0};
    bool is_kept = answer != TABLE_UNKNOWN && kept.length <= cache->options.value_bytes_max;
    struct cached_answer *fresh = is_kept ? make_answer(key, kept) : NULL;
    if (fresh != NULL) {
        fresh->is_found = answer == TABLE_FOUND;
        fresh->good_until_us =
            now_us + (fresh->is_found ? cache->options.found_us : cache->options.missing_us);
    }
    pthread_mutex_lock(&cache->lock);
    struct cached_answer *former = get_locked(cache, key);
    if (former != NULL)
        forget_locked(cache, former);
    if (fresh != NULL && append_locked(cache, fresh) &&
        HASH_COUNT(cache->answers) > cache->options.entries_max)
        forget_locked(cache, cache->answers);
    pthread_mutex_unlock(&cache->lock);
}

size_t lookup_cache_count(struct lookup_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    const size_t count = HASH_COUNT(cache->answers);
    pthread_mutex_unlock(&cache->lock);
    return count;
}
