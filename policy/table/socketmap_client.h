/*
 * Asks a server that speaks socketmap (socketmap_table(5)), and lets nobody wait for it.
 *
 * A request is a netstring "NAME key", the answer another (socketmap_answer.h). A connection carries one
 * question at a time, for not every server can take a second one before it has answered the first; there are
 * a few connections, and a bounded queue before them. A question that is not answered within its time takes
 * its connection with it, so that a late answer is nobody's.
 *
 * After a failure nobody is asked for five seconds: neither what is in the queue nor what comes. That a kept
 * connection breaks is no failure yet: the question goes out once more on a new one.
 *
 * One thread serves all clients of the process. It begins with the first question and ends with the last
 * client. For policy/table/ only.
 */
#ifndef CLOSEDRELAY_TABLE_SOCKETMAP_CLIENT_H
#define CLOSEDRELAY_TABLE_SOCKETMAP_CLIENT_H

#include "table/lookup_cache.h"
#include "table/table_question.h"

#include <sys/socket.h>

struct socketmap_server {
    struct sockaddr_storage address;
    socklen_t address_bytes;
    const char *map_name;
    struct lookup_cache *cache; /* gets every answer */
};

struct socketmap_client;

/* `server` and what it points to live as long as the client; NULL: no memory. */
struct socketmap_client *socketmap_client_create(const struct socketmap_server *server);
/* What is under way is answered TABLE_UNKNOWN. Not from the thread that tells of answers. */
void socketmap_client_destroy(struct socketmap_client *client); /* NULL is allowed */

/* Sees to it that the question is answered, perhaps at once; holds a reference of its own meanwhile. Any
 * thread. */
void socketmap_client_ask(struct socketmap_client *client, struct table_question *question);

/* How many questions wait for a connection at most; more are TABLE_UNKNOWN. */
enum { SOCKETMAP_WAITING_MAX = 1024 };

#endif
