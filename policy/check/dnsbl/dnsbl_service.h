/*
 * What lives behind the dnsbl check: the resolver, the answers it brought, the health of the lists.
 *
 * One for the whole process; it outlives every snapshot, so that a reload forgets nothing. Also the section
 * `dns:`. Any thread may call everything but create and destroy.
 */
#ifndef CLOSEDRELAY_CHECK_DNSBL_DNSBL_SERVICE_H
#define CLOSEDRELAY_CHECK_DNSBL_DNSBL_SERVICE_H

#include "base/strbuf.h"
#include "check/dnsbl/dnsbl.h"
#include "dns/dns_client.h"
#include "dns/list_query.h"
#include "dns/resolver.h"

struct dns_settings {
    struct config_endpoint_list servers;
    const char *resolv_conf;
    uint64_t timeout_ms, tries;
    bool edns;
};

extern const struct config_section dns_section;

struct dnsbl_service;

/* Starts the resolver's thread; no list is known yet. NULL: no memory, thread or descriptor. */
struct dnsbl_service *dnsbl_service_create(const struct clock *clock);
void dnsbl_service_destroy(struct dnsbl_service *service); /* NULL allowed */

/* The servers and lists of a new policy. False: they cannot be taken over, for the reason in `problems`. */
bool dnsbl_service_use(struct dnsbl_service *service, const struct dns_settings *dns,
                       const struct dnsbl_settings *settings, struct strbuf *problems);

/* Asks the lists of the settings for `client`; as list_query_begin(). `*count` results will come of it, in
 * the order of settings->lists; NULL: no memory. */
struct list_query *dnsbl_service_ask(struct dnsbl_service *service, const struct dnsbl_settings *settings,
                                     const struct ip_address *client);

/* Where things stand, for `status` and metrics. */
void dnsbl_service_get_resolver(struct dnsbl_service *service, struct resolver_status *status);
void dnsbl_service_get_cache(struct dnsbl_service *service, struct answer_cache_status *status);
size_t dnsbl_service_get_lists(struct dnsbl_service *service, struct list_status *statuses, size_t capacity);

#endif
