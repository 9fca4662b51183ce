/* What a kind of store brings. For policy/store/ only. */
#ifndef CLOSEDRELAY_STORE_STORE_KIND_H
#define CLOSEDRELAY_STORE_STORE_KIND_H

#include "store/store.h"

struct store_kind {
    size_t hold_bytes; /* of a hold */
    size_t held_bytes; /* and of each charge of it, behind */
    enum store_answer (*reserve)(struct store_hold *hold, struct store_charge *charges, size_t count,
                                 struct pending_awaited *awaited);
    bool (*settle)(struct store_hold *hold, struct store_charge *charges, size_t count,
                   struct pending_awaited *awaited);
    void (*release)(struct store_hold *hold);
    bool (*look)(struct store *store, struct store_charge *charges, size_t count);
    bool (*reset)(struct store *store, struct slice limit, struct slice key, size_t *count);
    bool (*each)(struct store *store, void (*show)(void *context, const struct store_counter *counter),
                 void *context);
    enum store_notes_answer (*exchange)(struct store *store, struct store_exchange *exchange); /* or NULL */
    void (*tick)(struct store *store);                                                         /* or NULL */
    int64_t (*now_us)(const struct store *store); /* or NULL: store.c's own */
    bool (*describe)(struct store *store, struct strbuf *out);
    void (*destroy)(struct store *store);
};

/* First member of every kind's own struct. */
struct store {
    const struct store_kind *kind;
    struct clock clock;
    int64_t started_us;       /* wall clock */
    uint64_t started_tick_us; /* monotonic, at the same moment */
};

/* First member of every kind's hold. */
struct store_hold {
    struct store *store;
    size_t charges_max;
    void *extra;
};

void store_init(struct store *store, const struct store_kind *kind, const struct clock *clock);

#endif
