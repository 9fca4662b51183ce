#include "live/blocks.h"

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <talloc.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

static const char KIND[] = "block";

enum { REMEMBERED_DAYS = 30 };

struct entry {
    char *key;                 /* "user ann@example.com" */
    struct block block;        /* texts are talloc children of the entry */
    struct ip_network network; /* BLOCK_CLIENT */
    UT_hash_handle hh;
};

struct blocks {
    const struct clock *clock;
    struct state_database *database;
    atomic_size_t count;   /* of all entries: most servers have none, and ask no further */
    pthread_mutex_t lock;  /* guards the entries */
    struct entry *entries; /* the oldest change first */
};

const char *block_target_name(enum block_target target)
{
    static const char *const names[] = {"user", "domain", "customer", "client"};
    return names[target];
}

/* ---- what is meant
 * ----------------------------------------------------------------------------------------- */

/* "user:ann", "user ann" */
static bool take_target(const char **text, enum block_target *target)
{
    static const struct {
        const char *word;
        enum block_target target;
    } words[] = {{"user", BLOCK_USER},         {"login", BLOCK_USER},    {"domain", BLOCK_DOMAIN},
                 {"customer", BLOCK_CUSTOMER}, {"client", BLOCK_CLIENT}, {"ip", BLOCK_CLIENT}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].word);
        if (strncasecmp(*text, words[i].word, length) == 0 &&
            ((*text)[length] == ':' || (*text)[length] == ' ')) {
            *text += length + 1;
            *target = words[i].target;
            return true;
        }
    }
    return false;
}

static enum block_target guess_target(const char *text)
{
    struct ip_network network;
    if (ip_network_parse(slice_of(text), &network, NULL))
        return BLOCK_CLIENT;
    const char *at = strrchr(text, '@');
    if (at == text || (at == NULL && strchr(text, '.') != NULL && strchr(text, ':') == NULL))
        return BLOCK_DOMAIN;
    return BLOCK_USER;
}

static const char *lower_copy(void *owner, const char *text)
{
    char *copy = talloc_strndup(owner, text, BLOCK_TEXT_BYTES_MAX);
    ascii_lower_text(copy);
    return copy;
}

static const char *network_copy(void *owner, const char *text, struct strbuf *problem)
{
    struct ip_network network;
    char printed[IP_ADDRESS_TEXT_BYTES + 4];
    bool has_host_bits = false;
    if (!ip_network_parse(slice_of(text), &network, &has_host_bits)) {
        strbuf_printf(problem, "'%s' is no address and no network%s", text,
                      has_host_bits ? ": bits are set behind its prefix" : "");
        return NULL;
    }
    ip_network_print(&network, printed);
    return talloc_strdup(owner, printed);
}

bool block_target_read(void *owner, const char *text, enum block_target *target, const char **whom,
                       struct strbuf *problem)
{
    const char *what = text;
    if (!take_target(&what, target))
        *target = guess_target(what);
    if (*target == BLOCK_DOMAIN && *what == '@')
        what++;
    if (*what == '\0') {
        strbuf_printf(problem, "'%s' names nobody: a login, a domain, customer:NAME or an address", text);
        return false;
    }
    *whom = *target == BLOCK_CLIENT ? network_copy(owner, what, problem) : lower_copy(owner, what);
    if (*whom == NULL && problem->length == 0)
        strbuf_append_text(problem, "out of memory");
    return *whom != NULL;
}

/* ---- entries
 * ----------------------------------------------------------------------------------------------- */

static int entry_forget_key(struct entry *entry)
{
    free(entry->key);
    return 0;
}

static char *key_of(enum block_target target, const char *whom)
{
    char *key = NULL;
    return asprintf(&key, "%s %s", block_target_name(target), whom) < 0 ? NULL : key;
}

static bool copy_text(struct entry *entry, const char **text)
{
    *text = talloc_strndup(entry, *text == NULL ? "" : *text, BLOCK_TEXT_BYTES_MAX);
    return *text != NULL;
}

static struct entry *entry_create(const struct block *block)
{
    struct entry *entry = talloc_zero(NULL, struct entry);
    if (entry == NULL)
        return NULL;
    talloc_set_destructor(entry, entry_forget_key);
    entry->block = *block;
    entry->key = key_of(block->target, block->whom);
    bool is_usable =
        entry->key != NULL && copy_text(entry, &entry->block.whom) &&
        copy_text(entry, &entry->block.reason) && copy_text(entry, &entry->block.by) &&
        (block->target != BLOCK_CLIENT || ip_network_parse(slice_of(block->whom), &entry->network, NULL));
    if (!is_usable)
        TALLOC_FREE(entry);
    return entry;
}

