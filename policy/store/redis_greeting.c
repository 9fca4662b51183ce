#include "store/redis_greeting.h"

#include <stdio.h>

unsigned redis_greeting_write(const struct redis_address *address, struct strbuf *out)
{
    char database[16];
    unsigned due = 0;
    if (address->password != NULL) {
        const struct slice all[] = {slice_of("AUTH"),
                                    slice_of(address->user == NULL ? "default" : address->user),
                                    slice_of(address->password)};
        redis_append_command(out, all, 3);
        due++;
    }
    if (address->database != 0) {
        snprintf(database, sizeof database, "%u", address->database);
        redis_append_command(out, (struct slice[]){slice_of("SELECT"), slice_of(database)}, 2);
        due++;
    }
    redis_append_command(out, (struct slice[]){slice_of("ROLE")}, 1);
    return due + 1;
}

/* A master that has stepped down takes no charges; who may not ask finds out by them. */
bool redis_greeting_take(const redisReply *reply, char *why, size_t size)
{
    if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOPERM", strlen("NOPERM")) == 0)
        return true;
    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(why, size, "%.*s", (int)reply->len, reply->str);
        return false;
    }
    if (reply->type != REDIS_REPLY_ARRAY)
        return true;
    const redisReply *role = reply->elements == 0 ? NULL : reply->element[0];
    const bool is_master = role != NULL && role->str != NULL && strcmp(role->str, "master") == 0;
    if (!is_master)
        snprintf(why, size, "it is not the master (yet)");
    return is_master;
}

void redis_sentinel_ask(const struct redis_address *address, struct strbuf *out)
{
    const struct slice all[] = {slice_of("SENTINEL"), slice_of("get-master-addr-by-name"),
                                slice_of(address->master)};
    redis_append_command(out, all, 3);
}

bool redis_sentinel_take(const redisReply *reply, struct redis_master *master)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 || reply->element[0]->str == NULL ||
        reply->element[1]->str == NULL)
        return false;
    const int host = snprintf(master->host, sizeof master->host, "%s", reply->element[0]->str);
    const int port = snprintf(master->port, sizeof master->port, "%s", reply->element[1]->str);
    return host > 0 && host < (int)sizeof master->host && port > 0 && port < (int)sizeof master->port;
}
