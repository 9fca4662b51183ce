/* A c-ares channel: its servers, its questions and what comes back. Only the resolver's thread is in here. */
#include "dns/resolver_private.h"

#include <assert.h>
#include <stdlib.h>

enum {
    EDNS_BYTES = 1232, /* what gets through unfragmented everywhere */
    TRY_MS_LEAST = 100,
    RECEIVE_BUFFER_BYTES = 1 << 20, /* thousands of answers may arrive between two turns of the loop */
};

/* ---- answers ---------------------------------------------------------------------------------------- */

static enum dns_outcome outcome_of_status(int status)
{
    switch (status) {
    case ARES_ESERVFAIL:
    case ARES_ENOTIMP:
    case ARES_EFORMERR:
        return DNS_OUTCOME_SERVFAIL;
    case ARES_EREFUSED:
        return DNS_OUTCOME_REFUSED;
    case ARES_ETIMEOUT:
        return DNS_OUTCOME_TIMEOUT;
    case ARES_ECONNREFUSED:
    case ARES_EFILE:
    case ARES_EOF:
        return DNS_OUTCOME_UNREACHABLE;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
    case ARES_ENOMEM:
        return DNS_OUTCOME_CANCELLED;
    default:
        return DNS_OUTCOME_MALFORMED;
    }
}

static void finish(struct resolver *resolver, struct dns_lookup *lookup, const struct dns_answer *answer)
{
    if (dns_outcome_is_decided(answer->outcome))
        atomic_fetch_add(&resolver->answered_count, 1);
    else
        atomic_fetch_add(&resolver->failed_count, 1);
    dns_lookup_complete(lookup, answer, clock_monotonic_ms(&resolver->clock));
    dns_lookup_unref(lookup);
    atomic_fetch_sub(&resolver->in_flight, 1);
}

void resolver_fail(struct resolver *resolver, struct dns_lookup *lookup, enum dns_outcome outcome)
{
    finish(resolver, lookup, &(struct dns_answer){.outcome = outcome});
}

/* c-ares asks the first server first every time, so one that is down costs every question a try: count
 * answers that came from a later server. Where none answers at all, another order would not help. */
static void note_timeouts(struct resolver *resolver, int timeouts)
{
    resolver->timeouts_in_a_row = timeouts > 0 ? resolver->timeouts_in_a_row + 1 : 0;
    if (timeouts == 0 && resolver->first_server == 0)
        resolver->rotation_said = false;
}

static void on_answer(void *argument, int status, int timeouts, unsigned char *message, int length)
{
    struct dns_lookup *lookup = argument;
    struct resolver_channel *channel = lookup->carrier;
    channel->open_count--;
    if (message == NULL || length <= 0) {
        resolver_fail(channel->resolver, lookup, outcome_of_status(status));
        return;
    }
    note_timeouts(channel->resolver, timeouts);
    struct dns_answer answer;
    dns_answer_read(&answer, message, (size_t)length, lookup->type);
    finish(channel->resolver, lookup, &answer);
}

/* ---- channels --------------------------------------------------------------------------------------- */

static int per_try_ms(const struct resolver_options *options, unsigned server_count)
{
    unsigned shares = (server_count == 0 ? 1 : server_count) * ((1U << options->tries) - 1);
    unsigned try_ms = options->timeout_ms / shares;
    return (int)(try_ms < TRY_MS_LEAST ? TRY_MS_LEAST : try_ms);
}

/* c-ares passes SERVFAIL, NOTIMP and REFUSED on to the next server, and in the end says only that nobody
 * answered: with a single server the reason is worth more. */
static int channel_flags(const struct resolver_options *options, unsigned server_count)
{
    return (options->edns ? ARES_FLAG_EDNS : 0) | (server_count == 1 ? ARES_FLAG_NOCHECKRESP : 0);
}

