/*
 * Where counters live that limits are made of: in this process, or shared by several servers.
 *
 * A limit is asked for a key ("user recipients 500/3600", "ann@example.com"), and what a message would use is
 * reserved first, for all its limits together or for none. A reservation has an owner, the hold of one
 * message: it is settled with what was really used when the message was accepted, and given back in any other
 * case, at the latest when its deadline passes, so nothing sticks. Only what was settled is charged.
 *
 * An empty key is never counted; the caller leaves such a charge out. Any thread may call everything but
 * create and destroy; a hold is used by one thread at a time.
 */
#ifndef CLOSEDRELAY_STORE_STORE_H
#define CLOSEDRELAY_STORE_STORE_H

#include "base/clock.h"
#include "base/pending.h"
#include "base/slice.h"
#include "base/strbuf.h"
#include "store/window.h"

enum {
    STORE_CHARGES_MAX = 64, /* of one reservation */
    STORE_KEY_BYTES_MAX = 640,
};

/* Who can make up keys. Strangers' have a table of their own, so that they cannot push out logins. */
enum store_population { STORE_LOGINS, STORE_STRANGERS, STORE_POPULATIONS };

struct store_charge {
    struct slice
        limit;        /* what is counted, with its parameters: two policies never share a counter by chance */
    struct slice key; /* for whom; not empty */
    uint64_t limit_hash; /* store_limit_hash(limit); 0: the store works it out */
    uint64_t place;      /* the store's own; 0 at first, and whenever limit or key have changed */
    enum store_population population;
    struct window window;
    uint64_t amount;
    /* How much more may follow for the same message: a shared store reserves it at once where there is
     * plenty, so that a message of thirty recipients asks the server twice, not thirty times. */
    uint64_t extra;
    uint64_t warn_at; /* a warning is due when `used` gets this far, once, until it falls below warn_until; 0:
                         none */
    uint64_t warn_until;
    bool is_watched; /* counted, and never in the way */
    /* Out: */
    struct window_level level; /* settle, in memory: `limit` and `used` alone */
    bool is_exceeded;          /* `amount` did not fit */
    bool is_share;             /* the store is away: the level is of this server's share */
    bool warns;                /* settle: warn_at was crossed just now */
};

enum store_answer {
    STORE_FITS,     /* reserved */
    STORE_EXCEEDED, /* nothing is reserved; charge.is_exceeded tells what binds */
    STORE_UNKNOWN,  /* the store cannot tell: away, full of keys at their limit, or out of memory */
    STORE_WAITS,    /* the answer is on its way */
};

struct store;
struct store_hold;

/* One counter, for lists. Valid during the call that shows it. */
struct store_counter {
    struct slice limit;
    struct slice key;
    enum store_population population;
    const struct window_state *state; /* NULL: it is not here; store_look() asks for its level */
};

/* The current time of the store, for window_look(): it does not step with the wall clock. */
int64_t store_now_us(const struct store *store);

/* The wall clock that days and months are told by: of a shared store its own, so that a server whose clock is
 * wrong counts into the same day as all others. */
int64_t store_calendar_us(const struct store *store);

/* Worked out once a limit, not once a message. */
uint64_t store_limit_hash(struct slice limit);

/* For at most `charges_max` different charges (STORE_CHARGES_MAX at most). A talloc child of `owner`; freeing
 * it gives back what it still holds. NULL: out of memory. */
struct store_hold *store_hold_create(struct store *store, void *owner, size_t charges_max,
                                     size_t extra_bytes);
/* Its `extra_bytes`, for the caller's own use; all zero at first. */
void *store_hold_extra(struct store_hold *hold);

/* Reserves all charges or none; levels are told in either case but STORE_UNKNOWN. May be called again for the
 * same hold: amounts add up. The same charges in the same order find their counters at once.
 *
 * Where the store is elsewhere it is waited for, unless there is `awaited`: then STORE_WAITS fills that in,
 * and the call is to be repeated with the same charges once the answer is there or late. */
enum store_answer store_reserve(struct store_hold *hold, struct store_charge *charges, size_t count,
                                struct pending_awaited *awaited);

/* The message was accepted: charges the true amounts, which may differ from those reserved, and gives back
 * what the hold held. False: `awaited` says what to repeat it for, as above. */
bool store_settle(struct store_hold *hold, struct store_charge *charges, size_t count,
                  struct pending_awaited *awaited);

