#include "check/dnsbl/dnsbl_service.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/random.h>

struct dnsbl_service {
    struct clock clock;
    struct resolver *resolver;
    struct dns_client *client;
    struct list_set *lists;
    atomic_ullong budget_ms;     /* dns.timeout */
    atomic_bool look_for_public; /* the servers of resolv_conf are known only once its channel is open */
};

#define DNS_ROW(row_name, row_type, member, ...)                                                             \
    {                                                                                                        \
        .name = (row_name), .type = &config_type_##row_type,                                                 \
        .offset = offsetof(struct dns_settings, member), .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,       \
        __VA_ARGS__                                                                                          \
    }

static const struct config_key dns_keys[] = {
    DNS_ROW(
        "servers", endpoint_list, servers,
        .text =
            "The name servers asked, in this order: 127.0.0.1:53, [::1]:53. Without: those of `resolv_conf`. "
            "Block lists refuse public resolvers: use one of your own."),
    DNS_ROW("resolv_conf", path, resolv_conf, .default_text = "/etc/resolv.conf",
            .text =
                "Where the name servers are found if none are named here. Read at start and at each reload."),
    DNS_ROW("timeout", duration, timeout_ms, .default_text = "2s", .least = 100, .most = 30000,
            .text = "How long a lookup may take with all its tries, and how long a message waits for lookups "
                    "at most."),
    DNS_ROW("tries", count, tries, .default_text = "2", .least = 1, .most = 5,
            .text = "How often each server is asked, within the timeout."),
    DNS_ROW("edns", bool, edns, .default_text = "true",
            .text = "Whether larger answers are offered (RFC 6891)."),
    {0},
};

static void warn_of_public(const struct config_finish *context, const char *host,
                           const struct ip_address *address)
{
    struct in6_addr server = {0};
    memcpy(server.s6_addr, address->bytes, sizeof server.s6_addr);
    const char *service = dns_address_public_resolver(&server);
    if (service != NULL)
        config_finish_warning(
            context, "servers",
            "%s is a public resolver (%s): block lists refuse those; use a resolver of your own", host,
            service);
}

static void dns_finish(void *owner, void *settings, const struct config_finish *context)
{
    const struct dns_settings *dns = settings;
    (void)owner;
    if (dns->servers.count > RESOLVER_SERVERS_MAX)
        config_finish_error(context, "servers", "more than %d name servers", RESOLVER_SERVERS_MAX);
    for (size_t i = 0; i < dns->servers.count; i++) {
        struct ip_address address;
        const struct config_endpoint *server = &dns->servers.items[i];
        if (server->kind == ENDPOINT_UNIX || server->kind == ENDPOINT_NONE || server->port == 0 ||
            !ip_address_parse(slice_of(server->host), &address))
            config_finish_error(context, "servers",
                                "a name server is an address with a port: 127.0.0.1:53 or [::1]:53");
        else
            warn_of_public(context, server->host, &address);
    }
}

const struct config_section dns_section = {
    .name = "dns",
    .struct_bytes = sizeof(struct dns_settings),
    .keys = dns_keys,
    .finish = dns_finish,
    .text = "How names are looked up.",
};

/* ---- life -------------------------------------------------------------------------------------------- */

static void wake(void *context)
{
    resolver_wake(context);
}

static uint64_t tick(void *context, uint64_t now_ms)
{
    struct dnsbl_service *service = context;
    struct resolver_status status;
    if (atomic_exchange(&service->look_for_public, false)) {
        resolver_get_status(service->resolver, &status);
        if (status.public_service != NULL)
            log_warning("dns: a name server in use is a public resolver (%s): block lists refuse those; use "
                        "a resolver of "
                        "your own",
                        status.public_service);
    }
    return list_set_tick(service->lists, now_ms);
}

static uint64_t random_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        number = clock_system_monotonic_us(NULL); /* the kernel has always enough for 8 bytes */
    return number;
}

static bool start_parts(struct dnsbl_service *service)
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
    struct list_set_options lists = {.client = service->client,
                                     .clock = service->clock,
                                     .seed = random_number(),
                                     .waiting_max = 500,
                                     .wake = wake,
                                     .wake_context = service->resolver};
    service->lists = list_set_create(&lists);
    if (service->lists == NULL)
        return false;
    resolver_set_tick(service->resolver, tick, service);
    return true;
}

