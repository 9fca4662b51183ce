/* Counters that several servers share; what the server decides by is decide.lua. */
#include "store/store_kind.h"

#include "base/log.h"
#include "base/siphash.h"
#include "store/redis_connection.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

enum {
    CONNECT_MS = 50,
    COMMAND_MS = 20,
    RESERVED_MS = 600000, /* longer than any MTA takes for the content of a message */
    SERVERS_SEEN_MS = 5000,
    REMEMBERED = 65536, /* counters whose last level is known; a power of two */
    UNSENT_MAX = 20000, /* messages accepted while the server is away */
    ARGUMENT_BYTES = 24,
    FIELDS_SENT = 11,
    FIELDS_ANSWERED = 6,
    FIXED_ARGUMENTS = 3,
};

static const int64_t EPOCH_US = 1735689600LL * 1000000; /* 2025; the script's */
static const char PREFIX[] = "closedrelay:{limits}:";

/* The script, as the build puts it in (CMakeLists.txt). */
extern const char decide_lua[];

/* The last level of a counter: what a share is made of, and what spares asking again. */
struct remembered {
    uint64_t hash; /* 0: nothing */
    uint64_t remaining;
    int64_t seen_us;
    int64_t exceeded_until_us;
};

/* A settlement that could not be sent. */
struct unsent {
    char *command;
    size_t length;
    struct unsent *next;
};

struct store_redis {
    struct store base;
    struct redis_address address;
    struct redis_connection *connection;
    struct store *local; /* decides while the server is away */
    void *owner;         /* talloc: the address */
    char name[64];
    char sha[41];
    uint64_t seed[2];
    atomic_uint servers;       /* that were seen lately; at least 1 */
    _Atomic int64_t offset_us; /* the server's time less our monotonic one; 0: not known */
    _Atomic int64_t away_us;   /* since when, wall clock; 0: it is there */
    atomic_uint_least64_t next_owner;
    pthread_mutex_t lock; /* guards all below */
    struct remembered *remembered;
    struct unsent *unsent, **unsent_last;
    size_t unsent_count;
    struct redis_call *beat; /* the last heartbeat */
};

/* What is held of one counter at the server. */
struct shared_held {
    char *key;
    uint64_t reserved, used;
    struct window_level level;
    int64_t at_us;
};

struct redis_hold {
    struct store_hold base;
    char owner[96];
    struct shared_held held[STORE_CHARGES_MAX];
    size_t held_count;
    struct store_hold *local; /* not NULL: this message is decided here */
};

/* ---- time
 * --------------------------------------------------------------------------------------------------- */

static int64_t redis_now_us(const struct store *base)
{
    const struct store_redis *redis = (const struct store_redis *)base;
    const int64_t offset_us = atomic_load(&redis->offset_us);
    const int64_t tick_us = (int64_t)clock_monotonic_us(&base->clock);
    if (offset_us != 0)
        return tick_us + offset_us;
    return base->started_us + tick_us - (int64_t)base->started_tick_us;
}

/* ---- what is remembered
 * -------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct store_redis *redis, const struct store_charge *charge)
{
    const uint64_t seed[2] = {redis->seed[0] ^ siphash(redis->seed, charge->limit), redis->seed[1]};
    const uint64_t hash = siphash(seed, charge->key);
    return hash == 0 ? 1 : hash;
}

static struct remembered remember_of(struct store_redis *redis, const struct store_charge *charge)
{
    const uint64_t hash = hash_of(redis, charge);
    pthread_mutex_lock(&redis->lock);
    struct remembered known = redis->remembered[hash & (REMEMBERED - 1)];
    pthread_mutex_unlock(&redis->lock);
    return known.hash == hash ? known : (struct remembered){0};
}

static void remember(struct store_redis *redis, const struct store_charge *charge, int64_t now_us)
{
    const uint64_t hash = hash_of(redis, charge);
    bool is_over = charge->is_exceeded && !charge->is_watched && charge->amount == 1;
    pthread_mutex_lock(&redis->lock);
    redis->remembered[hash & (REMEMBERED - 1)] = (struct remembered){
        .hash = hash,
        .remaining = charge->level.remaining,
        .seen_us = now_us,
        .exceeded_until_us = is_over ? charge->level.clears_us : 0,
    };
    pthread_mutex_unlock(&redis->lock);
}

/* ---- commands
 * ------------------------------------------------------------------------------------------------ */

