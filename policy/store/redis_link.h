/* A socket to Redis, with TLS or without, that never waits. For policy/store/ only; one thread. */
#ifndef CLOSEDRELAY_STORE_REDIS_LINK_H
#define CLOSEDRELAY_STORE_REDIS_LINK_H

#include "store/redis_address.h"

#include <openssl/ssl.h>
#include <sys/types.h>

struct redis_link {
    int socket; /* -1: none */
    SSL_CTX *context;
    SSL *tls;
    bool wants_write; /* TLS waits for room to write, whatever was asked of it */
};

enum redis_link_step { REDIS_LINK_DONE, REDIS_LINK_LATER, REDIS_LINK_FAILED };

void redis_link_init(struct redis_link *link);
void redis_link_deinit(struct redis_link *link);
void redis_link_close(struct redis_link *link);

/* Begins to connect; a name is looked up here, which may take its time. False: errno tells why. */
bool redis_link_connect(struct redis_link *link, const struct redis_address *address,
                        const struct redis_place *place);
/* Once the socket is ready: 0, or the errno of what went wrong. */
int redis_link_connected(const struct redis_link *link);

/* The TLS of `address`, to be asked again while it answers REDIS_LINK_LATER; why it failed is in `why`. */
enum redis_link_step redis_link_shake_hands(struct redis_link *link, const struct redis_address *address,
                                            const struct redis_place *place, const char **why);

/* As recv() and send(): -1 with EAGAIN means later. */
ssize_t redis_link_read(struct redis_link *link, char *bytes, size_t size);
ssize_t redis_link_write(struct redis_link *link, const char *bytes, size_t size);

#endif
