/* Scripts as commands, and what they answer. */
#include "store/store_redis.h"

#include "base/log.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

enum {
    RESERVED_SECONDS = 600, /* longer than any MTA takes for the content of a message */
    US_PER_SECOND = 1000000,
    FIELDS_SENT = 11,
    FIXED_ARGUMENTS = 3,
};

static const int64_t EPOCH_US = 1735689600LL * 1000000; /* 2025; the script's */

void redis_script_init(struct redis_script *script, const char *text)
{
    unsigned char digest[SHA_DIGEST_LENGTH];
    script->text = text;
    SHA1((const unsigned char *)text, strlen(text), digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(script->sha + 2 * i, 3, "%02x", digest[i]);
}

/* ---- commands --------------------------------------------------------------------------------------- */

void redis_command_begin(struct redis_command *command, struct redis_script *script, size_t key_count,
                         size_t room)
{
    enum { HEAD = 3 };
    *command = (struct redis_command){
        .script = script, .scratch = talloc_new(NULL), .room = HEAD + key_count + room};
    command->arguments = talloc_array(command->scratch, struct slice, (unsigned)command->room);
    command->failed = command->arguments == NULL;
    redis_command_add_text(command, "EVALSHA");
    redis_command_add_text(command, script->sha);
    redis_command_add_number(command, (int64_t)key_count);
}

void redis_command_end(struct redis_command *command)
{
    talloc_free(command->scratch);
}

void redis_command_add(struct redis_command *command, struct slice argument)
{
    command->failed = command->failed || command->count == command->room || argument.data == NULL;
    if (!command->failed)
        command->arguments[command->count++] = argument;
}

void redis_command_add_text(struct redis_command *command, const char *text)
{
    redis_command_add(command, text == NULL ? slice_make(NULL, 0) : slice_of(text));
}

void redis_command_add_number(struct redis_command *command, int64_t number)
{
    redis_command_add_text(command, talloc_asprintf(command->scratch, "%" PRId64, number));
}

static bool is_missing_script(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR && reply->len >= 8 &&
           memcmp(reply->str, "NOSCRIPT", 8) == 0;
}

/* A restart, a failover or SCRIPT FLUSH makes a server forget its scripts. */
struct redis_call *redis_ask(struct store_redis *redis, struct redis_command *command,
                             const redisReply **reply)
{
    *reply = NULL;
    if (command->failed)
        return NULL;
    struct pending_waiter waiter = redis_waiter(redis->connection, &redis->waiting);
    struct redis_call *call = redis_send(redis->connection, command->arguments, command->count);
    *reply = redis_wait(call, &waiter);
    if (is_missing_script(*reply)) {
        redis_call_drop(call);
        command->arguments[0] = slice_of("EVAL");
        command->arguments[1] = slice_of(command->script->text);
        call = redis_send(redis->connection, command->arguments, command->count);
        *reply = redis_wait(call, &waiter);
    }
    pending_waiter_end(&waiter);
    return call;
}

int64_t redis_number_at(const redisReply *reply, size_t at)
{
    const redisReply *element = at < reply->elements ? reply->element[at] : NULL;
    if (element == NULL)
        return 0;
    return element->type == REDIS_REPLY_INTEGER ? element->integer
           : element->str != NULL               ? strtoll(element->str, NULL, 10)
                                                : 0;
}

/* ---- counters --------------------------------------------------------------------------------------- */

char *redis_counter_key(void *owner, const struct store_charge *charge)
{
    return talloc_asprintf(owner, REDIS_PREFIX "%.*s|%.*s", (int)charge->limit.length, charge->limit.data,
                           (int)charge->key.length, charge->key.data);
}

bool redis_counter_split(struct slice name, struct slice *limit, struct slice *key)
{
    const size_t prefix = sizeof REDIS_PREFIX - 1;
    if (name.data == NULL || name.length <= prefix || memcmp(name.data, REDIS_PREFIX, prefix) != 0)
        return false;
    const struct slice rest = slice_part(name, prefix, name.length);
    const char *bar = memchr(rest.data, '|', rest.length);
    if (bar == NULL)
        return false;
    *limit = slice_part(rest, 0, (size_t)(bar - rest.data));
    *key = slice_part(rest, limit->length + 1, rest.length);
    return true;
}

/* ---- decisions -------------------------------------------------------------------------------------- */

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

bool redis_decide_build(struct store_redis *redis, struct redis_command *command, const char *operation,
                        const char *owner, const struct store_charge *charges, size_t count)
{
    redis_command_begin(command, &redis->decide, count + 2, FIXED_ARGUMENTS + count * FIELDS_SENT);
    for (size_t i = 0; i < count; i++)
        redis_command_add_text(command, redis_counter_key(command->scratch, &charges[i]));
    redis_command_add_text(command, talloc_asprintf(command->scratch, REDIS_PREFIX "done:%s", owner));
    redis_command_add_text(command, REDIS_PREFIX "moved");
    redis_command_add_text(command, operation);
    redis_command_add_text(command, owner);
    redis_command_add_number(command, reserved_us(redis));
    for (size_t i = 0; i < count; i++)
        add_charge(command, &charges[i]);
    return !command->failed;
}

static void complain(const redisReply *reply)
{
    static atomic_bool said;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR && !atomic_exchange(&said, true))
        log_error("store: the server refuses the script of limits: %.*s (said once)", (int)reply->len,
                  reply->str);
}

bool redis_decide_is_answer(const redisReply *reply, size_t count)
{
    const bool is_answer = reply != NULL && reply->type == REDIS_REPLY_ARRAY &&
                           reply->elements == REDIS_ANSWER_HEAD + count * REDIS_ANSWER_FIELDS &&
                           reply->element[0]->str != NULL;
    if (!is_answer)
        complain(reply);
    return is_answer;
}

bool redis_decide_fits(const redisReply *reply)
{
    return strcmp(reply->element[0]->str, "fits") == 0;
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

void redis_decide_take(struct store_redis *redis, struct store_charge *charges, size_t count,
                       const redisReply *reply)
{
    const int64_t now_us = moment_at(reply, 1);
    atomic_store(&redis->offset_us, now_us - (int64_t)clock_monotonic_us(&redis->base.clock));
    for (size_t i = 0; i < count; i++) {
        take_level(&charges[i], reply, REDIS_ANSWER_HEAD + i * REDIS_ANSWER_FIELDS);
        redis_remember(redis, &charges[i], now_us);
    }
}