/* EVALSHA with its keys and arguments; texts of its own under `scratch`. */
struct command {
    void *scratch;
    struct slice *arguments;
    size_t count;
    bool failed;
};

static void add(struct command *command, struct slice argument)
{
    command->arguments[command->count++] = argument;
}

static void add_text(struct command *command, const char *text)
{
    add(command, slice_of(text));
}

static void add_number(struct command *command, int64_t number)
{
    char *text = talloc_asprintf(command->scratch, "%" PRId64, number);
    command->failed = command->failed || text == NULL;
    add_text(command, text == NULL ? "0" : text);
}

static char *key_of(void *owner, const struct store_charge *charge)
{
    return talloc_asprintf(owner, "%s%.*s|%.*s", PREFIX, (int)charge->limit.length, charge->limit.data,
                           (int)charge->key.length, charge->key.data);
}

static void add_charge(struct command *command, const struct store_charge *charge)
{
    const struct window *window = &charge->window;
    const bool is_calendar = window->kind == WINDOW_CALENDAR;
    add_number(command, (int64_t)window->kind);
    add_number(command, (int64_t)window->limit);
    add_number(command, (int64_t)window->burst);
    add_number(command, window->period_us);
    add_number(command, is_calendar ? window->starts_us - EPOCH_US : 0);
    add_number(command, is_calendar ? window->ends_us - EPOCH_US : 0);
    add_number(command, (int64_t)charge->amount);
    add_number(command, charge->is_watched);
    add_number(command, (int64_t)charge->warn_at);
    add_number(command, (int64_t)charge->warn_until);
    add_number(command, (int64_t)charge->extra);
}

/* `owner` is of the message; `keys` has a key for each charge. */
static bool build(struct store_redis *redis, struct command *command, const char *operation,
                  const char *owner, const struct store_charge *charges, size_t count)
{
    const size_t room = 3 + count + 1 + FIXED_ARGUMENTS + count * FIELDS_SENT;
    *command = (struct command){.scratch = talloc_new(NULL)};
    command->arguments = talloc_array(command->scratch, struct slice, (unsigned)room);
    if (command->arguments == NULL) {
        command->failed = true;
        return false;
    }
    add_text(command, "EVALSHA");
    add_text(command, redis->sha);
    add_number(command, (int64_t)count + 1);
    for (size_t i = 0; i < count; i++) {
        char *key = key_of(command->scratch, &charges[i]);
        command->failed = command->failed || key == NULL;
        add_text(command, key == NULL ? "" : key);
    }
    char *done = talloc_asprintf(command->scratch, "%sdone:%s", PREFIX, owner);
    command->failed = command->failed || done == NULL;
    add_text(command, done == NULL ? "" : done);
    add_text(command, operation);
    add_text(command, owner);
    add_number(command, RESERVED_MS * 1000LL);
    for (size_t i = 0; i < count; i++)
        add_charge(command, &charges[i]);
    return !command->failed;
}

static bool is_missing_script(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR && reply->len >= 8 &&
           memcmp(reply->str, "NOSCRIPT", 8) == 0;
}

/* Sent anew with the whole script where the server has forgotten it (a restart, a failover, SCRIPT FLUSH). */
static struct redis_call *ask(struct store_redis *redis, struct command *command, const redisReply **reply)
{
    struct redis_call *call = redis_send(redis->connection, command->arguments, command->count);
    *reply = redis_wait(redis->connection, call);
    if (!is_missing_script(*reply))
        return call;
    redis_call_drop(call);
    command->arguments[0] = slice_of("EVAL");
    command->arguments[1] = slice_of(decide_lua);
    call = redis_send(redis->connection, command->arguments, command->count);
    *reply = redis_wait(redis->connection, call);
    return call;
}