static bool open_handle(ares_channel *handle, const struct resolver_options *options, unsigned server_count)
{
    static char no_file[] = "/dev/null";
    static char lookups[] = "b"; /* the name servers only, not the hosts file */
    struct ares_options ares = {
        .flags = channel_flags(options, server_count),
        .timeout = per_try_ms(options, server_count),
        .tries = (int)options->tries,
        .lookups = lookups,
        .ednspsz = EDNS_BYTES,
        .socket_receive_buffer_size = RECEIVE_BUFFER_BYTES,
        .resolvconf_path = options->server_count > 0 ? no_file : (char *)options->resolv_conf,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_EDNSPSZ |
               ARES_OPT_DOMAINS | ARES_OPT_NOROTATE | ARES_OPT_SOCK_RCVBUF;
    if (ares.resolvconf_path != NULL)
        mask |= ARES_OPT_RESOLVCONF;
#ifdef ARES_OPT_QUERY_CACHE
    /* From 1.23 on it has a cache of its own, which would keep the lies of a list that died. */
    ares.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
#endif
    return ares_init_options(handle, &ares, mask) == ARES_SUCCESS;
}

static unsigned read_servers(ares_channel handle, struct resolver_server servers[RESOLVER_SERVERS_MAX])
{
    struct ares_addr_port_node *first = NULL;
    unsigned count = 0;
    if (ares_get_servers_ports(handle, &first) != ARES_SUCCESS)
        return 0;
    for (struct ares_addr_port_node *node = first; node != NULL && count < RESOLVER_SERVERS_MAX;
         node = node->next) {
        struct resolver_server *server = &servers[count++];
        if (node->family == AF_INET)
            server->address = dns_address_ipv4(ntohl(node->addr.addr4.s_addr));
        else
            memcpy(&server->address, &node->addr.addr6, sizeof server->address);
        server->port = (uint16_t)(node->udp_port == 0 ? 53 : node->udp_port);
    }
    ares_free_data(first);
    return count;
}

static bool write_servers(ares_channel handle, const struct resolver_server *servers, unsigned count,
                          unsigned first)
{
    struct ares_addr_port_node nodes[RESOLVER_SERVERS_MAX] = {0};
    for (unsigned i = 0; i < count; i++) {
        const struct resolver_server *server = &servers[(first + i) % count];
        nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
        nodes[i].udp_port = nodes[i].tcp_port = server->port;
        if (dns_address_is_ipv4(&server->address)) {
            nodes[i].family = AF_INET;
            nodes[i].addr.addr4.s_addr = htonl(dns_address_to_ipv4(&server->address));
        } else {
            nodes[i].family = AF_INET6;
            memcpy(&nodes[i].addr.addr6, &server->address, sizeof server->address);
        }
    }
    return ares_set_servers_ports(handle, nodes) == ARES_SUCCESS;
}

/* resolv.conf is read first, by a channel of its own: the time of a try depends on how many servers it names.
 */
static unsigned find_servers(const struct resolver_options *options,
                             struct resolver_server servers[RESOLVER_SERVERS_MAX])
{
    if (options->server_count > 0) {
        assert(options->server_count <= RESOLVER_SERVERS_MAX);
        memcpy(servers, options->servers, sizeof options->servers);
        return options->server_count;
    }
    ares_channel handle;
    if (!open_handle(&handle, options, 0))
        return 0;
    unsigned count = read_servers(handle, servers);
    ares_destroy(handle);
    return count;
}

struct resolver_channel *resolver_channel_open(struct resolver *resolver,
                                               const struct resolver_options *options)
{
    struct resolver_server servers[RESOLVER_SERVERS_MAX] = {0};
    unsigned count = find_servers(options, servers);
    struct resolver_channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL || count == 0 || !open_handle(&channel->handle, options, count)) {
        free(channel);
        return NULL;
    }
    if (!write_servers(channel->handle, servers, count, resolver->first_server)) {
        ares_destroy(channel->handle);
        free(channel);
        return NULL;
    }
    channel->resolver = resolver;
    pthread_mutex_lock(&resolver->lock);
    memcpy(resolver->servers, servers, sizeof servers);
    resolver->server_count = count;
    pthread_mutex_unlock(&resolver->lock);
    return channel;
}

void resolver_channel_close(struct resolver_channel *channel)
{
    if (channel == NULL)
        return;
    ares_destroy(channel->handle); /* answers what is open with ARES_EDESTRUCTION */
    assert(channel->open_count == 0);
    free(channel);
}

void resolver_channel_ask(struct resolver_channel *channel, struct dns_lookup *lookup)
{
    lookup->carrier = channel;
    channel->open_count++;
    ares_query(channel->handle, lookup->name, 1 /* IN */, (int)lookup->type, on_answer, lookup);
}
