#include "check/relay/origin_address.h"

static bool is_origin_field(const char *name)
{
    static const char *const names[] = {"x-originating-ip", "x-sender-ip", "x-client-ip", "x-forward"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

void origin_address_find(const struct relay_settings *settings, const struct session_facts *session,
                         struct message_facts *message)
{
    struct ip_address address;
    bool is_contradicted = false;
    message->origin_ip_known = false;
    if (!session->client_ip_known || !network_set_contains(settings->trusted_webmail, &session->client_ip))
        return;
    for (size_t i = 0; i < message->header_count; i++) {
        if (!is_origin_field(message->headers[i].name) ||
            !ip_address_parse(slice_trim(message->headers[i].value), &address) ||
            ip_address_is_loopback(&address))
            continue;
        is_contradicted =
            is_contradicted || (message->origin_ip_known && !ip_address_equal(&message->origin_ip, &address));
        message->origin_ip = address;
        message->origin_ip_known = true;
    }
    message->origin_ip_known = message->origin_ip_known && !is_contradicted;
}
