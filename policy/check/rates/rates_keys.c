#include "check/rates/rates_keys.h"

#include <talloc.h>

static const char *domain_of(const struct message_facts *message)
{
    const char *at = strrchr(message->user, '@');
    if (at != NULL)
        return at + 1;
    /* Outside anybody can name any domain. */
    return message->role == ROLE_OUTSIDE ? "" : message->sender.domain;
}

void rate_client_key(const struct ip_address *address, char text[RATE_CLIENT_BYTES])
{
    enum { IPV6_CUSTOMER_BYTES = 8 };
    struct ip_network network = {*address, 128};
    if (!ip_address_is_ipv4(&network.address)) {
        network.prefix_bits = 64;
        memset(network.address.bytes + IPV6_CUSTOMER_BYTES, 0,
               sizeof network.address.bytes - IPV6_CUSTOMER_BYTES);
    }
    ip_network_print(&network, text);
}

static const char *client_key(const struct check_context *context)
{
    char text[RATE_CLIENT_BYTES];
    if (!context->session->client_ip_known)
        return "";
    rate_client_key(&context->session->client_ip, text);
    return check_text(context, "%s", text);
}

static const char *sender_key(const struct check_context *context)
{
    const struct mail_address *sender = &context->message->sender;
    char *key = sender->is_null ? NULL : talloc_strdup(context->owner, sender->text);
    ascii_lower_text(key);
    return key;
}

const char *rate_key_of(const struct rate_limit *limit, const struct check_context *context)
{
    const struct message_facts *message = context->message;
    switch (limit->key) {
    case RATE_BY_USER:
        return message->user;
    case RATE_BY_SENDER:
        return sender_key(context);
    case RATE_BY_DOMAIN:
        return domain_of(message);
    case RATE_BY_CUSTOMER:
        return message->customer;
    case RATE_BY_IP:
        return client_key(context);
    case RATE_BY_UID:
        return message->local_uid;
    case RATE_BY_SCRIPT:
        return message->local_script;
    }
    return "";
}

enum store_population rate_population_of(const struct rate_limit *limit, const struct message_facts *message)
{
    bool is_made_up = limit->key == RATE_BY_IP || limit->key == RATE_BY_SENDER;
    return is_made_up || message->role == ROLE_OUTSIDE ? STORE_STRANGERS : STORE_LOGINS;
}
