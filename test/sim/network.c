#include "network.h"

#include <assert.h>

/* How many access networks of each kind a country has: the first row is the provider's own. */
static const uint32_t counts[2][4] = {
    {6, 3, 4, 3},
    {3, 2, 2, 1},
};
enum { OWN_COUNT = 16, FOREIGN_COUNT = 8, BLOCKS_EACH = NETWORKS_EACH / 256, FIRST_OCTET = 31 };

uint32_t access_pick(enum access_kind kind, uint32_t country, uint64_t number)
{
    const uint32_t *count = counts[country != 0];
    uint32_t first = country == 0 ? 0 : OWN_COUNT + (country - 1) * FOREIGN_COUNT;
    assert(country < COUNTRIES);
    for (unsigned i = 0; i < kind; i++)
        first += count[i];
    return first + (uint32_t)(number % count[kind]);
}

static uint32_t country_of(uint32_t access)
{
    return access < OWN_COUNT ? 0 : 1 + (access - OWN_COUNT) / FOREIGN_COUNT;
}

struct ip ip_v4(uint32_t access, uint64_t network, uint64_t host)
{
    const uint32_t net = access * NETWORKS_EACH + (uint32_t)(network % NETWORKS_EACH);
    return (struct ip){.v4 = ((uint32_t)FIRST_OCTET << 24) + (net << 8) + 1 + (uint32_t)(host % 254)};
}

struct ip ip_v6(uint32_t access, uint64_t site)
{
    return (struct ip){.v6 = UINT64_C(0x2a0a) << 48 | (uint64_t)access << 32 | (site & 0xffffffff)};
}

void ip_write(struct ip ip, char *text, size_t room)
{
    if (ip.v6 == 0)
        snprintf(text, room, "%u.%u.%u.%u", ip.v4 >> 24, ip.v4 >> 16 & 255, ip.v4 >> 8 & 255, ip.v4 & 255);
    else
        snprintf(text, room, "%x:%x:%x:%x::%x", (unsigned)(ip.v6 >> 48), (unsigned)(ip.v6 >> 32 & 0xffff),
                 (unsigned)(ip.v6 >> 16 & 0xffff), (unsigned)(ip.v6 & 0xffff),
                 1 + (unsigned)(mix(ip.v6) % 65000));
}

void network_write_countries(FILE *file)
{
    const uint32_t all = OWN_COUNT + (COUNTRIES - 1) * FOREIGN_COUNT;
    for (uint32_t access = 0; access < all; access++) {
        for (uint32_t i = 0; i < BLOCKS_EACH; i++) {
            const uint32_t block = access * BLOCKS_EACH + i;
            fprintf(file, "%u.%u.0.0/16,C%u\n", FIRST_OCTET + (block >> 8), block & 255, country_of(access));
        }
        fprintf(file, "2a0a:%x::/32,C%u\n", access, country_of(access));
    }
}
