/*
 * Counters that several servers share: what the files of it share. For policy/store/ only.
 *
 *   store_redis.c    the kind: its life, its pulse, what it says of itself
 *   redis_hold.c     what a message reserves, settles, gives back
 *   redis_decision.c one question to decide.lua, and its answer
 *   redis_script.c   scripts as commands, and what they answer
 *   redis_share.c    what is remembered of counters, and the decision by a share while the server is away
 *   redis_unsent.c   what was charged meanwhile, for when the server is back
 *   redis_keys.c     all counters: lists and resets
 *   redis_notes.c    what servers tell each other
 */
#ifndef CLOSEDRELAY_STORE_STORE_REDIS_H
#define CLOSEDRELAY_STORE_STORE_REDIS_H

#include "base/ticker.h"
#include "store/redis_connection.h"
#include "store/store_kind.h"

#include <pthread.h>

enum {
    REDIS_NAME_BYTES = 64,
    REDIS_OWNER_BYTES = 96,
    REDIS_SHA_BYTES = 41,
    REDIS_PATIENCE_MS = 1000,   /* of an administrator's question */
    REDIS_REMEMBERED = 1 << 18, /* counters whose last level is known */
};

/* Of every key; one hash tag, so that a cluster keeps all of them in one place. */
#define REDIS_PREFIX "closedrelay:{limits}:"

struct redis_script {
    const char *text;
    char sha[REDIS_SHA_BYTES];
};

/* The last level of a counter: what a share is made of, and what spares asking again. */
struct redis_remembered {
    uint64_t hash;     /* 0: nothing */
    uint64_t used;     /* with what is reserved */
    uint64_t charged;  /* without */
    int64_t seen_us;   /* by the server's clock */
    int64_t lapses_us; /* when nothing of it counts any more */
    int64_t exceeded_until_us;
    uint64_t memory; /* store_redis.memory of the time when it was asked */
};

struct redis_unsent;

struct store_redis {
    struct store base;
    struct redis_address address;
    struct redis_connection *connection;
    struct store *local; /* decides while the server is away */
    void *owner;         /* talloc: the address */
    char name[REDIS_NAME_BYTES];
    char memory_key[REDIS_NAME_BYTES + 48];
    uint64_t seed[2];
    struct redis_script decide, notes, pulse;
    struct pending_bound waiting;    /* who waits for an answer */
    struct pending reached;          /* done once it was there for the first time */
    atomic_uint servers;             /* that were seen lately; at least 1 */
    _Atomic int64_t offset_us;       /* the server's time less our monotonic one; 0: not known */
    _Atomic int64_t away_us;         /* since when, wall clock; 0: it is there */
    atomic_uint under_way;           /* how many waited for it when it went away */
    struct ticker *settler;          /* sends what was charged meanwhile */
    atomic_uint_least64_t connected; /* how many times */
    /* Counts how often the server may have lost its memory: a new connection, or a server that does not know
     * us. What was learnt before is told it again. */
    atomic_uint_least64_t memory;
    atomic_uint_least64_t next_owner;
    /* While the server is away, and until what was charged meanwhile has reached it from all servers. */
    atomic_bool is_by_share;
    atomic_uint_least64_t shared_until_ms; /* at least, monotonic */
    pthread_mutex_t lock;                  /* guards all below */
    struct redis_remembered *remembered;
    struct redis_unsent *unsent; /* oldest first */
    size_t unsent_count;
    /* The connection's thread's own: */
    struct redis_call *beat; /* the pulse that is under way */
    struct pending_notice beat_told;
    bool is_pulse_unknown; /* the server does not know the script */
    char stream_seen[48];
};

/* What is held of one counter at the server. */
struct redis_held {
    char *key;
    uint64_t reserved, used;
    struct window_level level;
};

struct redis_hold {
    struct store_hold base;
    char owner[REDIS_OWNER_BYTES];
    struct store_hold *local;     /* not NULL: this message is decided here */
    uint64_t waited_us;           /* for all its answers together */
    uint64_t overdue_us;          /* of that, while they were there already */
    struct redis_decision *asked; /* not NULL: its answer is on its way */
    size_t held_before;           /* how much was held when it was asked */
    size_t held_count;
    struct redis_held held[];
};

/* ---- redis_script.c --------------------------------------------------------------------------------- */

void redis_script_init(struct redis_script *script, const char *text);

/* EVALSHA with its keys and arguments; texts of its own under `scratch`. */
struct redis_command {
    struct redis_script *script;
    void *scratch;
    struct slice *arguments;
    size_t count, room;
    bool failed;
    uint64_t overdue_us; /* out: see redis_overdue_us() */
};

/* For `key_count` keys and as many arguments as `room` says; redis_command_end() in any case. */
void redis_command_begin(struct redis_command *command, struct redis_script *script, size_t key_count,
                         size_t room);
void redis_command_end(struct redis_command *command);
void redis_command_add(struct redis_command *command, struct slice argument);
void redis_command_add_text(struct redis_command *command, const char *text);
void redis_command_add_number(struct redis_command *command, int64_t number);
/* With the script's text in place of its name, for a server that says it does not know it. */
void redis_command_make_whole(struct redis_command *command);
bool redis_is_missing_script(const redisReply *reply); /* NULL is allowed */

