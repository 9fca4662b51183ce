/* Scripts as commands, and what they answer. */
#include "store/store_redis.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

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

bool redis_is_missing_script(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR && reply->len >= 8 &&
           memcmp(reply->str, "NOSCRIPT", 8) == 0;
}

void redis_command_make_whole(struct redis_command *command)
{
    if (command->failed)
        return;
    command->arguments[0] = slice_of("EVAL");
    command->arguments[1] = slice_of(command->script->text);
}

/* A restart, a failover or SCRIPT FLUSH makes a server forget its scripts. */
struct redis_call *redis_ask(struct store_redis *redis, struct redis_command *command,
                             struct pending_waiter *waiter, const redisReply **reply)
{
    *reply = NULL;
    if (command->failed)
        return NULL;
    struct redis_call *call = redis_send(redis->connection, command->arguments, command->count, waiter);
    *reply = redis_wait(call, waiter);
    command->overdue_us += redis_overdue_us(call, waiter);
    if (redis_is_missing_script(*reply)) {
        redis_call_drop(call);
        redis_command_make_whole(command);
        call = redis_send(redis->connection, command->arguments, command->count, waiter);
        *reply = redis_wait(call, waiter);
        command->overdue_us += redis_overdue_us(call, waiter);
    }
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