/* ---- answers
 * -------------------------------------------------------------------------------------------------- */

static int64_t number_at(const redisReply *reply, size_t at)
{
    const redisReply *element = at < reply->elements ? reply->element[at] : NULL;
    if (element == NULL)
        return 0;
    return element->type == REDIS_REPLY_INTEGER ? element->integer
           : element->str != NULL               ? strtoll(element->str, NULL, 10)
                                                : 0;
}

static int64_t moment_at(const redisReply *reply, size_t at)
{
    const int64_t us = number_at(reply, at);
    return us < 0 ? INT64_MAX : us + EPOCH_US;
}

static bool is_answer(const redisReply *reply, size_t count)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY &&
           reply->elements == 2 + count * FIELDS_ANSWERED && reply->element[0]->str != NULL;
}

static void take_level(struct store_charge *charge, const redisReply *reply, size_t at)
{
    struct window_level *level = &charge->level;
    level->limit = charge->window.kind == WINDOW_REFILL ? charge->window.burst : charge->window.limit;
    charge->is_exceeded = number_at(reply, at) != 0;
    level->used = (uint64_t)number_at(reply, at + 1);
    level->remaining = level->used >= level->limit ? 0 : level->limit - level->used;
    level->clears_us = moment_at(reply, at + 2);
    level->reset_us = moment_at(reply, at + 3);
    charge->warns = number_at(reply, at + 4) != 0;
}

static void take_answer(struct store_redis *redis, struct store_charge *charges, size_t count,
                        const redisReply *reply)
{
    const int64_t now_us = moment_at(reply, 1);
    atomic_store(&redis->offset_us, now_us - (int64_t)clock_monotonic_us(&redis->base.clock));
    for (size_t i = 0; i < count; i++) {
        take_level(&charges[i], reply, 2 + i * FIELDS_ANSWERED);
        remember(redis, &charges[i], now_us);
    }
}

static void complain(const redisReply *reply)
{
    static atomic_bool said;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR && !atomic_exchange(&said, true))
        log_error("store: the server refuses the script of limits: %.*s (said once)", (int)reply->len,
                  reply->str);
}

/* ---- without the server
 * ---------------------------------------------------------------------------------------- */

/* This daemon's share of a limit: of what was left when it was last seen, else of all of it. */
static void take_share(struct store_redis *redis, struct store_charge *charge)
{
    const uint64_t servers = atomic_load(&redis->servers);
    const struct remembered known = remember_of(redis, charge);
    struct window *window = &charge->window;
    const int64_t now_us = redis_now_us(&redis->base);
    const int64_t lasts_us = window->kind == WINDOW_CALENDAR ? window->ends_us - now_us : window->period_us;
    const bool is_known = known.hash != 0 && now_us - known.seen_us < lasts_us;
    window->limit = window->limit / servers > 0 ? window->limit / servers : 1;
    window->burst = window->burst / servers > 0 ? window->burst / servers : 1;
    if (!is_known)
        return;
    const uint64_t left = known.remaining / servers;
    charge->is_exceeded = left == 0; /* only until the caller looks */
    if (window->kind == WINDOW_REFILL)
        window->burst = left > 0 ? left : 1;
    else
        window->limit = left > 0 ? left : 1;
}

static enum store_answer reserve_locally(struct store_redis *redis, struct redis_hold *hold,
                                         struct store_charge *charges, size_t count)
{
    struct store_charge shares[STORE_CHARGES_MAX];
    enum store_answer answer = STORE_FITS;
    if (hold->local == NULL)
        hold->local = store_hold_create(redis->local, hold);
    if (hold->local == NULL)
        return STORE_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        shares[i] = charges[i];
        shares[i].is_exceeded = false;
        take_share(redis, &shares[i]);
        if (shares[i].is_exceeded && !shares[i].is_watched)
            answer = STORE_EXCEEDED;
    }
    bool is_used_up = answer == STORE_EXCEEDED;
    answer = is_used_up ? (store_look(redis->local, shares, count) ? STORE_EXCEEDED : STORE_UNKNOWN)
                        : store_reserve(hold->local, shares, count);
    for (size_t i = 0; i < count; i++) {
        charges[i].level = shares[i].level;
        charges[i].is_exceeded = shares[i].is_exceeded || (is_used_up && !charges[i].is_watched);
    }
    return answer;
}

