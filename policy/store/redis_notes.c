/* What servers tell each other; what the server keeps of it is notes.lua. */
#include "store/store_redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

enum {
    FIXED_ARGUMENTS = 4,
    FIELDS_SENT = 3,
    ANSWER_HEAD = 3,
    ANSWER_FIELDS = 2,
    EPOCH_BYTES = sizeof((struct store_notes_reader *)NULL)->epoch,
};

static void add_fixed(struct redis_command *command, const struct store_exchange *exchange,
                      const struct store_notes_reader *known, const char *fresh_epoch)
{
    redis_command_add_text(command,
                           talloc_asprintf(command->scratch, REDIS_PREFIX "notes:%s", exchange->kind));
    redis_command_add_text(command,
                           talloc_asprintf(command->scratch, REDIS_PREFIX "changes:%s", exchange->kind));
    redis_command_add_text(command, known->epoch);
    redis_command_add_number(command, known->seen);
    redis_command_add_text(command, fresh_epoch);
    redis_command_add_number(command, exchange->reader == NULL ? 0 : STORE_NOTES_MAX);
}

static void add_mine(struct redis_command *command, const struct store_exchange *exchange)
{
    for (size_t i = 0; i < exchange->count; i++) {
        const struct store_note *note = &exchange->mine[i];
        if (note->key.length + note->value.length > STORE_NOTE_BYTES_MAX)
            continue;
        redis_command_add(command, note->key);
        redis_command_add_number(command, note->stamp);
        redis_command_add(command, note->value.length == 0 ? slice_of("") : note->value);
    }
}

static bool is_answer(const redisReply *reply)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements >= ANSWER_HEAD &&
           reply->element[0]->str != NULL && reply->element[0]->len < EPOCH_BYTES;
}

/* "1764460800000000 {...}" */
static void show_note(const struct store_exchange *exchange, const redisReply *name, const redisReply *text)
{
    char *end = NULL;
    if (name->str == NULL || text->str == NULL || name->len + text->len > STORE_NOTE_BYTES_MAX)
        return;
    const int64_t stamp = strtoll(text->str, &end, 10);
    if (end == text->str || *end != ' ')
        return;
    const size_t at = (size_t)(end + 1 - text->str);
    exchange->show(exchange->context, &(struct store_note){.key = slice_make(name->str, name->len),
                                                           .stamp = stamp,
                                                           .value = slice_make(end + 1, text->len - at)});
}

/* What the store said of its epoch tells whether it is the one that was told before. */
static enum store_notes_answer take_answer(struct store_redis *redis, struct store_exchange *exchange,
                                           const redisReply *reply, uint64_t connection)
{
    struct store_notes_reader *reader = exchange->reader;
    if (reader == NULL)
        return STORE_NOTES_TOLD;
    const bool is_known =
        reader->connection == connection && strcmp(reader->epoch, reply->element[0]->str) == 0;
    (void)redis;
    reader->connection = connection;
    snprintf(reader->epoch, sizeof reader->epoch, "%s", reply->element[0]->str);
    reader->seen = redis_number_at(reply, 1);
    exchange->has_more = redis_number_at(reply, 2) != 0;
    for (size_t i = ANSWER_HEAD; i + 1 < reply->elements; i += ANSWER_FIELDS)
        show_note(exchange, reply->element[i], reply->element[i + 1]);
    return is_known ? STORE_NOTES_TOLD : STORE_NOTES_ANEW;
}

enum store_notes_answer redis_exchange(struct store *base, struct store_exchange *exchange)
{
    struct store_redis *redis = (struct store_redis *)base;
    /* A connection that is new may lead to a server that has lost the last changes, under the same epoch. */
    const uint64_t connection = atomic_load(&redis->connected);
    struct store_notes_reader known = {0};
    struct redis_command command;
    const redisReply *reply = NULL;
    char fresh_epoch[EPOCH_BYTES];
    enum store_notes_answer answer = STORE_NOTES_AWAY;
    if (exchange->reader != NULL && exchange->reader->connection == connection)
        known = *exchange->reader;
    snprintf(fresh_epoch, sizeof fresh_epoch, "%016" PRIx64,
             redis->seed[0] ^ clock_monotonic_us(&redis->base.clock));
    redis_command_begin(&command, &redis->notes, 2, FIXED_ARGUMENTS + exchange->count * FIELDS_SENT);
    add_fixed(&command, exchange, &known, fresh_epoch);
    add_mine(&command, exchange);
    struct pending_waiter waiter = redis_waiter(redis->connection, &redis->waiting, 0);
    struct redis_call *call = redis_ask(redis, &command, &waiter, &reply);
    pending_waiter_end(&waiter);
    if (is_answer(reply))
        answer = take_answer(redis, exchange, reply, connection);
    redis_call_drop(call);
    redis_command_end(&command);
    return answer;
}
