#include "dns/dns_service.h"

#include "base/log.h"
#include "dns/dns_settings.h"
#include "facts/ip_address.h"

#include <stdlib.h>
#include <sys/random.h>

struct dns_service {
    struct clock clock;
    struct resolver *resolver;
    struct dns_client *client;
    struct block_lists *lists;
    atomic_ullong budget_ms;     /* dns.timeout */
    atomic_bool look_for_public; /* the servers of resolv_conf are known only once its channel is open */
};

/* ---- life -------------------------------------------------------------------------------------------- */

static void wake(void *context)
{
    resolver_wake(context);
}

static uint64_t tick(void *context, uint64_t now_ms)
{
    struct dns_service *service = context;
    struct resolver_status status;
    if (atomic_exchange(&service->look_for_public, false)) {
        resolver_get_status(service->resolver, &status);
        if (status.public_service != NULL)
            log_warning("dns: a name server in use is a public resolver (%s): block lists refuse those; use "
                        "a resolver of "
                        "your own",
                        status.public_service);
    }
    return block_lists_tick(service->lists, now_ms);
}

static uint64_t random_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        number = clock_system_monotonic_us(NULL); /* the kernel has always enough for 8 bytes */
    return number;
}

static bool start_parts(struct dns_service *service)
{
    struct resolver_options options = resolver_options_default();
    struct answer_cache_options cache = answer_cache_options_default();
    cache.hash_key[0] = random_number();
    cache.hash_key[1] = random_number();
    service->resolver = resolver_create(&options, service->clock);
    if (service->resolver == NULL)
        return false;
    service->client = dns_client_create(&cache, resolver_transport(service->resolver));
    if (service->client == NULL)
        return false;
    struct block_lists_options lists = {.client = service->client,
                                        .clock = service->clock,
                                        .seed = random_number(),
                                        .waiting_max = 500,
                                        .wake = wake,
                                        .wake_context = service->resolver};
    service->lists = block_lists_create(&lists);
    if (service->lists == NULL)
        return false;
    resolver_set_tick(service->resolver, tick, service);
    return true;
}

struct dns_service *dns_service_create(const struct clock *clock)
{
    struct dns_service *service = calloc(1, sizeof *service);
    if (service == NULL)
        return NULL;
    service->clock = *clock;
    if (start_parts(service))
        return service;
    dns_service_destroy(service);
    return NULL;
}

/* The resolver's thread first: it answers what is open into the lists and the cache. */
void dns_service_destroy(struct dns_service *service)
{
    if (service == NULL)
        return;
    resolver_destroy(service->resolver);
    block_lists_destroy(service->lists);
    dns_client_destroy(service->client);
    free(service);
}

/* ---- settings ---------------------------------------------------------------------------------------- */

void dns_service_use(struct dns_service *service, const struct dns_settings *dns)
{
    struct resolver_options options = resolver_options_default();
    for (size_t i = 0; i < dns->servers.count && i < RESOLVER_SERVERS_MAX; i++) {
        struct ip_address address;
        if (!ip_address_parse(slice_of(dns->servers.items[i].host), &address))
            continue; /* dns_finish() has seen to it */
        struct resolver_server *server = &options.servers[options.server_count++];
        memcpy(server->address.s6_addr, address.bytes, sizeof server->address.s6_addr);
        server->port = dns->servers.items[i].port;
    }
    options.resolv_conf = dns->resolv_conf[0] == '\0' ? NULL : dns->resolv_conf;
    options.timeout_ms = (unsigned)dns->timeout_ms;
    options.tries = (unsigned)dns->tries;
    options.edns = dns->edns;
    resolver_configure(service->resolver, &options);
    atomic_store(&service->budget_ms, dns->timeout_ms);
    atomic_store(&service->look_for_public, options.server_count == 0);
}

/* ---- parts ------------------------------------------------------------------------------------------- */

struct block_lists *dns_service_lists(struct dns_service *service)
{
    return service->lists;
}

uint64_t dns_service_budget_ms(const struct dns_service *service)
{
    return atomic_load(&service->budget_ms);
}

void dns_service_get_resolver(struct dns_service *service, struct resolver_status *status)
{
    resolver_get_status(service->resolver, status);
}

void dns_service_get_cache(struct dns_service *service, struct answer_cache_status *status)
{
    dns_client_get_status(service->client, status);
}