/* Against the share, as it was reserved. */
static void settle_locally(struct store_redis *redis, struct redis_hold *hold,
                           const struct store_charge *charges, size_t count)
{
    struct store_charge shares[STORE_CHARGES_MAX];
    for (size_t i = 0; i < count; i++) {
        shares[i] = charges[i];
        take_share(redis, &shares[i]);
    }
    store_settle(hold->local, shares, count);
}

/* Kept until the server is back; then it is charged once, whatever becomes of the connection in between. */
static void keep_unsent(struct store_redis *redis, const struct command *command)
{
    struct strbuf text;
    strbuf_init(&text, 0);
    for (size_t i = 0; i < command->count; i++) {
        strbuf_append(&text, command->arguments[i].data, command->arguments[i].length);
        strbuf_append_byte(&text, '\0');
    }
    struct unsent *unsent = text.failed ? NULL : calloc(1, sizeof *unsent);
    char *copy = unsent == NULL ? NULL : malloc(text.length);
    pthread_mutex_lock(&redis->lock);
    if (copy != NULL && redis->unsent_count < UNSENT_MAX) {
        memcpy(copy, text.data, text.length);
        *unsent = (struct unsent){copy, text.length, NULL};
        *redis->unsent_last = unsent;
        redis->unsent_last = &unsent->next;
        redis->unsent_count++;
    } else {
        free(copy);
        free(unsent);
    }
    pthread_mutex_unlock(&redis->lock);
    strbuf_deinit(&text);
}

static struct unsent *take_unsent(struct store_redis *redis)
{
    pthread_mutex_lock(&redis->lock);
    struct unsent *first = redis->unsent;
    redis->unsent = NULL;
    redis->unsent_last = &redis->unsent;
    redis->unsent_count = 0;
    pthread_mutex_unlock(&redis->lock);
    return first;
}

static bool send_one_unsent(struct store_redis *redis, const struct unsent *unsent)
{
    struct command command = {.scratch = talloc_new(NULL)};
    const redisReply *reply = NULL;
    command.arguments =
        talloc_array(command.scratch, struct slice, 4 + STORE_CHARGES_MAX * (FIELDS_SENT + 1) + 4);
    for (size_t at = 0; command.arguments != NULL && at < unsent->length;) {
        const size_t length = strlen(unsent->command + at);
        add(&command, slice_make(unsent->command + at, length));
        at += length + 1;
    }
    struct redis_call *call = command.arguments == NULL ? NULL : ask(redis, &command, &reply);
    const bool is_done = reply != NULL;
    redis_call_drop(call);
    talloc_free(command.scratch);
    return is_done;
}

/* What is not answered is kept for the next time: the server knows each by its owner, and charges it once. */
static void send_unsent(struct store_redis *redis)
{
    struct unsent *next;
    bool is_there = redis_connection_is_there(redis->connection);
    for (struct unsent *unsent = is_there ? take_unsent(redis) : NULL; unsent != NULL; unsent = next) {
        next = unsent->next;
        is_there = is_there && send_one_unsent(redis, unsent);
        if (is_there) {
            free(unsent->command);
            free(unsent);
            continue;
        }
        unsent->next = NULL;
        pthread_mutex_lock(&redis->lock);
        *redis->unsent_last = unsent;
        redis->unsent_last = &unsent->next;
        redis->unsent_count++;
        pthread_mutex_unlock(&redis->lock);
    }
}

/* A name for the message, unlike all others on all servers. */
static const char *owner_of(struct store_redis *redis, struct redis_hold *hold)
{
    if (hold->owner[0] == '\0')
        snprintf(hold->owner, sizeof hold->owner, "%s:%" PRIu64, redis->name,
                 (uint64_t)atomic_fetch_add(&redis->next_owner, 1));
    return hold->owner;
}

