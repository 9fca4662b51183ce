/* All counters that the servers share: lists and resets. Asked by an administrator's commands only. */
#include "store/store_redis.h"

#include <stdio.h>

static const redisReply *ask_plainly(struct store_redis *redis, const struct slice *arguments, size_t count,
                                     struct redis_call **call)
{
    struct pending_waiter waiter = redis_waiter(redis->connection, &redis->waiting, REDIS_PATIENCE_MS);
    *call = redis_send(redis->connection, arguments, count, &waiter);
    const redisReply *reply = redis_wait(*call, &waiter);
    pending_waiter_end(&waiter);
    return reply;
}

/* `visit` is called for each counter. False: not for all, for the server is away. */
static bool scan(struct store_redis *redis,
                 void (*visit)(struct store_redis *redis, struct slice name, void *context), void *context)
{
    char cursor[32] = "0";
    bool is_page;
    do {
        const struct slice arguments[] = {slice_of("SCAN"),           slice_of(cursor),  slice_of("MATCH"),
                                          slice_of(REDIS_PREFIX "*"), slice_of("COUNT"), slice_of("500")};
        struct redis_call *call;
        const redisReply *reply = ask_plainly(redis, arguments, 6, &call);
        is_page = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                  reply->element[0]->str != NULL;
        snprintf(cursor, sizeof cursor, "%s", is_page ? reply->element[0]->str : "");
        for (size_t i = 0; is_page && i < reply->element[1]->elements; i++) {
            const redisReply *name = reply->element[1]->element[i];
            visit(redis, slice_make(name->str, name->str == NULL ? 0 : name->len), context);
        }
        redis_call_drop(call);
    } while (is_page && strcmp(cursor, "0") != 0);
    return is_page;
}

struct resetting {
    struct slice limit, key;
    size_t count;
    bool failed;
};

static void reset_one(struct store_redis *redis, struct slice name, void *context)
{
    struct resetting *resetting = context;
    struct slice limit, key;
    if (!redis_counter_split(name, &limit, &key) || !slice_equal(key, resetting->key) ||
        (resetting->limit.length > 0 && !slice_equal(limit, resetting->limit)))
        return;
    /* Its window is of no account. */
    struct store_charge charge = {
        .limit = limit, .key = key, .window = {.limit = 1, .burst = 1, .period_us = 1}};
    struct redis_decision decision = {.operation = "reset", .owner = "", .charges = &charge, .count = 1};
    if (redis_decide(redis, &decision) == STORE_UNKNOWN)
        resetting->failed = true;
    else
        resetting->count += decision.granted[0] > 0;
}

bool redis_reset(struct store *base, struct slice limit, struct slice key, size_t *count)
{
    struct store_redis *redis = (struct store_redis *)base;
    struct resetting resetting = {.limit = limit, .key = key};
    const bool is_whole = scan(redis, reset_one, &resetting) && !resetting.failed;
    size_t local_count = 0;
    store_reset(redis->local, limit, key, &local_count);
    redis_forget_remembered(redis);
    *count = resetting.count + local_count;
    return is_whole;
}

struct showing {
    void (*show)(void *context, const struct store_counter *counter);
    void *context;
};

/* Their levels are asked by whoever wants them. */
static void show_one(struct store_redis *redis, struct slice name, void *context)
{
    const struct showing *showing = context;
    struct store_counter counter = {.population = STORE_LOGINS};
    (void)redis;
    if (redis_counter_split(name, &counter.limit, &counter.key))
        showing->show(showing->context, &counter);
}

bool redis_each(struct store *base, void (*show)(void *context, const struct store_counter *counter),
                void *context)
{
    struct showing showing = {show, context};
    return scan((struct store_redis *)base, show_one, &showing);
}
