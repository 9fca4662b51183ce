/*
 * Addresses and names as block lists use them (RFC 5782).
 *
 * An address is a struct in6_addr throughout; IPv4 is its mapped form ::ffff:a.b.c.d, so that a client seen
 * through an IPv6 socket is asked for as the IPv4 address it is. A name is text in lower case, without the
 * final dot. Everything here is pure and may be called from any thread.
 */
#ifndef CLOSEDRELAY_DNS_DNS_NAME_H
#define CLOSEDRELAY_DNS_DNS_NAME_H

#include "base/slice.h"

#include <netinet/in.h>
#include <stdint.h>

enum { DNS_NAME_BYTES_MAX = 253 }; /* RFC 1035, 2.3.4, written without the final dot */

struct dns_name {
    size_t length;
    char text[DNS_NAME_BYTES_MAX + 1]; /* NUL-terminated */
};

/* `ipv4` in host order: 0x7f000002 is 127.0.0.2. */
struct in6_addr dns_address_ipv4(uint32_t ipv4);

bool dns_address_is_ipv4(const struct in6_addr *address);

/* The IPv4 address in host order; only where dns_address_is_ipv4(). */
uint32_t dns_address_to_ipv4(const struct in6_addr *address);

/* The name of a public resolver service that lists refuse to serve ("Google"), or NULL. */
const char *dns_address_public_resolver(const struct in6_addr *address);

/* A zone from a configuration: lower-cased, one final dot dropped. False: not a valid domain name. */
bool dns_zone_parse(struct slice text, struct dns_name *zone);

/*
 * The name a list is asked for: 2.0.0.127.ZONE, or 32 nibbles for IPv6 (RFC 5782, 2.1 and 2.4). False: the
 * whole would be over DNS_NAME_BYTES_MAX.
 */
bool dns_name_reverse(struct dns_name *name, const struct in6_addr *address, struct slice zone);

/* LABEL.ZONE. False: too long. */
bool dns_name_under(struct dns_name *name, struct slice label, struct slice zone);

/*
 * The zone as people may see it: a first label that is a customer's key is replaced by "***". A label counts
 * as a key under the zones known to have one, and anywhere if it has 16 characters or more with digits.
 */
void dns_zone_mask(struct dns_name *shown, struct slice zone);

#endif