/* Sends it and waits as `waiter` says; again with the whole script where the server does not know it. The
 * call is the caller's to drop; `reply` is NULL where no answer came. */
struct redis_call *redis_ask(struct store_redis *redis, struct redis_command *command,
                             struct pending_waiter *waiter, const redisReply **reply);

/* A number, or a text that is one; 0 where there is none. */
int64_t redis_number_at(const redisReply *reply, size_t at);

/* The name of a charge's counter, under the talloc context `owner`. */
char *redis_counter_key(void *owner, const struct store_charge *charge);
/* "closedrelay:{limits}:LIMIT|KEY"; false: it is no counter's. */
bool redis_counter_split(struct slice name, struct slice *limit, struct slice *key);

/* ---- redis_decision.c ------------------------------------------------------------------------------- */

/* One question to decide.lua. */
struct redis_decision {
    const char *operation; /* "reserve" */
    const char *owner;     /* of which message; "": of none */
    struct store_charge *charges;
    size_t count;
    /* No message waits for it: a server that lost its memory is told at once what is known. */
    bool tells;
    /* Out: */
    uint64_t granted[STORE_CHARGES_MAX]; /* what was reserved of each */
    bool is_answered;                    /* also by an error: asking again makes it no better */
    uint64_t waited_us, overdue_us;
    /* While it is under way: */
    struct redis_call *call; /* NULL: it was not sent, for the server is away */
    struct pending_waiter waiter;
    uint64_t begun_us, memory;
    bool is_whole, is_telling; /* with the script's text; with what is known */
};

/* Asks, waits, and takes the answer: all that follows in one. */
enum store_answer redis_decide(struct store_redis *redis, struct redis_decision *decision);

/* Sends it; redis_decision_end() or _drop() in any case. The charges stay in place until then. */
void redis_decision_begin(struct store_redis *redis, struct redis_decision *decision);
/* Waits for the answer; where there is `awaited` not here: true says what to come back for. */
bool redis_decision_waits(struct store_redis *redis, struct redis_decision *decision,
                          struct pending_awaited *awaited);
/* Levels are put into the charges, and remembered. STORE_UNKNOWN: there was no answer of use. */
enum store_answer redis_decision_end(struct store_redis *redis, struct redis_decision *decision);
/* Nobody wants the answer any more. */
void redis_decision_drop(struct redis_decision *decision);

/* Makes this server known to a store that does not know it (any more). False: there was no answer. */
bool redis_introduce(struct store_redis *redis);

/* The store has forgotten: until all servers have told it what they know, each goes on with its share. */
void redis_lose_memory(struct store_redis *redis, uint64_t memory);

/* ---- redis_share.c ---------------------------------------------------------------------------------- */

struct redis_remembered redis_recall(struct store_redis *redis, const struct store_charge *charge);
/* The charge's level; of `seen` what is charged, when, and in which memory. */
void redis_remember(struct store_redis *redis, const struct store_charge *charge,
                    const struct redis_remembered *seen);
/* `moved`: by another server; only where it is newer than what is known, and that need not be told any more.
 */
void redis_remember_moved(struct store_redis *redis, struct slice limit, struct slice key,
                          const struct redis_remembered *moved);
void redis_forget_remembered(struct store_redis *redis);

/* The decision by this daemon's share, and what it charges against it. */
enum store_answer redis_reserve_share(struct store_redis *redis, struct redis_hold *hold,
                                      struct store_charge *charges, size_t count);
void redis_settle_share(struct store_redis *redis, struct redis_hold *hold,
                        const struct store_charge *charges, size_t count);

/* ---- redis_unsent.c --------------------------------------------------------------------------------- */

/* Keeps a charge until the server is back. `owner`: of a settlement that was sent and not answered; NULL: it
 * was never sent, and may be added to others of the same counter. */
void redis_unsent_keep(struct store_redis *redis, const char *owner, const struct store_charge *charges,
                       size_t count);
/* Keeps that what `owner` reserved of a counter is to be given back. */
void redis_unsent_keep_release(struct store_redis *redis, const char *owner, struct slice counter);
/* Sends what is kept; what is not answered is kept for the next time, under the same number. True: nothing is
 * left. */
bool redis_unsent_send(struct store_redis *redis);
bool redis_unsent_is_any(struct store_redis *redis);
void redis_unsent_free(struct store_redis *redis);

/* A name for a message or a charge, unlike all others on all servers. */
void redis_owner_make(struct store_redis *redis, char owner[REDIS_OWNER_BYTES]);

/* ---- the rest --------------------------------------------------------------------------------------- */

enum store_answer redis_reserve(struct store_hold *hold, struct store_charge *charges, size_t count,
                                struct pending_awaited *awaited);
bool redis_settle(struct store_hold *hold, struct store_charge *charges, size_t count,
                  struct pending_awaited *awaited);
void redis_release(struct store_hold *hold);
bool redis_look(struct store *store, struct store_charge *charges, size_t count);
bool redis_reset(struct store *store, struct slice limit, struct slice key, size_t *count);
bool redis_each(struct store *store, void (*show)(void *context, const struct store_counter *counter),
                void *context);
enum store_notes_answer redis_exchange(struct store *store, struct store_exchange *exchange);
int64_t redis_now_us(const struct store *store);

#endif
