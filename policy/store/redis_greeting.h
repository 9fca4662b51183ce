/*
 * What is said to a server before it is of use: who we are, which database, and is it the master. And before
 * that, to a Sentinel: where is the master. Pure but for the buffers. For policy/store/ only.
 */
#ifndef CLOSEDRELAY_STORE_REDIS_GREETING_H
#define CLOSEDRELAY_STORE_REDIS_GREETING_H

#include "store/redis_calls.h"

/* Appends the greeting; returns how many answers are due. */
unsigned redis_greeting_write(const struct redis_address *address, struct strbuf *out);

/* One of those answers. False: the server is of no use, for the reason in `why`. */
bool redis_greeting_take(const redisReply *reply, char *why, size_t size);

/* Appends the question for a Sentinel; one answer is due. */
void redis_sentinel_ask(const struct redis_address *address, struct strbuf *out);

/* Where the master is. */
struct redis_master {
    char host[256], port[16];
};
/* False: the Sentinel does not tell. */
bool redis_sentinel_take(const redisReply *reply, struct redis_master *master);

#endif