/* Gives back all that the hold holds; harmless when it holds nothing. */
void store_release(struct store_hold *hold);

/* Tells the levels and changes nothing. False: the store cannot tell. */
bool store_look(struct store *store, struct store_charge *charges, size_t count);

/* Forgets what was charged to every counter of `key`, or of the one limit where `limit` is not empty; how
 * many there were is in `count`. What is reserved stays. False: a store that is away may have more. */
bool store_reset(struct store *store, struct slice limit, struct slice key, size_t *count);

/* Shows every counter that is not empty; `show` must not call back. False: a store that is away may have
 * more. */
bool store_each(struct store *store, void (*show)(void *context, const struct store_counter *counter),
                void *context);

/* ---- notes ------------------------------------------------------------------------------------------ */

/*
 * What servers tell each other through a store that they share: short texts under names, of each the one with
 * the greatest stamp. A store may forget them at any time: whoever owns them keeps them, and tells them
 * again.
 */
enum { STORE_NOTES_MAX = 64, STORE_NOTE_BYTES_MAX = 4096 };

struct store_note {
    struct slice key;
    int64_t stamp;      /* below 2^53: a wall clock in us */
    struct slice value; /* mine, empty: the store may forget what it has up to this stamp */
};

/* How far the notes of a kind were read. All zero at first. */
struct store_notes_reader {
    uint64_t connection;
    char epoch[24];
    int64_t seen;
};

enum store_notes_answer {
    STORE_NOTES_ALONE, /* this store is not shared */
    STORE_NOTES_AWAY,  /* nothing was exchanged, as far as is known */
    STORE_NOTES_TOLD,
    STORE_NOTES_ANEW, /* told; but the store may have lost all that it was told before */
};

struct store_exchange {
    const char *kind;                  /* "blocks" */
    struct store_notes_reader *reader; /* NULL: nothing is read */
    const struct store_note *mine;
    size_t count; /* at most STORE_NOTES_MAX */
    /* Called for each note that changed since the last time, also for one's own. Must not call back. */
    void (*show)(void *context, const struct store_note *note);
    void *context;
    bool has_more; /* out: it was not all */
};

/* Waits for the store as a decision does. One thread at a time for a reader. */
enum store_notes_answer store_exchange_notes(struct store *store, struct store_exchange *exchange);

/* About once a second, on any thread. */
void store_tick(struct store *store);

/* What `status` says of it: "memory", "redis://127.0.0.1:6379/0, shared by 2 servers", "…, away since …:
 * shares of 1/2". False: something is wrong with it. */
bool store_describe(struct store *store, struct strbuf *out);

void store_destroy(struct store *store); /* after the last hold; NULL is allowed */

/* ---- kinds ------------------------------------------------------------------------------------------------
 */

struct store_memory_options {
    struct clock clock;
    uint64_t seed[2]; /* random: strangers choose keys */
    size_t keys_max[STORE_POPULATIONS];
};

/* In this process. NULL: out of memory. */
struct store *store_memory_create(const struct store_memory_options *options);

/* Of a memory store: forgets what was charged to any counter. What is reserved stays; the places of all
 * others are free. */
void store_memory_forget(struct store *store);

/* Of a memory store, for what keeps it over a restart (store_checkpoint.h). */
enum { STORE_MEMORY_PARTS = 64 };

/* Gives each counter of one of STORE_MEMORY_PARTS parts that has changed since the last time to `take`, which
 * must not call back; mail that needs this part waits meanwhile. Returns how many. */
size_t store_memory_take_changed(struct store *store, size_t part,
                                 void (*take)(void *context, const struct store_counter *counter),
                                 void *context);

/* Puts a counter back as it was; what is reserved stays. False: no memory, or no place. */
bool store_memory_put(struct store *store, const struct store_counter *counter);

/*
 * Shared by several servers through Redis (6 or later) or Valkey at `url` (redis_connection.h). Each decision
 * is one script on the server, all or nothing, by the server's clock. While the server is away each daemon
 * goes on with its share of what was left, and charges what it let pass once the server is back. NULL: the
 * URL cannot be used, or no memory (reason in `problem`); a server that is away is no reason.
 */
struct store_redis_options {
    struct clock clock;
    uint64_t seed[2];
    const char *url;
    const char *name; /* of this daemon, unlike all others': keeps reservations apart */
};

struct store *store_redis_create(const struct store_redis_options *options, struct strbuf *problem);

#endif
