/* One question to decide.lua, and its answer. */
#include "store/store_redis.h"

#include "base/log.h"

#include <talloc.h>

enum {
    RESERVED_SECONDS = 600, /* longer than any MTA takes for the content of a message */
    US_PER_SECOND = 1000000,
    KEYS_BESIDE = 3,
    FIXED_ARGUMENTS = 5,
    FIELDS_SENT = 14,
    ANSWER_HEAD = 2,
    ANSWER_FIELDS = 7,
};

static const int64_t EPOCH_US = 1735689600LL * 1000000; /* 2025; the script's */

/* ---- the question ----------------------------------------------------------------------------------- */

/* What was learnt before the server may have lost its memory is told it again. */
static void add_known(struct store_redis *redis, struct redis_command *command,
                      const struct store_charge *charge, uint64_t memory)
{
    const struct redis_remembered known = redis_recall(redis, charge);
    const bool is_told = known.hash != 0 && known.charged > 0 && known.memory != memory;
    redis_command_add_number(command, is_told ? (int64_t)known.charged : 0);
    redis_command_add_number(command, is_told ? known.seen_us - EPOCH_US : 0);
    redis_command_add_number(command, is_told ? known.lapses_us - EPOCH_US : 0);
}

static void add_charge(struct redis_command *command, const struct store_charge *charge)
{
    const struct window *window = &charge->window;
    const bool is_calendar = window->kind == WINDOW_CALENDAR;
    redis_command_add_number(command, (int64_t)window->kind);
    redis_command_add_number(command, (int64_t)window->limit);
    redis_command_add_number(command, (int64_t)window->burst);
    redis_command_add_number(command, window->period_us);
    redis_command_add_number(command, is_calendar ? window->starts_us - EPOCH_US : 0);
    redis_command_add_number(command, is_calendar ? window->ends_us - EPOCH_US : 0);
    redis_command_add_number(command, (int64_t)charge->amount);
    redis_command_add_number(command, charge->is_watched);
    redis_command_add_number(command, (int64_t)charge->warn_at);
    redis_command_add_number(command, (int64_t)charge->warn_until);
    redis_command_add_number(command, (int64_t)charge->extra);
}

static int64_t reserved_us(const struct store_redis *redis)
{
    const unsigned seconds = redis->address.reserve_seconds;
    return (int64_t)(seconds == 0 ? RESERVED_SECONDS : seconds) * US_PER_SECOND;
}

/* `memory`: the server's count of losses; `is_telling`: it has found one. */
static void build(struct store_redis *redis, struct redis_command *command,
                  const struct redis_decision *decision, uint64_t memory, bool is_telling)
{
    const size_t count = decision->count;
    redis_command_begin(command, &redis->decide, count + KEYS_BESIDE, FIXED_ARGUMENTS + count * FIELDS_SENT);
    for (size_t i = 0; i < count; i++)
        redis_command_add_text(command, redis_counter_key(command->scratch, &decision->charges[i]));
    redis_command_add_text(command,
                           talloc_asprintf(command->scratch, REDIS_PREFIX "done:%s", decision->owner));
    redis_command_add_text(command, REDIS_PREFIX "moved");
    redis_command_add_text(command, redis->memory_key);
    redis_command_add_text(command, decision->operation);
    redis_command_add_text(command, decision->owner);
    redis_command_add_number(command, reserved_us(redis));
    redis_command_add_number(command, (int64_t)memory);
    redis_command_add_number(command, is_telling);
    for (size_t i = 0; i < count; i++) {
        add_charge(command, &decision->charges[i]);
        add_known(redis, command, &decision->charges[i], memory);
    }
}

/* ---- the answer ------------------------------------------------------------------------------------- */

static void complain(const redisReply *reply)
{
    static atomic_bool said;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR && !atomic_exchange(&said, true))
        log_error("store: the server refuses the script of limits: %.*s (said once)", (int)reply->len,
                  reply->str);
}

static bool is_word(const redisReply *reply, const char *word)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements >= ANSWER_HEAD &&
           reply->element[0]->str != NULL && strcmp(reply->element[0]->str, word) == 0;
}

static int64_t moment_at(const redisReply *reply, size_t at)
{
    const int64_t us = redis_number_at(reply, at);
    return us < 0 ? INT64_MAX : us + EPOCH_US;
}

static void take_level(struct store_charge *charge, const redisReply *reply, size_t at)
{
    struct window_level *level = &charge->level;
    level->limit = charge->window.kind == WINDOW_REFILL ? charge->window.burst : charge->window.limit;
    charge->is_exceeded = redis_number_at(reply, at) != 0;
    level->used = (uint64_t)redis_number_at(reply, at + 1);
    level->remaining = level->used >= level->limit ? 0 : level->limit - level->used;
    level->clears_us = moment_at(reply, at + 2);
    level->reset_us = moment_at(reply, at + 3);
    charge->warns = redis_number_at(reply, at + 4) != 0;
}

/* Without an owner it was not asked whether the server knows us; and to give back takes no window. */
static bool is_remembered(const struct redis_decision *decision)
{
    return decision->owner[0] != '\0' && strcmp(decision->operation, "release") != 0;
}

