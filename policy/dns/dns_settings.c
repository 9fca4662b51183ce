#include "dns/dns_settings.h"

#include "dns/resolver.h"
#include "facts/ip_address.h"

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