/* ---- reserve, settle, release
 * ----------------------------------------------------------------------------------- */

static struct shared_held *held_of(struct redis_hold *hold, const struct store_charge *charge, bool make)
{
    char *key = key_of(hold, charge);
    for (size_t i = 0; key != NULL && i < hold->held_count; i++)
        if (strcmp(hold->held[i].key, key) == 0) {
            talloc_free(key);
            return &hold->held[i];
        }
    if (key == NULL || !make || hold->held_count == STORE_CHARGES_MAX) {
        talloc_free(key);
        return NULL;
    }
    struct shared_held *added = &hold->held[hold->held_count++];
    *added = (struct shared_held){.key = key};
    return added;
}

/* What was reserved ahead is enough: nobody need be asked. */
static bool is_held_ahead(struct redis_hold *hold, struct store_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct shared_held *held = held_of(hold, &charges[i], false);
        if (held == NULL || held->reserved - held->used < charges[i].amount)
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct shared_held *held = held_of(hold, &charges[i], false);
        charges[i].level = held->level;
        charges[i].is_exceeded = false;
        held->used += charges[i].amount;
    }
    return count > 0;
}

/* Who is over a limit asks in vain until it clears: a robot that hammers costs the server nothing. */
static bool is_known_exceeded(struct store_redis *redis, struct store_charge *charges, size_t count)
{
    const int64_t now_us = redis_now_us(&redis->base);
    bool is_exceeded = false;
    for (size_t i = 0; i < count; i++) {
        const struct remembered known = remember_of(redis, &charges[i]);
        charges[i].is_exceeded = known.exceeded_until_us > now_us && charges[i].amount > 0;
        charges[i].level = (struct window_level){
            .limit =
                charges[i].window.kind == WINDOW_REFILL ? charges[i].window.burst : charges[i].window.limit,
            .remaining = known.remaining,
            .clears_us = known.exceeded_until_us,
            .reset_us = known.exceeded_until_us,
        };
        charges[i].level.used = charges[i].level.limit - known.remaining;
        is_exceeded = is_exceeded || (charges[i].is_exceeded && !charges[i].is_watched);
    }
    return is_exceeded;
}

static void note_held(struct redis_hold *hold, const struct store_charge *charges, size_t count,
                      const redisReply *reply)
{
    for (size_t i = 0; i < count; i++) {
        struct shared_held *held = held_of(hold, &charges[i], true);
        if (held == NULL)
            continue;
        held->reserved += (uint64_t)number_at(reply, 2 + i * FIELDS_ANSWERED + 5);
        held->used += charges[i].amount;
        held->level = charges[i].level;
    }
}

static enum store_answer reserve(struct store_hold *base, struct store_charge *charges, size_t count)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    struct store_redis *redis = (struct store_redis *)base->store;
    struct command command;
    const redisReply *reply = NULL;
    struct redis_call *call = NULL;
    enum store_answer answer = STORE_UNKNOWN;
    if (count == 0 || is_held_ahead(hold, charges, count))
        return STORE_FITS;
    if (hold->local == NULL && is_known_exceeded(redis, charges, count))
        return STORE_EXCEEDED;
    if (hold->local == NULL) {
        if (build(redis, &command, "reserve", owner_of(redis, hold), charges, count))
            call = ask(redis, &command, &reply);
        talloc_free(command.scratch);
    }
    if (is_answer(reply, count)) {
        take_answer(redis, charges, count, reply);
        answer = strcmp(reply->element[0]->str, "fits") == 0 ? STORE_FITS : STORE_EXCEEDED;
        if (answer == STORE_FITS)
            note_held(hold, charges, count, reply);
    } else {
        complain(reply);
        answer = reserve_locally(redis, hold, charges, count);
    }
    redis_call_drop(call);
    return answer;
}

