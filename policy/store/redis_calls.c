#include "store/redis_calls.h"

#include <stdlib.h>

void redis_queue_init(struct redis_queue *queue)
{
    *queue = (struct redis_queue){.last = &queue->first};
}

void redis_queue_add(struct redis_queue *queue, struct redis_queued *queued)
{
    queued->next = NULL;
    *queue->last = queued;
    queue->last = &queued->next;
    queue->count++;
}

struct redis_queued *redis_queue_take(struct redis_queue *queue)
{
    struct redis_queued *queued = queue->first;
    if (queued == NULL)
        return NULL;
    queue->first = queued->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    queue->count--;
    return queued;
}

void redis_queue_move(struct redis_queue *to, struct redis_queue *from)
{
    for (struct redis_queued *queued; (queued = redis_queue_take(from)) != NULL;)
        redis_queue_add(to, queued);
}

void redis_append_command(struct strbuf *out, const struct slice *arguments, size_t count)
{
    strbuf_printf(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(out, "$%zu\r\n", arguments[i].length);
        strbuf_append(out, arguments[i].data, arguments[i].length);
        strbuf_append(out, "\r\n", 2);
    }
}

struct redis_queued *redis_queued_create(const struct slice *arguments, size_t count)
{
    struct redis_queued *queued = calloc(1, sizeof *queued);
    if (queued == NULL)
        return NULL;
    strbuf_init(&queued->command, 0);
    redis_append_command(&queued->command, arguments, count);
    pending_init(&queued->call.pending);
    if (!queued->command.failed)
        return queued;
    redis_call_drop(&queued->call);
    return NULL;
}

void redis_queued_finish(struct redis_queued *queued, redisReply *reply)
{
    queued->call.reply = reply;
    queued->call.done_us = clock_system_monotonic_us(NULL);
    pending_complete(&queued->call.pending);
    redis_call_drop(&queued->call);
}

void redis_call_drop(struct redis_call *call)
{
    if (call == NULL || !pending_unref(&call->pending))
        return;
    struct redis_queued *queued = (struct redis_queued *)call;
    if (call->reply != NULL)
        freeReplyObject(call->reply);
    strbuf_deinit(&queued->command);
    free(queued);
}

const redisReply *redis_wait(struct redis_call *call, struct pending_waiter *waiter)
{
    if (call == NULL ||
        pending_waiter_wait(waiter, &call->pending, clock_system_monotonic_us(NULL) / 1000) != PENDING_DONE)
        return NULL;
    return call->reply;
}

uint64_t redis_overdue_us(const struct redis_call *call, const struct pending_waiter *waiter)
{
    const uint64_t now_us = clock_system_monotonic_us(NULL);
    uint64_t due_us = waiter->deadline_ms * 1000;
    if (call == NULL)
        return 0; /* nothing was waited for */
    if (pending_is_done(&call->pending) && call->done_us < due_us)
        due_us = call->done_us;
    return now_us > due_us ? now_us - due_us : 0;
}
