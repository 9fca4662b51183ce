/* Blocks among servers: each tells the shared store what changed here, and takes over what changed there. */
#include "live/blocks_private.h"

#include "base/log.h"
#include "base/time_text.h"
#include "live/block_text.h"

#include <talloc.h>

static const char NOTES[] = "blocks";

enum {
    PAGE = STORE_NOTES_MAX,
    PAGES_MAX = 32, /* of one call: the rest comes with the next */
};

/* One page of what the store is not told yet. */
struct page {
    struct blocks *blocks;
    void *scratch;
    struct store_note notes[PAGE];
    size_t count;
    /* What the store remembers and no server need know: it may forget that too. */
    struct store_note stale[PAGE];
    size_t stale_count;
};

static struct slice text_of(void *scratch, const struct strbuf *text)
{
    const char *copy = text->failed ? NULL : talloc_strndup(scratch, strbuf_text(text), text->length);
    return copy == NULL ? slice_make("", 0) : slice_make(copy, text->length);
}

/* With `writing` held. */
static void add_note(struct page *page, const struct block_entry *entry)
{
    struct strbuf value;
    strbuf_init(&value, 0);
    block_write_value(&entry->block, &value);
    const struct store_note note = {.key = text_of(page->scratch, &entry->key),
                                    .stamp = entry->block.changed_us,
                                    .value = text_of(page->scratch, &value)};
    strbuf_deinit(&value);
    if (note.key.length > 0 && note.value.length > 0)
        page->notes[page->count++] = note;
}

static void collect(struct page *page)
{
    const int64_t now_us = clock_wall_us(page->blocks->clock);
    pthread_mutex_lock(&page->blocks->writing);
    for (const struct block_entry *entry = page->blocks->entries; entry != NULL && page->count < PAGE;
         entry = entry->hh.next)
        if (!entry->is_shared && !block_is_forgettable(&entry->block, now_us))
            add_note(page, entry);
    pthread_mutex_unlock(&page->blocks->writing);
}

/* Also what has changed meanwhile has another stamp, and is told next time. */
static void note_told(struct page *page)
{
    pthread_mutex_lock(&page->blocks->writing);
    for (size_t i = 0; i < page->count; i++) {
        struct block_entry *entry = blocks_entry(page->blocks, page->notes[i].key.data);
        if (entry != NULL && entry->block.changed_us == page->notes[i].stamp)
            entry->is_shared = true;
    }
    pthread_mutex_unlock(&page->blocks->writing);
}

static void tell_all_again(struct blocks *blocks)
{
    pthread_mutex_lock(&blocks->writing);
    for (struct block_entry *entry = blocks->entries; entry != NULL; entry = entry->hh.next)
        entry->is_shared = false;
    pthread_mutex_unlock(&blocks->writing);
}

static void log_news(const struct block *block)
{
    char until[TIME_TEXT_BYTES] = "it is lifted";
    const char *name = block_target_name(block->target);
    if (block->is_lifted) {
        log_info("%s: %s %s may send again; by %s on %s", block->is_lock ? "unlock" : "unblock", name,
                 block->whom, block->by, block->origin);
        return;
    }
    if (block->until_us != INT64_MAX)
        time_text_utc(block->until_us, until);
    log_info("%s: %s %s may not send%s until %s, reason: %s; by %s on %s", block->is_lock ? "lock" : "block",
             name, block->whom, block->is_external_only ? " to other domains" : "", until,
             block->reason[0] == '\0' ? "(none)" : block->reason, block->by, block->origin);
}

/* The newest wins; what is newer here is told again, whatever the store had acknowledged. */
static void take_over(struct page *page, const struct block *block, struct slice key)
{
    struct blocks *blocks = page->blocks;
    const char *name = talloc_strndup(page->scratch, key.data, key.length);
    if (name == NULL)
        return;
    pthread_mutex_lock(&blocks->writing);
    struct block_entry *entry = blocks_entry(blocks, name);
    const int64_t known_us = entry == NULL ? 0 : entry->block.changed_us;
    enum block_change change = BLOCK_IS_OLDER;
    if (entry == NULL || known_us < block->changed_us)
        change = blocks_change(blocks, block, true);
    else
        entry->is_shared = known_us == block->changed_us;
    pthread_mutex_unlock(&blocks->writing);
    if (change == BLOCK_CHANGED || change == BLOCK_NOT_KEPT)
        log_news(block);
    if (change == BLOCK_NOT_KEPT)
        log_error("a block of another server is in force, and cannot be written: %s",
                  state_database_error(blocks->database));
}

/* What it says comes over the network: it is read as hostile, and what cannot be read is left alone. */
static void take_note(void *context, const struct store_note *note)
{
    struct page *page = context;
    struct block block;
    if (note->value.length == 0 || !block_read(page->scratch, note->key, note->value, &block))
        return;
    if (!block_is_forgettable(&block, clock_wall_us(page->blocks->clock)))
        take_over(page, &block, note->key);
    else if (page->stale_count < PAGE)
        page->stale[page->stale_count++] = (struct store_note){
            .key =
                slice_make(talloc_strndup(page->scratch, note->key.data, note->key.length), note->key.length),
            .stamp = note->stamp};
}

static void forget_stale(const struct page *page, struct store *store)
{
    struct store_exchange exchange = {.kind = NOTES, .mine = page->stale, .count = page->stale_count};
    for (size_t i = 0; i < page->stale_count; i++)
        if (page->stale[i].key.data == NULL)
            return; /* out of memory: another time */
    if (page->stale_count > 0)
        store_exchange_notes(store, &exchange);
}

/* True: there may be more. */
static bool share_page(struct blocks *blocks, struct store *store)
{
    struct page *page = talloc_zero(NULL, struct page);
    if (page == NULL)
        return false;
    page->blocks = blocks;
    page->scratch = page;
    collect(page);
    struct store_exchange exchange = {.kind = NOTES,
                                      .reader = &blocks->reader,
                                      .mine = page->notes,
                                      .count = page->count,
                                      .show = take_note,
                                      .context = page};
    const enum store_notes_answer answer = store_exchange_notes(store, &exchange);
    const bool is_told = answer == STORE_NOTES_TOLD || answer == STORE_NOTES_ANEW;
    if (answer == STORE_NOTES_ANEW)
        tell_all_again(blocks);
    if (is_told) {
        note_told(page);
        forget_stale(page, store);
    }
    const bool may_have_more =
        is_told && (answer == STORE_NOTES_ANEW || page->count > 0 || exchange.has_more);
    talloc_free(page);
    return may_have_more;
}

void blocks_share(struct blocks *blocks, struct store *store)
{
    for (int pages = 0; pages < PAGES_MAX && share_page(blocks, store); pages++)
        ;
}