/* Not waited for: the deadline would do the same, only later. */
static void release_shared(struct store_redis *redis, struct redis_hold *hold)
{
    if (hold->held_count == 0)
        return;
    struct slice arguments[3 + STORE_CHARGES_MAX];
    char field[sizeof hold->owner + 2];
    snprintf(field, sizeof field, "r:%s", hold->owner);
    for (size_t i = 0; i < hold->held_count; i++) {
        arguments[0] = slice_of("HDEL");
        arguments[1] = slice_of(hold->held[i].key);
        arguments[2] = slice_of(field);
        redis_call_drop(redis_send(redis->connection, arguments, 3));
        talloc_free(hold->held[i].key);
    }
    hold->held_count = 0;
}

static void release(struct store_hold *base)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    if (hold->local != NULL)
        store_release(hold->local);
    release_shared((struct store_redis *)base->store, hold);
}

/* The decision at the server gives back what it charges for; the rest is given back beside it. */
static void forget_charged(struct redis_hold *hold, const struct store_charge *charges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct shared_held *held = held_of(hold, &charges[i], false);
        if (held == NULL)
            continue;
        talloc_free(held->key);
        *held = hold->held[--hold->held_count];
    }
}

static void settle_shared(struct store_redis *redis, struct redis_hold *hold, struct store_charge *charges,
                          size_t count)
{
    struct command command;
    const redisReply *reply = NULL;
    struct redis_call *call = NULL;
    if (build(redis, &command, "settle", owner_of(redis, hold), charges, count)) {
        if (hold->local == NULL)
            call = ask(redis, &command, &reply);
        if (is_answer(reply, count))
            take_answer(redis, charges, count, reply);
        else
            keep_unsent(redis, &command);
        forget_charged(hold, charges, count);
    }
    redis_call_drop(call);
    talloc_free(command.scratch);
}

static void settle(struct store_hold *base, struct store_charge *charges, size_t count)
{
    struct redis_hold *hold = (struct redis_hold *)base;
    struct store_redis *redis = (struct store_redis *)base->store;
    if (hold->local != NULL)
        settle_locally(redis, hold, charges, count);
    if (count > 0)
        settle_shared(redis, hold, charges, count);
    release_shared(redis, hold);
    hold->owner[0] = '\0'; /* what comes next is charged too */
}

/* ---- the rest
 * ---------------------------------------------------------------------------------------------------- */

static bool look(struct store *base, struct store_charge *charges, size_t count)
{
    struct store_redis *redis = (struct store_redis *)base;
    struct command command;
    const redisReply *reply = NULL;
    struct redis_call *call = NULL;
    if (count == 0)
        return true;
    if (build(redis, &command, "look", "", charges, count))
        call = ask(redis, &command, &reply);
    talloc_free(command.scratch);
    const bool is_told = is_answer(reply, count);
    if (is_told)
        take_answer(redis, charges, count, reply);
    redis_call_drop(call);
    return is_told;
}

/* The keys of a SCAN; called for each. */
static bool scan(struct store_redis *redis, const char *pattern,
                 void (*visit)(struct store_redis *redis, const redisReply *key, void *context),
                 void *context)
{
    char cursor[32] = "0";
    do {
        const struct slice arguments[] = {slice_of("SCAN"),  slice_of(cursor),  slice_of("MATCH"),
                                          slice_of(pattern), slice_of("COUNT"), slice_of("500")};
        struct redis_call *call = redis_send(redis->connection, arguments, 6);
        const redisReply *reply = redis_wait(redis->connection, call);
        bool is_page = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                       reply->element[0]->str != NULL;
        snprintf(cursor, sizeof cursor, "%s", is_page ? reply->element[0]->str : "");
        for (size_t i = 0; is_page && i < reply->element[1]->elements; i++)
            visit(redis, reply->element[1]->element[i], context);
        redis_call_drop(call);
        if (!is_page)
            return false;
    } while (strcmp(cursor, "0") != 0);
    return true;
}

struct resetting {
    struct slice limit, key;
    size_t count;
};

