/*
 * Asking: the cache in front of a transport.
 *
 * An answer that is known costs a hash and a short lock, no other thread; a question that is already on its
 * way is joined. Any thread. The client must outlive its transport's thread, whose answers go into the cache.
 */
#ifndef CLOSEDRELAY_DNS_DNS_CLIENT_H
#define CLOSEDRELAY_DNS_DNS_CLIENT_H

#include "dns/answer_cache.h"

struct dns_client;

struct dns_client *dns_client_create(const struct answer_cache_options *options,
                                     struct dns_transport transport);
void dns_client_destroy(struct dns_client *client); /* after the transport has ended */

struct dns_question {
    struct slice name;
    enum dns_type type;
    uint64_t not_before_ms;       /* 0: any cached answer will do */
    struct dns_observer observer; /* told on the transport's thread if this question goes out; may be empty */
    const uint8_t *subject;       /* 16 bytes for the observer, copied into the lookup; or NULL */
};

/* A reference to a lookup, perhaps already done. NULL: too many on their way, or no memory. */
struct dns_lookup *dns_client_ask(struct dns_client *client, const struct dns_question *question,
                                  uint64_t now_ms);

/* Past the cache, neither read nor written: for tests of a list. */
struct dns_lookup *dns_client_ask_fresh(struct dns_client *client, const struct dns_question *question,
                                        uint64_t now_ms);

void dns_client_get_status(struct dns_client *client, struct answer_cache_status *status);

#endif
