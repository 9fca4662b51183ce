#include "live/blocks_private.h"

#include "base/log.h"
#include "live/block_text.h"

#include <assert.h>
#include <stdlib.h>
#include <talloc.h>

static const char KIND[] = "block";

enum { REMEMBERED_DAYS = 30 };

/* ---- entries
 * -----------------------------------------------------------------------------------------------
 */

static int entry_forget_key(struct block_entry *entry)
{
    strbuf_deinit(&entry->key);
    return 0;
}

static bool copy_text(struct block_entry *entry, const char **text)
{
    *text = talloc_strndup(entry, *text == NULL ? "" : *text, BLOCK_TEXT_BYTES_MAX);
    return *text != NULL;
}

static struct block_entry *entry_create(const struct block *block)
{
    struct block_entry *entry = talloc_zero(NULL, struct block_entry);
    if (entry == NULL)
        return NULL;
    strbuf_init(&entry->key, 0);
    talloc_set_destructor(entry, entry_forget_key);
    entry->block = *block;
    bool is_usable = copy_text(entry, &entry->block.whom) && copy_text(entry, &entry->block.reason) &&
                     copy_text(entry, &entry->block.by) && copy_text(entry, &entry->block.origin);
    if (is_usable)
        block_write_key(&entry->block, &entry->key);
    is_usable =
        is_usable && !entry->key.failed &&
        (block->target != BLOCK_CLIENT || ip_network_parse(slice_of(block->whom), &entry->network, NULL));
    if (!is_usable)
        TALLOC_FREE(entry);
    return entry;
}

static bool is_in_force(const struct block *block, int64_t now_us)
{
    return !block->is_lifted && block->until_us > now_us;
}

/* Since when it is not in force. */
static int64_t over_since_us(const struct block *block, int64_t now_us)
{
    return block->is_lifted || block->until_us > now_us ? block->changed_us : block->until_us;
}

struct block_entry *blocks_entry(struct blocks *blocks, const char *key)
{
    struct block_entry *entry = NULL;
    HASH_FIND_STR(blocks->entries, key, entry);
    return entry;
}

/* Takes over `fresh` unless it returns something else than BLOCK_CHANGED. Mail that looks waits for this. */
static enum block_change replace(struct blocks *blocks, struct block_entry *fresh)
{
    const char *key = strbuf_text(&fresh->key);
    struct block_entry *former = blocks_entry(blocks, key);
    if (former != NULL && former->block.changed_us > fresh->block.changed_us)
        return BLOCK_IS_OLDER;
    if (former == NULL && HASH_COUNT(blocks->entries) >= BLOCKS_MAX)
        return BLOCK_NO_ROOM;
    pthread_mutex_lock(&blocks->lock);
    if (former != NULL)
        HASH_DEL(blocks->entries, former);
    HASH_ADD_KEYPTR(hh, blocks->entries, key, fresh->key.length, fresh);
    atomic_store(&blocks->count, HASH_COUNT(blocks->entries));
    const bool is_added = fresh->hh.tbl != NULL;
    pthread_mutex_unlock(&blocks->lock);
    talloc_free(former);
    return is_added ? BLOCK_CHANGED : BLOCK_NO_ROOM;
}

/* ---- life
 * --------------------------------------------------------------------------------------------------
 */

struct loading {
    struct blocks *blocks;
    size_t broken_count;
};

static void load_one(void *context, struct slice key, struct slice value)
{
    struct loading *loading = context;
    void *scratch = talloc_new(NULL);
    struct block block;
    struct block_entry *entry =
        scratch != NULL && block_read(scratch, key, value, &block) ? entry_create(&block) : NULL;
    if (entry == NULL || replace(loading->blocks, entry) != BLOCK_CHANGED) {
        talloc_free(entry);
        loading->broken_count++;
    }
    talloc_free(scratch);
}

static bool load(struct blocks *blocks, struct strbuf *problem)
{
    struct loading loading = {.blocks = blocks};
    if (blocks->database == NULL)
        return true;
    if (!state_database_each(blocks->database, KIND, load_one, &loading)) {
        strbuf_printf(problem, "the blocks of before the restart cannot be read: %s",
                      state_database_error(blocks->database));
        return false;
    }
    if (loading.broken_count > 0)
        log_error("%zu blocks of before the restart cannot be read, and are not in force",
                  loading.broken_count);
    return true;
}