struct dnsbl_service *dnsbl_service_create(const struct clock *clock)
{
    struct dnsbl_service *service = calloc(1, sizeof *service);
    if (service == NULL)
        return NULL;
    service->clock = *clock;
    if (start_parts(service))
        return service;
    dnsbl_service_destroy(service);
    return NULL;
}

/* The resolver's thread first: it answers what is open into the lists and the cache. */
void dnsbl_service_destroy(struct dnsbl_service *service)
{
    if (service == NULL)
        return;
    resolver_destroy(service->resolver);
    list_set_destroy(service->lists);
    dns_client_destroy(service->client);
    free(service);
}

/* ---- settings ---------------------------------------------------------------------------------------- */

static void use_servers(struct dnsbl_service *service, const struct dns_settings *dns)
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

static struct list_settings list_settings_of(const struct dnsbl_list *list,
                                             const struct dnsbl_settings *settings, uint64_t budget_ms)
{
    struct list_settings made = {
        .zone = slice_of(list->zone),
        .shown = list->shown,
        .error_codes = list->error_codes,
        .wants_text = list->text && !list->allow,
        .health = list_health_options_default(),
    };
    made.health.has_test_points = list->tested;
    made.health.test_every_ms = settings->test_every_ms;
    made.health.retry_first_ms = settings->retry_ms;
    made.health.retry_most_ms =
        settings->retry_most_ms < settings->retry_ms ? settings->retry_ms : settings->retry_most_ms;
    made.health.slow_ms = budget_ms - budget_ms / 4;
    return made;
}

static uint64_t budget_of(const struct dnsbl_service *service, const struct dnsbl_settings *settings)
{
    return settings->timeout_ms != 0 ? settings->timeout_ms : atomic_load(&service->budget_ms);
}

bool dnsbl_service_use(struct dnsbl_service *service, const struct dns_settings *dns,
                       const struct dnsbl_settings *settings, struct strbuf *problems)
{
    size_t count = settings->lists.count;
    struct list_settings *lists = calloc(count + 1, sizeof *lists);
    if (lists == NULL) {
        strbuf_append_text(problems, "out of memory\n");
        return false;
    }
    use_servers(service, dns);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (dnsbl_list_at(settings, i)->wanted)
            lists[used++] =
                list_settings_of(dnsbl_list_at(settings, i), settings, budget_of(service, settings));
    list_set_limit_waiting(service->lists, (unsigned)settings->waiting_max);
    bool complete = list_set_configure(service->lists, lists, used);
    free(lists);
    if (!complete)
        strbuf_append_text(problems, "out of memory\n");
    return complete;
}

/* ---- asking ------------------------------------------------------------------------------------------ */

struct list_query *dnsbl_service_ask(struct dnsbl_service *service, const struct dnsbl_settings *settings,
                                     const struct ip_address *client)
{
    enum { ON_STACK = 32 };
    struct block_list *few[ON_STACK];
    size_t count = settings->lists.count;
    struct block_list **lists = count <= ON_STACK ? few : calloc(count, sizeof(struct block_list *));
    if (lists == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        lists[i] = list_set_find(service->lists, slice_of(dnsbl_list_at(settings, i)->zone));
    struct list_query_request request = {
        .lists = lists, .count = count, .budget_ms = budget_of(service, settings)};
    memcpy(request.client.s6_addr, client->bytes, sizeof request.client.s6_addr);
    struct list_query *query = list_query_begin(service->lists, &request);
    if (lists != few)
        free(lists);
    return query;
}

/* ---- status ------------------------------------------------------------------------------------------ */

void dnsbl_service_get_resolver(struct dnsbl_service *service, struct resolver_status *status)
{
    resolver_get_status(service->resolver, status);
}

void dnsbl_service_get_cache(struct dnsbl_service *service, struct answer_cache_status *status)
{
    dns_client_get_status(service->client, status);
}

size_t dnsbl_service_get_lists(struct dnsbl_service *service, struct list_status *statuses, size_t capacity)
{
    return list_set_get_status(service->lists, statuses, capacity);
}
