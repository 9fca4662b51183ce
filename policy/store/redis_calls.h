/* Commands on their way through a connection. For policy/store/ only. */
#ifndef CLOSEDRELAY_STORE_REDIS_CALLS_H
#define CLOSEDRELAY_STORE_REDIS_CALLS_H

#include "store/redis_connection.h"

/* A command in a queue: the caller's reference, and the connection's. */
struct redis_queued {
    struct redis_call call; /* the first member: the caller's face of it */
    struct redis_queued *next;
    struct strbuf command;
    uint64_t deadline_ms;
};

struct redis_queue {
    struct redis_queued *first, **last;
    size_t count;
};

void redis_queue_init(struct redis_queue *queue);
void redis_queue_add(struct redis_queue *queue, struct redis_queued *queued);
struct redis_queued *redis_queue_take(struct redis_queue *queue); /* NULL: it is empty */
/* Moves all of `from` behind `to`. */
void redis_queue_move(struct redis_queue *to, struct redis_queue *from);

/* With one reference; NULL: no memory. */
struct redis_queued *redis_queued_create(const struct slice *arguments, size_t count);
/* Gives the answer, or NULL for none, to whoever waits, and drops the connection's reference. */
void redis_queued_finish(struct redis_queued *queued, redisReply *reply);

/* Appends a command in Redis' protocol. */
void redis_append_command(struct strbuf *out, const struct slice *arguments, size_t count);

#endif