struct blocks *blocks_create(const struct clock *clock, struct state_database *database,
                             struct strbuf *problem)
{
    struct blocks *blocks = calloc(1, sizeof *blocks);
    if (blocks == NULL) {
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    blocks->clock = clock;
    blocks->database = database;
    pthread_mutex_init(&blocks->writing, NULL);
    pthread_mutex_init(&blocks->lock, NULL);
    if (!load(blocks, problem)) {
        blocks_destroy(blocks);
        return NULL;
    }
    return blocks;
}

void blocks_destroy(struct blocks *blocks)
{
    if (blocks == NULL)
        return;
    struct block_entry *next = blocks->entries;
    HASH_CLEAR(hh, blocks->entries); /* the entries stay linked */
    while (next != NULL) {
        struct block_entry *entry = next;
        next = entry->hh.next;
        talloc_free(entry);
    }
    pthread_mutex_destroy(&blocks->lock);
    pthread_mutex_destroy(&blocks->writing);
    free(blocks);
}

/* ---- change
 * ------------------------------------------------------------------------------------------------
 */

static bool keep(struct blocks *blocks, const struct block_entry *entry)
{
    struct strbuf value;
    if (blocks->database == NULL)
        return true;
    strbuf_init(&value, 0);
    block_write_value(&entry->block, &value);
    const struct slice bytes = strbuf_slice(&value);
    const bool is_kept =
        !value.failed && state_database_put(blocks->database, KIND, strbuf_slice(&entry->key), &bytes);
    strbuf_deinit(&value);
    return is_kept;
}

static void forget(struct blocks *blocks, struct block_entry *entry)
{
    if (blocks->database != NULL)
        state_database_put(blocks->database, KIND, strbuf_slice(&entry->key), NULL);
    pthread_mutex_lock(&blocks->lock);
    HASH_DEL(blocks->entries, entry);
    atomic_store(&blocks->count, HASH_COUNT(blocks->entries));
    pthread_mutex_unlock(&blocks->lock);
    talloc_free(entry);
}

/* What is over, and is only remembered, gives way to what is to be in force: the longest over first. */
static void make_room(struct blocks *blocks)
{
    const int64_t now_us = clock_wall_us(blocks->clock);
    struct block_entry *oldest = NULL;
    for (struct block_entry *entry = blocks->entries; entry != NULL; entry = entry->hh.next)
        if (!is_in_force(&entry->block, now_us) &&
            (oldest == NULL || over_since_us(&entry->block, now_us) < over_since_us(&oldest->block, now_us)))
            oldest = entry;
    if (oldest != NULL)
        forget(blocks, oldest);
}

enum block_change blocks_change(struct blocks *blocks, const struct block *block, bool is_shared)
{
    struct block_entry *entry = entry_create(block);
    if (entry == NULL)
        return BLOCK_NO_ROOM;
    entry->is_shared = is_shared;
    if (HASH_COUNT(blocks->entries) >= BLOCKS_MAX && blocks_entry(blocks, strbuf_text(&entry->key)) == NULL)
        make_room(blocks);
    const enum block_change change = replace(blocks, entry);
    if (change == BLOCK_CHANGED)
        return keep(blocks, entry) ? BLOCK_CHANGED : BLOCK_NOT_KEPT;
    talloc_free(entry);
    return change;
}

/* Now, or right after what there is: whoever changes it here has seen that. */
static int64_t moment_of_change(struct blocks *blocks, const struct block *block)
{
    const int64_t now_us = clock_wall_us(blocks->clock);
    struct strbuf key;
    strbuf_init(&key, 0);
    block_write_key(block, &key);
    const struct block_entry *former = key.failed ? NULL : blocks_entry(blocks, strbuf_text(&key));
    strbuf_deinit(&key);
    return former != NULL && former->block.changed_us >= now_us ? former->block.changed_us + 1 : now_us;
}

bool blocks_put(struct blocks *blocks, const struct block *block, struct strbuf *problem)
{
    struct block dated = *block;
    pthread_mutex_lock(&blocks->writing);
    if (dated.changed_us == 0)
        dated.changed_us = moment_of_change(blocks, block);
    const enum block_change change = blocks_change(blocks, &dated, false);
    if (change == BLOCK_IS_OLDER)
        strbuf_append_text(problem, "a newer change of it is in force");
    else if (change == BLOCK_NO_ROOM)
        strbuf_append_text(problem, "there is no room for more blocks: lift some, or give them an end");
    else if (change == BLOCK_NOT_KEPT)
        strbuf_printf(problem,
                      "it is in force, but will be forgotten at the next start: it cannot be written: %s",
                      state_database_error(blocks->database));
    pthread_mutex_unlock(&blocks->writing);
    return change == BLOCK_CHANGED;
}

bool block_is_forgettable(const struct block *block, int64_t now_us)
{
    static const int64_t REMEMBERED_US = REMEMBERED_DAYS * 86400LL * 1000000;
    return !is_in_force(block, now_us) && over_since_us(block, now_us) < now_us - REMEMBERED_US;
}

void blocks_prune(struct blocks *blocks)
{
    const int64_t now_us = clock_wall_us(blocks->clock);
    struct block_entry *entry, *next;
    pthread_mutex_lock(&blocks->writing);
    HASH_ITER(hh, blocks->entries, entry, next)
    {
        if (block_is_forgettable(&entry->block, now_us))
            forget(blocks, entry);
    }
    pthread_mutex_unlock(&blocks->writing);
}

/* ---- look
 * --------------------------------------------------------------------------------------------------
 */

static bool is_meant(const struct block_entry *entry, const struct block_subject *subject)
{
    const struct block *block = &entry->block;
    const char *at = strrchr(subject->user, '@');
    switch (block->target) {
    case BLOCK_USER:
        return strcmp(block->whom, subject->user) == 0;
    case BLOCK_DOMAIN:
        return at != NULL && strcmp(block->whom, at + 1) == 0;
    case BLOCK_CUSTOMER:
        return strcmp(block->whom, subject->customer) == 0;
    case BLOCK_CLIENT:
        return subject->client != NULL && ip_network_contains(&entry->network, subject->client);
    }
    return false;
}

static bool is_stricter(const struct block *block, const struct block *than)
{
    if (than == NULL)
        return true;
    if (block->is_external_only != than->is_external_only)
        return than->is_external_only;
    if (block->target != than->target)
        return block->target < than->target;
    return than->is_lock && !block->is_lock;
}

static bool copy_found(void *owner, const struct block *from, struct block *found)
{
    *found = *from;
    found->whom = talloc_strdup(owner, from->whom);
    found->reason = talloc_strdup(owner, from->reason);
    found->by = talloc_strdup(owner, from->by);
    found->origin = talloc_strdup(owner, from->origin);
    return found->whom != NULL && found->reason != NULL && found->by != NULL && found->origin != NULL;
}

/* Networks cannot be looked up by a hash, and there are few blocks: all are looked at. */
bool blocks_find(struct blocks *blocks, const struct block_subject *subject, void *owner, struct block *found,
                 bool *failed)
{
    if (atomic_load(&blocks->count) == 0)
        return false;
    const int64_t now_us = clock_wall_us(blocks->clock);
    const struct block *strictest = NULL;
    pthread_mutex_lock(&blocks->lock);
    for (const struct block_entry *entry = blocks->entries; entry != NULL; entry = entry->hh.next)
        if (is_in_force(&entry->block, now_us) && is_meant(entry, subject) &&
            is_stricter(&entry->block, strictest))
            strictest = &entry->block;
    if (strictest != NULL && !copy_found(owner, strictest, found))
        *failed = true;
    pthread_mutex_unlock(&blocks->lock);
    return strictest != NULL;
}

bool blocks_find_lock(struct blocks *blocks, const char *user, void *owner, struct block *found, bool *failed)
{
    struct strbuf key;
    if (atomic_load(&blocks->count) == 0)
        return false;
    strbuf_init(&key, 0);
    block_write_key(&(struct block){.target = BLOCK_USER, .whom = user, .is_lock = true}, &key);
    pthread_mutex_lock(&blocks->lock);
    const struct block_entry *entry = key.failed ? NULL : blocks_entry(blocks, strbuf_text(&key));
    const bool is_locked = entry != NULL && is_in_force(&entry->block, clock_wall_us(blocks->clock));
    *failed = key.failed || (is_locked && !copy_found(owner, &entry->block, found)) || *failed;
    pthread_mutex_unlock(&blocks->lock);
    strbuf_deinit(&key);
    return is_locked;
}

size_t blocks_each(struct blocks *blocks, bool all, void (*show)(void *context, const struct block *block),
                   void *context)
{
    const int64_t now_us = clock_wall_us(blocks->clock);
    size_t count = 0;
    pthread_mutex_lock(&blocks->lock);
    const struct block_entry *last =
        blocks->entries == NULL ? NULL : ELMT_FROM_HH(blocks->entries->hh.tbl, blocks->entries->hh.tbl->tail);
    for (const struct block_entry *entry = last; entry != NULL; entry = entry->hh.prev) {
        if (!all && !is_in_force(&entry->block, now_us))
            continue;
        show(context, &entry->block);
        count++;
    }
    pthread_mutex_unlock(&blocks->lock);
    return count;
}