static bool is_in_force(const struct block *block, int64_t now_us)
{
    return !block->is_lifted && block->until_us > now_us;
}

/* Takes over `fresh`; false: what is there is newer, or there is no room. */
static bool replace_locked(struct blocks *blocks, struct entry *fresh)
{
    struct entry *former = NULL;
    HASH_FIND_STR(blocks->entries, fresh->key, former);
    if (former != NULL && former->block.changed_us > fresh->block.changed_us)
        return false;
    if (former == NULL && HASH_COUNT(blocks->entries) >= BLOCKS_MAX)
        return false;
    if (former != NULL) {
        HASH_DEL(blocks->entries, former);
        talloc_free(former);
    }
    HASH_ADD_KEYPTR(hh, blocks->entries, fresh->key, strlen(fresh->key), fresh);
    atomic_store(&blocks->count, HASH_COUNT(blocks->entries));
    return fresh->hh.tbl != NULL;
}

/* ---- on the disk
 * ------------------------------------------------------------------------------------------- */

static void write_value(const struct block *block, struct strbuf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_text(&json, "reason", block->reason);
    json_text(&json, "by", block->by);
    json_bool(&json, "lock", block->is_lock);
    json_bool(&json, "external_only", block->is_external_only);
    json_bool(&json, "lifted", block->is_lifted);
    json_u64(&json, "since_us", (uint64_t)block->since_us);
    json_u64(&json, "until_us", (uint64_t)block->until_us);
    json_u64(&json, "changed_us", (uint64_t)block->changed_us);
    json_close_object(&json);
}

static int64_t read_time(const struct json_value *object, const char *name)
{
    struct json_value value = json_member(object, name);
    uint64_t number = 0;
    return json_read_u64(&value, &number) && number <= INT64_MAX ? (int64_t)number : 0;
}

static const char *read_text(void *owner, const struct json_value *object, const char *name)
{
    struct json_value value = json_member(object, name);
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    struct slice text = json_read_string(&value, &scratch);
    const char *copy = talloc_strndup(owner, text.length == 0 ? "" : text.data, text.length);
    strbuf_deinit(&scratch);
    return copy == NULL ? "" : copy;
}

static bool read_flag(const struct json_value *object, const char *name)
{
    return json_member(object, name).kind == JSON_KIND_TRUE;
}

struct loading {
    struct blocks *blocks;
    size_t broken_count;
};

static bool split_key(void *owner, struct slice key, struct block *block)
{
    const char *text = talloc_strndup(owner, key.length == 0 ? "" : key.data, key.length);
    for (int target = BLOCK_USER; text != NULL && target <= BLOCK_CLIENT; target++) {
        const char *name = block_target_name((enum block_target)target);
        size_t length = strlen(name);
        if (strncmp(text, name, length) != 0 || text[length] != ' ')
            continue;
        block->target = (enum block_target)target;
        block->whom = text + length + 1;
        return true;
    }
    return false;
}

