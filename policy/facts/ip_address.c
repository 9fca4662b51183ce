#include "facts/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

enum { MAPPED_PREFIX_BITS = 96 };

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void address_from_ipv4(const void *bytes, struct ip_address *address)
{
    memcpy(address->bytes, mapped_prefix, sizeof mapped_prefix);
    memcpy(address->bytes + sizeof mapped_prefix, bytes, 4);
}

/* inet_pton wants a terminated string; text longer than any address, or with a NUL inside, is none. */
static bool text_to_bytes(int family, struct slice text, void *bytes)
{
    char terminated[IP_ADDRESS_TEXT_BYTES];
    if (text.length == 0 || text.length >= sizeof terminated || slice_find(text, '\0') != text.length)
        return false;
    memcpy(terminated, text.data, text.length);
    terminated[text.length] = '\0';
    return inet_pton(family, terminated, bytes) == 1;
}

bool ip_address_parse(struct slice text, struct ip_address *address)
{
    static const struct slice tag = {"IPv6:", 5};
    if (text.length >= 2 && text.data[0] == '[' && text.data[text.length - 1] == ']')
        text = slice_part(text, 1, text.length - 1);
    if (slice_starts_nocase(text, tag))
        return text_to_bytes(AF_INET6, slice_part(text, tag.length, text.length), address->bytes);
    uint8_t ipv4[4];
    if (text_to_bytes(AF_INET, text, ipv4)) {
        address_from_ipv4(ipv4, address);
        return true;
    }
    return text_to_bytes(AF_INET6, text, address->bytes);
}

bool ip_address_from_sockaddr(const struct sockaddr *socket_address, struct ip_address *address,
                              uint16_t *port)
{
    uint16_t network_port = 0;
    if (socket_address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, socket_address, sizeof in); /* the caller's bytes may be aligned for less */
        address_from_ipv4(&in.sin_addr, address);
        network_port = in.sin_port;
    } else if (socket_address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, socket_address, sizeof in6);
        memcpy(address->bytes, &in6.sin6_addr, sizeof address->bytes);
        network_port = in6.sin6_port;
    } else {
        return false;
    }
    if (port != NULL)
        *port = ntohs(network_port);
    return true;
}

bool ip_address_is_ipv4(const struct ip_address *address)
{
    return memcmp(address->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

bool ip_address_equal(const struct ip_address *a, const struct ip_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Behind it. */
static char *print_byte(char *text, unsigned byte)
{
    if (byte >= 100)
        *text++ = (char)('0' + byte / 100);
    if (byte >= 10)
        *text++ = (char)('0' + byte / 10 % 10);
    *text++ = (char)('0' + byte % 10);
    return text;
}

/* Each message has its client's two or three times; inet_ntop asks printf. */
static void print_ipv4(const uint8_t *bytes, char *text)
{
    for (int i = 0; i < 4; i++) {
        text = print_byte(text, bytes[i]);
        *text++ = i < 3 ? '.' : '\0';
    }
}

void ip_address_print(const struct ip_address *address, char *text)
{
    if (ip_address_is_ipv4(address))
        print_ipv4(address->bytes + sizeof mapped_prefix, text);
    else
        inet_ntop(AF_INET6, address->bytes, text, IP_ADDRESS_TEXT_BYTES);
}

static bool prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    const unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

/* A network of the tables below: IPv4 ones are four bytes, compared behind the mapped prefix. */
struct special_network {
    uint8_t bytes[4];
    uint8_t bits;
};

static const struct special_network private_ipv4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10},
    {{127, 0, 0, 0}, 8},    {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},
    {{192, 168, 0, 0}, 16}, {{224, 0, 0, 0}, 3}, /* multicast and class E */
};

/* Unique local, link-local, the former site-local, multicast. */
static const struct special_network private_ipv6[] = {
    {{0xfc, 0, 0, 0}, 7},
    {{0xfe, 0x80, 0, 0}, 9},
    {{0xff, 0, 0, 0}, 8},
};

static bool in_any(const uint8_t *bytes, const struct special_network *networks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (prefix_equal(bytes, networks[i].bytes, networks[i].bits))
            return true;
    return false;
}

/* ::1 is the only IPv6 loopback address; :: is `last` 0. */
static bool is_zero_but_last(const struct ip_address *address, uint8_t last)
{
    static const uint8_t zero[15] = {0};
    return memcmp(address->bytes, zero, sizeof zero) == 0 && address->bytes[15] == last;
}

bool ip_address_is_loopback(const struct ip_address *address)
{
    if (ip_address_is_ipv4(address))
        return address->bytes[sizeof mapped_prefix] == 127;
    return is_zero_but_last(address, 1);
}

bool ip_address_is_private(const struct ip_address *address)
{
    if (ip_address_is_ipv4(address))
        return in_any(address->bytes + sizeof mapped_prefix, private_ipv4,
                      sizeof private_ipv4 / sizeof private_ipv4[0]);
    return is_zero_but_last(address, 0) || is_zero_but_last(address, 1) ||
           in_any(address->bytes, private_ipv6, sizeof private_ipv6 / sizeof private_ipv6[0]);
}

/* One to three digits without a leading zero, at most `most`. */
static bool prefix_parse(struct slice text, unsigned most, unsigned *bits)
{
    unsigned number = 0;
    if (text.length == 0 || text.length > 3 || (text.length > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (!ascii_is_digit(text.data[i]))
            return false;
        number = number * 10 + (unsigned)(text.data[i] - '0');
    }
    *bits = number;
    return number <= most;
}

static bool has_bits_behind(const struct ip_address *address, unsigned bits)
{
    if (bits % 8 != 0 && (address->bytes[bits / 8] & (0xffU >> bits % 8)) != 0)
        return true;
    for (size_t i = (bits + 7) / 8; i < sizeof address->bytes; i++)
        if (address->bytes[i] != 0)
            return true;
    return false;
}

bool ip_network_parse(struct slice text, struct ip_network *network, bool *host_bits)
{
    if (host_bits != NULL)
        *host_bits = false;
    const size_t slash = slice_find(text, '/');
    const struct slice address = slice_part(text, 0, slash);
    if (!ip_address_parse(address, &network->address))
        return false;
    /* An IPv4 address written as ::ffff:192.0.2.1 has its prefix counted in 128 bits, as written. */
    const bool dotted = ip_address_is_ipv4(&network->address) && slice_find(address, ':') == address.length;
    unsigned bits = dotted ? 32 : 128;
    if (slash < text.length && !prefix_parse(slice_part(text, slash + 1, text.length), bits, &bits))
        return false;
    network->prefix_bits = (uint8_t)(bits + (dotted ? MAPPED_PREFIX_BITS : 0));
    if (!has_bits_behind(&network->address, network->prefix_bits))
        return true;
    if (host_bits != NULL)
        *host_bits = true;
    return false;
}

static bool network_is_ipv4(const struct ip_network *network)
{
    return network->prefix_bits >= MAPPED_PREFIX_BITS && ip_address_is_ipv4(&network->address);
}

bool ip_network_contains(const struct ip_network *network, const struct ip_address *address)
{
    return network_is_ipv4(network) == ip_address_is_ipv4(address) &&
           prefix_equal(network->address.bytes, address->bytes, network->prefix_bits);
}

void ip_network_print(const struct ip_network *network, char *text)
{
    const unsigned bits =
        network_is_ipv4(network) ? network->prefix_bits - MAPPED_PREFIX_BITS : network->prefix_bits;
    ip_address_print(&network->address, text);
    snprintf(text + strlen(text), sizeof "/128", "/%u", bits);
}
