/*
 * IP addresses and networks.
 *
 * An IPv4 address is kept as its IPv4-mapped IPv6 form (RFC 4291, 2.5.5.2) so that ::ffff:192.0.2.1 and
 * 192.0.2.1 are one address everywhere. All functions are pure.
 */
#ifndef CLOSEDRELAY_FACTS_IP_ADDRESS_H
#define CLOSEDRELAY_FACTS_IP_ADDRESS_H

#include "base/slice.h"

#include <stdint.h>

struct sockaddr;

struct ip_address {
    uint8_t bytes[16]; /* network order */
};

struct ip_network {
    struct ip_address address;
    uint8_t prefix_bits; /* of 128; an IPv4 /24 is 120 */
};

enum { IP_ADDRESS_TEXT_BYTES = 46 };

/* Parses "192.0.2.1", "2001:db8::1", either in brackets, and "IPv6:2001:db8::1" in any case. */
bool ip_address_parse(struct slice text, struct ip_address *address);

/* From AF_INET or AF_INET6; false for any other family. `port` in host order; may be NULL. */
bool ip_address_from_sockaddr(const struct sockaddr *socket_address, struct ip_address *address,
                              uint16_t *port);

bool ip_address_is_ipv4(const struct ip_address *address);
bool ip_address_equal(const struct ip_address *a, const struct ip_address *b);

/* The usual text (RFC 5952 for IPv6), NUL-terminated, into a buffer of IP_ADDRESS_TEXT_BYTES. */
void ip_address_print(const struct ip_address *address, char *text);

/* Loopback (127/8, ::1). */
bool ip_address_is_loopback(const struct ip_address *address);

/* Not reachable from the public network: loopback, RFC 1918, 100.64/10, link-local, unique local, multicast,
 * unspecified, 0/8 and 240/4. Documentation networks count as public. */
bool ip_address_is_private(const struct ip_address *address);

/* Parses "192.0.2.0/24", "2001:db8::/32" or a single address. False also where bits are set behind the prefix
 * (`host_bits` then tells so; may be NULL). */
bool ip_network_parse(struct slice text, struct ip_network *network, bool *host_bits);

/* An IPv6 network contains no IPv4 address: "::/0" is all of IPv6 only. */
bool ip_network_contains(const struct ip_network *network, const struct ip_address *address);
/* "192.0.2.0/24" into a buffer of IP_ADDRESS_TEXT_BYTES + 4. */
void ip_network_print(const struct ip_network *network, char *text);

#endif