static void load_one(void *context, struct slice key, struct slice value)
{
    struct loading *loading = context;
    void *scratch = talloc_new(NULL);
    struct block block = {0};
    const struct json_value object = {.kind = JSON_KIND_OBJECT, .text = value};
    struct entry *entry = NULL;
    if (scratch != NULL && split_key(scratch, key, &block)) {
        block.reason = read_text(scratch, &object, "reason");
        block.by = read_text(scratch, &object, "by");
        block.is_lock = read_flag(&object, "lock");
        block.is_external_only = read_flag(&object, "external_only");
        block.is_lifted = read_flag(&object, "lifted");
        block.since_us = read_time(&object, "since_us");
        block.until_us = read_time(&object, "until_us");
        block.changed_us = read_time(&object, "changed_us");
        entry = block.changed_us == 0 ? NULL : entry_create(&block);
    }
    if (entry == NULL || !replace_locked(loading->blocks, entry)) {
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

/* ---- life
 * -------------------------------------------------------------------------------------------------- */

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
    struct entry *next = blocks->entries;
    HASH_CLEAR(hh, blocks->entries); /* the entries stay linked */
    while (next != NULL) {
        struct entry *entry = next;
        next = entry->hh.next;
        talloc_free(entry);
    }
    pthread_mutex_destroy(&blocks->lock);
    free(blocks);
}

/* ---- change
 * ------------------------------------------------------------------------------------------------ */

static bool keep(struct blocks *blocks, const struct block *block, struct strbuf *problem)
{
    struct strbuf value;
    if (blocks->database == NULL)
        return true;
    char *key = key_of(block->target, block->whom);
    strbuf_init(&value, 0);
    write_value(block, &value);
    const struct slice bytes = strbuf_slice(&value);
    bool kept =
        key != NULL && !value.failed && state_database_put(blocks->database, KIND, slice_of(key), &bytes);
    if (!kept)
        strbuf_printf(problem,
                      "it is in force, but will be forgotten at the next start: it cannot be written: %s",
                      key == NULL || value.failed ? "out of memory" : state_database_error(blocks->database));
    strbuf_deinit(&value);
    free(key);
    return kept;
}

bool blocks_put(struct blocks *blocks, const struct block *block, struct strbuf *problem)
{
    struct block dated = *block;
    if (dated.changed_us == 0)
        dated.changed_us = clock_wall_us(blocks->clock);
    struct entry *entry = entry_create(&dated);
    if (entry == NULL) {
        strbuf_append_text(problem, "out of memory");
        return false;
    }
    pthread_mutex_lock(&blocks->lock);
    bool replaced = replace_locked(blocks, entry);
    bool kept = replaced && keep(blocks, &entry->block, problem);
    pthread_mutex_unlock(&blocks->lock);
    if (!replaced) {
        talloc_free(entry);
        strbuf_append_text(problem, "a newer change of it is in force, or there is no room for more blocks");
    }
    return kept;
}

/* ---- look
 * -------------------------------------------------------------------------------------------------- */

static bool is_meant(const struct entry *entry, const struct block_subject *subject)
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
    return block->target < than->target;
}

static bool copy_found(void *owner, const struct block *from, struct block *found)
{
    *found = *from;
    found->whom = talloc_strdup(owner, from->whom);
    found->reason = talloc_strdup(owner, from->reason);
    found->by = talloc_strdup(owner, from->by);
    return found->whom != NULL && found->reason != NULL && found->by != NULL;
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
    for (const struct entry *entry = blocks->entries; entry != NULL; entry = entry->hh.next)
        if (is_in_force(&entry->block, now_us) && is_meant(entry, subject) &&
            is_stricter(&entry->block, strictest))
            strictest = &entry->block;
    if (strictest != NULL && !copy_found(owner, strictest, found))
        *failed = true;
    pthread_mutex_unlock(&blocks->lock);
    return strictest != NULL;
}

size_t blocks_each(struct blocks *blocks, bool all, void (*show)(void *context, const struct block *block),
                   void *context)
{
    const int64_t now_us = clock_wall_us(blocks->clock);
    size_t count = 0;
    pthread_mutex_lock(&blocks->lock);
    const struct entry *last =
        blocks->entries == NULL ? NULL : ELMT_FROM_HH(blocks->entries->hh.tbl, blocks->entries->hh.tbl->tail);
    for (const struct entry *entry = last; entry != NULL; entry = entry->hh.prev) {
        if (!all && !is_in_force(&entry->block, now_us))
            continue;
        show(context, &entry->block);
        count++;
    }
    pthread_mutex_unlock(&blocks->lock);
    return count;
}

static bool is_forgettable(const struct block *block, int64_t now_us)
{
    static const int64_t REMEMBERED_US = REMEMBERED_DAYS * 86400LL * 1000000;
    if (is_in_force(block, now_us))
        return false;
    int64_t over_us = block->is_lifted || block->until_us > now_us ? block->changed_us : block->until_us;
    return over_us < now_us - REMEMBERED_US;
}

void blocks_prune(struct blocks *blocks)
{
    const int64_t now_us = clock_wall_us(blocks->clock);
    struct entry *entry, *next;
    pthread_mutex_lock(&blocks->lock);
    HASH_ITER(hh, blocks->entries, entry, next)
    {
        if (!is_forgettable(&entry->block, now_us))
            continue;
        if (blocks->database != NULL)
            state_database_put(blocks->database, KIND, slice_of(entry->key), NULL);
        HASH_DEL(blocks->entries, entry);
        talloc_free(entry);
    }
    atomic_store(&blocks->count, HASH_COUNT(blocks->entries));
    pthread_mutex_unlock(&blocks->lock);
}