/* "closedrelay:{limits}:LIMIT|KEY" */
static bool split_key(const redisReply *name, struct slice *limit, struct slice *key)
{
    const size_t prefix = sizeof PREFIX - 1;
    if (name->str == NULL || name->len <= prefix)
        return false;
    const struct slice rest = slice_make(name->str + prefix, name->len - prefix);
    const char *bar = memchr(rest.data, '|', rest.length);
    if (bar == NULL)
        return false;
    *limit = slice_part(rest, 0, (size_t)(bar - rest.data));
    *key = slice_part(rest, limit->length + 1, rest.length);
    return true;
}

static void reset_one(struct store_redis *redis, const redisReply *name, void *context)
{
    struct resetting *resetting = context;
    struct slice limit, key;
    if (!split_key(name, &limit, &key) || !slice_equal(key, resetting->key) ||
        (resetting->limit.length > 0 && !slice_equal(limit, resetting->limit)))
        return;
    const struct slice arguments[] = {slice_of("HDEL"), slice_make(name->str, name->len), slice_of("z"),
                                      slice_of("w")};
    struct redis_call *call = redis_send(redis->connection, arguments, 4);
    const redisReply *reply = redis_wait(redis->connection, call);
    resetting->count += reply != NULL && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;
    redis_call_drop(call);
}

static size_t reset(struct store *base, struct slice limit, struct slice key)
{
    struct store_redis *redis = (struct store_redis *)base;
    struct resetting resetting = {.limit = limit, .key = key};
    char pattern[sizeof PREFIX + 4];
    snprintf(pattern, sizeof pattern, "%s*", PREFIX);
    scan(redis, pattern, reset_one, &resetting);
    pthread_mutex_lock(&redis->lock);
    memset(redis->remembered, 0, REMEMBERED * sizeof *redis->remembered);
    pthread_mutex_unlock(&redis->lock);
    return resetting.count + store_reset(redis->local, limit, key);
}

struct showing {
    void (*show)(void *context, const struct store_counter *counter);
    void *context;
};

/* Their levels are asked by whoever wants them. */
static void show_one(struct store_redis *redis, const redisReply *name, void *context)
{
    const struct showing *showing = context;
    struct store_counter counter = {.population = STORE_LOGINS};
    (void)redis;
    if (split_key(name, &counter.limit, &counter.key))
        showing->show(showing->context, &counter);
}

static void each(struct store *base, void (*show)(void *context, const struct store_counter *counter),
                 void *context)
{
    struct showing showing = {show, context};
    char pattern[sizeof PREFIX + 4];
    snprintf(pattern, sizeof pattern, "%s*", PREFIX);
    scan((struct store_redis *)base, pattern, show_one, &showing);
}

/* ---- heartbeat
 * --------------------------------------------------------------------------------------------------- */

static const char beat_script[] =
    "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000); "
    "redis.call('ZADD', KEYS[1], now, ARGV[1]); "
    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2]); "
    "return redis.call('ZCARD', KEYS[1])";

static void take_beat(struct store_redis *redis)
{
    struct redis_call *beat = redis->beat;
    redis->beat = NULL;
    if (beat != NULL && pending_is_done(&beat->pending) && beat->reply != NULL &&
        beat->reply->type == REDIS_REPLY_INTEGER && beat->reply->integer >= 1)
        atomic_store(&redis->servers, (unsigned)beat->reply->integer);
    redis_call_drop(beat);
}

static void tick(struct store *base)
{
    struct store_redis *redis = (struct store_redis *)base;
    char key[sizeof PREFIX + 8], seen_ms[16];
    snprintf(key, sizeof key, "%sservers", PREFIX);
    snprintf(seen_ms, sizeof seen_ms, "%d", SERVERS_SEEN_MS);
    take_beat(redis);
    const struct slice arguments[] = {slice_of("EVAL"), slice_of(beat_script), slice_of("1"),
                                      slice_of(key),    slice_of(redis->name), slice_of(seen_ms)};
    redis->beat = redis_send(redis->connection, arguments, 6);
    send_unsent(redis);
}