static enum store_answer take_answer(struct store_redis *redis, struct redis_decision *decision,
                                     uint64_t memory, const redisReply *reply)
{
    const bool fits = is_word(reply, "fits");
    decision->is_answered = reply != NULL;
    if ((!fits && !is_word(reply, "exceeded")) ||
        reply->elements != ANSWER_HEAD + decision->count * ANSWER_FIELDS) {
        complain(reply);
        return STORE_UNKNOWN;
    }
    const int64_t now_us = moment_at(reply, 1);
    atomic_store(&redis->offset_us, now_us - (int64_t)clock_monotonic_us(&redis->base.clock));
    for (size_t i = 0; i < decision->count; i++) {
        const size_t at = ANSWER_HEAD + i * ANSWER_FIELDS;
        take_level(&decision->charges[i], reply, at);
        decision->granted[i] = (uint64_t)redis_number_at(reply, at + 5);
        if (!is_remembered(decision))
            continue;
        redis_remember(redis, &decision->charges[i],
                       &(struct redis_remembered){.charged = (uint64_t)redis_number_at(reply, at + 6),
                                                  .seen_us = now_us,
                                                  .memory = memory});
    }
    return fits ? STORE_FITS : STORE_EXCEEDED;
}

/* ---- on its way ------------------------------------------------------------------------------------- */

static void put_question(struct store_redis *redis, struct redis_decision *decision)
{
    struct redis_command command;
    build(redis, &command, decision, decision->memory, decision->is_telling);
    if (decision->is_whole)
        redis_command_make_whole(&command);
    decision->call = command.failed
                         ? NULL
                         : redis_send(redis->connection, command.arguments, command.count, &decision->waiter);
    redis_command_end(&command);
}

/* A restart, a failover or SCRIPT FLUSH makes a server forget its scripts; one that has lost its memory is
 * told at once where no message waits. False: the answer is one. */
static bool asks_again(struct store_redis *redis, struct redis_decision *decision)
{
    const redisReply *reply = decision->call->reply;
    if (redis_is_missing_script(reply) && !decision->is_whole) {
        decision->is_whole = true;
    } else if (is_word(reply, "anew") && decision->tells && !decision->is_telling) {
        uint_least64_t known = decision->memory;
        decision->is_telling = true;
        decision->memory =
            atomic_compare_exchange_strong(&redis->memory, &known, known + 1) ? known + 1 : known;
    } else {
        return false;
    }
    redis_call_drop(decision->call);
    put_question(redis, decision);
    return true;
}

void redis_decision_begin(struct store_redis *redis, struct redis_decision *decision)
{
    /* No message waits for a decision without an owner: an administrator does. */
    const uint64_t patience_ms = decision->owner[0] == '\0' ? REDIS_PATIENCE_MS : 0;
    decision->begun_us = clock_monotonic_us(&redis->base.clock);
    decision->waiter = redis_waiter(redis->connection, &redis->waiting, patience_ms);
    decision->memory = atomic_load(&redis->memory);
    put_question(redis, decision);
}

bool redis_decision_waits(struct store_redis *redis, struct redis_decision *decision,
                          struct pending_awaited *awaited)
{
    while (decision->call != NULL) {
        struct pending *pending = &decision->call->pending;
        const uint64_t now_ms = clock_system_monotonic_us(NULL) / 1000;
        if (pending_is_done(pending)) {
            if (!asks_again(redis, decision))
                return false;
        } else if (awaited != NULL && now_ms < decision->waiter.deadline_ms) {
            *awaited = (struct pending_awaited){pending, decision->waiter.deadline_ms};
            return true;
        } else if (pending_waiter_wait(&decision->waiter, pending, now_ms) != PENDING_DONE) {
            return false;
        }
    }
    return false;
}

/* A server that does not know us may have forgotten everything: whoever finds it first counts one more loss,
 * and what was known before is told. A message does not wait for that, and goes on by this server's share. */
enum store_answer redis_decision_end(struct store_redis *redis, struct redis_decision *decision)
{
    struct redis_call *call = decision->call;
    const redisReply *reply = call != NULL && pending_is_done(&call->pending) ? call->reply : NULL;
    if (is_word(reply, "anew") && !decision->tells)
        redis_lose_memory(redis, decision->memory);
    decision->overdue_us = redis_overdue_us(call, &decision->waiter);
    const enum store_answer answer = take_answer(redis, decision, decision->memory, reply);
    redis_decision_drop(decision);
    decision->waited_us = clock_monotonic_us(&redis->base.clock) - decision->begun_us;
    return answer;
}

void redis_decision_drop(struct redis_decision *decision)
{
    pending_waiter_end(&decision->waiter);
    redis_call_drop(decision->call);
    decision->call = NULL;
}

enum store_answer redis_decide(struct store_redis *redis, struct redis_decision *decision)
{
    redis_decision_begin(redis, decision);
    redis_decision_waits(redis, decision, NULL);
    return redis_decision_end(redis, decision);
}

bool redis_introduce(struct store_redis *redis)
{
    struct redis_decision decision = {.operation = "look", .owner = redis->name, .tells = true};
    return redis_decide(redis, &decision) == STORE_FITS;
}
