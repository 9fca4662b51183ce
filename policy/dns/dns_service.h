/*
 * Looking names up: the resolver, the answers it brought, the health of the lists asked through it.
 *
 * One for the whole process; it outlives every policy, so that a reload forgets nothing. Any thread may call
 * everything but create and destroy.
 */
#ifndef CLOSEDRELAY_DNS_DNS_SERVICE_H
#define CLOSEDRELAY_DNS_DNS_SERVICE_H

#include "dns/dns_client.h"
#include "dns/block_lists.h"
#include "dns/resolver.h"

struct dns_settings; /* dns/dns_settings.h */
struct dns_service;

/* Starts the resolver's thread; no server and no list is known yet. NULL: no memory, thread or descriptor. */
struct dns_service *dns_service_create(const struct clock *clock);
void dns_service_destroy(struct dns_service *service); /* NULL allowed */

/* The name servers of a new policy. */
void dns_service_use(struct dns_service *service, const struct dns_settings *dns);

/* The lists: whoever asks them says which there are (block_lists_configure). As long as the service. */
struct block_lists *dns_service_lists(struct dns_service *service);

/* How long a message waits for look-ups at most: dns.timeout. */
uint64_t dns_service_budget_ms(const struct dns_service *service);

/* Where things stand, for `status` and metrics. */
void dns_service_get_resolver(struct dns_service *service, struct resolver_status *status);
void dns_service_get_cache(struct dns_service *service, struct answer_cache_status *status);

#endif
