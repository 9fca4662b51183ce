/*
 * Where clients are: made-up access networks of 61 countries, of which the first is the provider's own.
 *
 * Each has 1,024 networks of 256 IPv4 addresses and an IPv6 /32. Nothing here asks a real database: the file
 * that network_write_countries writes is all that the baselines know of countries.
 */
#ifndef CLOSEDRELAY_TEST_SIM_NETWORK_H
#define CLOSEDRELAY_TEST_SIM_NETWORK_H

#include "random.h"

#include <stddef.h>
#include <stdio.h>

enum access_kind { ACCESS_HOME, ACCESS_MOBILE, ACCESS_HOSTING, ACCESS_BUSINESS };
enum { COUNTRIES = 61, NETWORKS_EACH = 1024 };

struct ip {
    uint32_t v4;
    uint64_t v6; /* the first 64 bits; 0: it is an IPv4 address */
};

/* One of the access networks of that kind in `country` (0: the provider's own), by any number. */
uint32_t access_pick(enum access_kind kind, uint32_t country, uint64_t number);
/* An address in the network `network` (any number) of an access network; `host` any number. */
struct ip ip_v4(uint32_t access, uint64_t network, uint64_t host);
/* `site` any number: 65,536 /48 with 65,536 /64 each. */
struct ip ip_v6(uint32_t access, uint64_t site);
void ip_write(struct ip ip, char *text, size_t room);
/* A line each: prefix (`31.0.0.0/16`, `2a0a:1::/32`) and country (`C0` to `C60`), with a comma between. */
void network_write_countries(FILE *file);

#endif
