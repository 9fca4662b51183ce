/* Sets of networks: those of the configuration sorted, then tables. */
#include "config/sets.h"

#include <stdlib.h>
#include <talloc.h>

/* Networks none of which holds another, sorted: the only one that may hold an address is the last that does
 * not begin behind it. IPv4 and IPv6 apart, as an IPv6 network holds no IPv4 address. */
struct network_range {
    struct ip_network *items;
    size_t count;
};

struct network_set {
    struct network_range ipv4, ipv6;
    struct config_table_list tables;
    /* A change of other sets, without networks of its own: what `removed` has not, and one of the others has.
     */
    const struct network_set *below, *added, *removed;
};

static int compare_networks(const void *a, const void *b)
{
    const struct ip_network *x = a, *y = b;
    const int order = memcmp(x->address.bytes, y->address.bytes, sizeof x->address.bytes);
    return order != 0 ? order : (int)x->prefix_bits - (int)y->prefix_bits;
}

static bool is_ipv4_network(const struct ip_network *network)
{
    return ip_address_is_ipv4(&network->address) && network->prefix_bits >= 96;
}

/* Copies the networks of one family, sorted and without those that others hold. */
static bool range_fill(struct network_range *range, void *owner, const struct ip_network *networks,
                       size_t count, bool ipv4)
{
    range->items = talloc_size(owner, (count == 0 ? 1 : count) * sizeof *range->items);
    if (range->items == NULL)
        return false;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++)
        if (is_ipv4_network(&networks[i]) == ipv4)
            range->items[taken++] = networks[i];
    if (taken == 0)
        return true;
    qsort(range->items, taken, sizeof *range->items, compare_networks);
    for (size_t i = 0; i < taken; i++)
        if (range->count == 0 ||
            !ip_network_contains(&range->items[range->count - 1], &range->items[i].address))
            range->items[range->count++] = range->items[i];
    return true;
}

struct network_set *network_set_create(void *owner, const struct ip_network *networks, size_t count)
{
    struct network_set *set = talloc_zero(owner, struct network_set);
    if (set != NULL && (!range_fill(&set->ipv4, set, networks, count, true) ||
                        !range_fill(&set->ipv6, set, networks, count, false)))
        TALLOC_FREE(set);
    return set;
}

static const struct ip_network *range_find(const struct network_range *range,
                                           const struct ip_address *address)
{
    size_t from = 0, to = range->count; /* [0, from) begin at or before the address */
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (memcmp(range->items[middle].address.bytes, address->bytes, sizeof address->bytes) <= 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from > 0 && ip_network_contains(&range->items[from - 1], address) ? &range->items[from - 1] : NULL;
}

void network_set_use_tables(struct network_set *set, struct config_table_list tables)
{
    set->tables = tables;
}

struct network_set *network_set_change(void *owner, const struct network_set *below,
                                       const struct network_set *added, const struct network_set *removed)
{
    struct network_set *set = talloc_zero(owner, struct network_set);
    if (set != NULL) {
        set->below = below;
        set->added = added;
        set->removed = removed;
    }
    return set;
}

static bool is_change(const struct network_set *set)
{
    return set->added != NULL || set->removed != NULL;
}

static enum table_answer ask_change(const struct network_set *set, const struct ip_address *address,
                                    struct ip_network *network)
{
    enum table_answer answer = network_set_lookup(set->removed, address, network);
    if (answer != TABLE_MISSING)
        return answer == TABLE_FOUND ? TABLE_MISSING : TABLE_UNKNOWN;
    answer = network_set_lookup(set->added, address, network);
    if (answer == TABLE_FOUND)
        return TABLE_FOUND;
    const enum table_answer below = network_set_lookup(set->below, address, network);
    return below == TABLE_MISSING ? answer : below;
}

enum table_answer network_set_lookup(const struct network_set *set, const struct ip_address *address,
                                     struct ip_network *network)
{
    if (set == NULL)
        return TABLE_MISSING;
    if (is_change(set))
        return ask_change(set, address, network);
    const struct ip_network *found =
        range_find(ip_address_is_ipv4(address) ? &set->ipv4 : &set->ipv6, address);
    if (found != NULL) {
        *network = *found;
        return TABLE_FOUND;
    }
    enum table_answer answer = TABLE_MISSING;
    for (size_t i = 0; i < set->tables.count && answer != TABLE_FOUND; i++) {
        const enum table_answer next = table_lookup_network(set->tables.items[i], address, network);
        answer = next == TABLE_MISSING ? answer : next;
    }
    return answer;
}

bool network_set_find(const struct network_set *set, const struct ip_address *address,
                      struct ip_network *network)
{
    return network_set_lookup(set, address, network) == TABLE_FOUND;
}

bool network_set_contains(const struct network_set *set, const struct ip_address *address)
{
    struct ip_network network;
    return network_set_find(set, address, &network);
}

static bool has_tables(const struct network_set *set)
{
    return set != NULL && (set->tables.count > 0 || has_tables(set->below) || has_tables(set->added));
}

bool network_set_is_empty(const struct network_set *set)
{
    return network_set_count(set) == 0 && !has_tables(set);
}

size_t network_set_count(const struct network_set *set)
{
    if (set == NULL)
        return 0;
    if (is_change(set))
        return network_set_count(set->below) + network_set_count(set->added);
    return set->ipv4.count + set->ipv6.count;
}

static bool range_begins_in(const struct network_range *range, const struct ip_network *network)
{
    for (size_t i = 0; i < range->count; i++)
        if (ip_network_contains(network, &range->items[i].address))
            return true;
    return false;
}

bool network_set_meets(const struct network_set *set, const struct ip_network *network)
{
    if (set == NULL)
        return false;
    if (is_change(set))
        return network_set_meets(set->below, network) || network_set_meets(set->added, network);
    return has_tables(set) || network_set_contains(set, &network->address) ||
           range_begins_in(&set->ipv4, network) || range_begins_in(&set->ipv6, network);
}
