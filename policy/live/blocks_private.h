/* What the files of blocks share. For policy/live/ only. */
#ifndef CLOSEDRELAY_LIVE_BLOCKS_PRIVATE_H
#define CLOSEDRELAY_LIVE_BLOCKS_PRIVATE_H

#include "live/blocks.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct block_entry {
    struct strbuf key;         /* block_text.h */
    struct block block;        /* texts are talloc children of the entry */
    struct ip_network network; /* BLOCK_CLIENT */
    bool is_shared;            /* the store has been told; guarded by `writing` */
    UT_hash_handle hh;
};

struct blocks {
    const struct clock *clock;
    struct state_database *database;
    atomic_size_t count;         /* of all entries: most servers have none, and ask no further */
    pthread_mutex_t writing;     /* held over a whole change, also while it gets to the disk */
    pthread_mutex_t lock;        /* guards the entries; taken after `writing`, and never held while waiting */
    struct block_entry *entries; /* the oldest change first */
    struct store_notes_reader reader; /* blocks_share()'s own */
};

/* What blocks_put() does with `writing` held: the block's changed_us is said, and the newest wins. */
enum block_change { BLOCK_CHANGED, BLOCK_IS_OLDER, BLOCK_NO_ROOM, BLOCK_NOT_KEPT };
enum block_change blocks_change(struct blocks *blocks, const struct block *block, bool is_shared);

/* The entry of that key, or NULL; with `writing` or `lock` held. */
struct block_entry *blocks_entry(struct blocks *blocks, const char *key);

/* Whether it has been over for so long that no server need know. */
bool block_is_forgettable(const struct block *block, int64_t now_us);

#endif