static void changed(void *context, bool is_there)
{
    struct store_redis *redis = context;
    struct strbuf place, trouble;
    strbuf_init(&place, 0);
    strbuf_init(&trouble, 0);
    redis_address_print(&redis->address, &place);
    atomic_store(&redis->away_us, is_there ? 0 : clock_wall_us(&redis->base.clock));
    if (is_there)
        log_info("store: %s is there", strbuf_text(&place));
    else
        log_error("store: %s is away; limits go on with a share of 1/%u", strbuf_text(&place),
                  atomic_load(&redis->servers));
    strbuf_deinit(&trouble);
    strbuf_deinit(&place);
}

static bool describe(struct store *base, struct strbuf *out)
{
    struct store_redis *redis = (struct store_redis *)base;
    const bool is_there = redis_connection_is_there(redis->connection);
    redis_address_print(&redis->address, out);
    if (is_there) {
        strbuf_printf(out, ", shared by %u server%s", atomic_load(&redis->servers),
                      atomic_load(&redis->servers) == 1 ? "" : "s");
    } else {
        strbuf_append_text(out, ", away: ");
        redis_connection_trouble(redis->connection, out);
        strbuf_printf(out, "; limits go on with a share of 1/%u", atomic_load(&redis->servers));
    }
    return is_there;
}

static void destroy(struct store *base)
{
    struct store_redis *redis = (struct store_redis *)base;
    redis_connection_close(redis->connection);
    redis_call_drop(redis->beat);
    for (struct unsent *unsent = take_unsent(redis), *next; unsent != NULL; unsent = next) {
        next = unsent->next;
        free(unsent->command);
        free(unsent);
    }
    store_destroy(redis->local);
    pthread_mutex_destroy(&redis->lock);
    free(redis->remembered);
    talloc_free(redis->owner);
    free(redis);
}

static const struct store_kind redis_kind = {
    .hold_bytes = sizeof(struct redis_hold),
    .reserve = reserve,
    .settle = settle,
    .release = release,
    .look = look,
    .reset = reset,
    .each = each,
    .tick = tick,
    .now_us = redis_now_us,
    .describe = describe,
    .destroy = destroy,
};

static void hash_script(char sha[41])
{
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1((const unsigned char *)decide_lua, strlen(decide_lua), digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(sha + 2 * i, 3, "%02x", digest[i]);
}

static bool open_all(struct store_redis *redis, const struct store_redis_options *options)
{
    static const size_t LOCAL_KEYS_MAX = 200000;
    const struct store_memory_options local = {.clock = options->clock,
                                               .seed = {options->seed[0], options->seed[1]},
                                               .keys_max = {LOCAL_KEYS_MAX, LOCAL_KEYS_MAX}};
    const struct redis_connection_options connection = {
        .address = &redis->address,
        .connect_ms = CONNECT_MS,
        .command_ms = options->command_ms == 0 ? COMMAND_MS : options->command_ms,
        .changed = changed,
        .context = redis};
    redis->remembered = calloc(REMEMBERED, sizeof *redis->remembered);
    redis->local = store_memory_create(&local);
    if (redis->remembered == NULL || redis->local == NULL)
        return false;
    redis->connection = redis_connection_open(&connection);
    return redis->connection != NULL;
}

struct store *store_redis_create(const struct store_redis_options *options, struct strbuf *problem)
{
    struct store_redis *redis = calloc(1, sizeof *redis);
    if (redis == NULL) {
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    store_init(&redis->base, &redis_kind, &options->clock);
    pthread_mutex_init(&redis->lock, NULL);
    redis->unsent_last = &redis->unsent;
    redis->owner = talloc_new(NULL);
    redis->seed[0] = options->seed[0];
    redis->seed[1] = options->seed[1];
    atomic_store(&redis->servers, 1);
    snprintf(redis->name, sizeof redis->name, "%s", options->name);
    hash_script(redis->sha);
    bool is_read = redis_address_read(redis->owner, options->url, &redis->address, problem);
    if (is_read && open_all(redis, options))
        return &redis->base;
    if (is_read)
        strbuf_append_text(problem, "out of memory");
    destroy(&redis->base);
    return NULL;
}
