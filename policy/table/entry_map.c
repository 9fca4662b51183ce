/* An entry map's hash table: building it, and finding in it. */
#include "table/entry_map_private.h"

#include "table/large_block.h"

#include <stdlib.h>

/* Where an entry's bytes are in the text; key_at counts the bytes of `networks` for a network, and goes on
 * from the end of the text for a key in `longer`. */
struct entry {
    uint32_t key_at;
    uint32_t value_at;
    uint16_t key_bytes;
    uint32_t value_bytes;
};

/* Some of the hash stands in the slot, so that other entries are passed over without a look at them: each
 * look at one of a million is a wait for memory. */
struct slot {
    uint32_t number; /* 1 + number of the entry; 0: free */
    uint32_t hash_bits;
};

static uint64_t hash_of(const char *data, size_t length)
{
    /* FNV-1a, its high bits folded down; who can choose the keys is who writes the table. */
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)data[i]) * UINT64_C(1099511628211);
    return hash ^ (hash >> 29);
}

static struct slice entry_key(const struct entry_map *map, const struct entry *entry)
{
    if (map->shape == TABLE_NETWORKS)
        return slice_make((const char *)map->networks + entry->key_at, ENTRY_NETWORK_BYTES);
    if (entry->key_at >= map->text_bytes)
        return slice_make(map->longer.data + (entry->key_at - map->text_bytes), entry->key_bytes);
    return slice_make(map->text + entry->key_at, entry->key_bytes);
}

/* The slot of `key`, whose hash is given: taken by it, or free for it. */
static struct slot *slot_of(const struct entry_map *map, struct slice key, uint64_t hash)
{
    size_t at = (size_t)hash & map->slot_mask;
    for (; map->slots[at].number != 0; at = (at + 1) & map->slot_mask)
        if (map->slots[at].hash_bits == (uint32_t)(hash >> 32) &&
            slice_equal(entry_key(map, &map->entries[map->slots[at].number - 1]), key))
            break;
    return &map->slots[at];
}

static void fill_slot(const struct entry_map *map, struct slice key, size_t entry_index)
{
    const uint64_t hash = hash_of(key.data, key.length);
    *slot_of(map, key, hash) = (struct slot){(uint32_t)entry_index + 1, (uint32_t)(hash >> 32)};
}

/* `count` items of `bytes` in the place of `*items`, of which `used` are copied. */
static bool grow_array(void **items, size_t count, size_t used, size_t bytes)
{
    void *grown = large_block_alloc(count * bytes);
    if (grown == NULL)
        return false;
    if (used > 0)
        memcpy(grown, *items, used * bytes);
    free(*items);
    *items = grown;
    return true;
}

static bool grow_entries(struct entry_map *map)
{
    size_t capacity = map->entry_capacity == 0 ? 64 : map->entry_capacity * 2;
    struct slot *slots = large_block_alloc(capacity * 2 * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0, capacity * 2 * sizeof *slots);
    free(map->slots);
    map->slots = slots;
    map->slot_mask = capacity * 2 - 1;
    if (!grow_array((void **)&map->entries, capacity, map->entry_count, sizeof *map->entries) ||
        (map->shape == TABLE_NETWORKS &&
         !grow_array((void **)&map->networks, capacity, map->network_count, ENTRY_NETWORK_BYTES)))
        return false;
    map->entry_capacity = capacity;
    for (size_t i = 0; i < map->entry_count; i++)
        fill_slot(map, entry_key(map, &map->entries[i]), i);
    return true;
}

bool entry_map_reserve(struct entry_map *map)
{
    return map->entry_count < map->entry_capacity || grow_entries(map);
}

static uint32_t key_offset(const struct entry_map *map, struct slice key)
{
    if (map->shape == TABLE_NETWORKS)
        return (uint32_t)(map->network_count * ENTRY_NETWORK_BYTES);
    if (key.data >= map->text && key.data < map->text + map->text_bytes)
        return (uint32_t)(key.data - map->text);
    return (uint32_t)(map->text_bytes + (size_t)(key.data - map->longer.data));
}

bool entry_map_add(struct entry_map *map, struct slice key, struct slice value, struct strbuf *problem)
{
    const uint64_t hash = hash_of(key.data, key.length);
    struct slot *slot = slot_of(map, key, hash);
    if (slot->number != 0) {
        const struct entry *earlier = &map->entries[slot->number - 1];
        if (slice_equal(slice_make(map->text + earlier->value_at, earlier->value_bytes), value))
            return true;
        strbuf_append_text(problem, "the same key stands above with another value");
        return false;
    }
    struct entry *entry = &map->entries[map->entry_count++];
    *entry = (struct entry){
        .key_at = key_offset(map, key),
        .key_bytes = (uint16_t)key.length,
        .value_at = value.length == 0 ? 0 : (uint32_t)(value.data - map->text),
        .value_bytes = (uint32_t)value.length,
    };
    map->network_count += map->shape == TABLE_NETWORKS;
    *slot = (struct slot){(uint32_t)map->entry_count, (uint32_t)(hash >> 32)};
    return true;
}

struct entry_map *entry_map_build(char *text, size_t length, enum table_shape shape, const char *name,
                                  struct strbuf *problem)
{
    struct entry_map *map = calloc(1, sizeof *map);
    if (map == NULL || length > ENTRY_TEXT_BYTES_MAX) {
        strbuf_printf(problem, "%s: %s", name, map == NULL ? "out of memory" : "larger than 1 GB");
        free(map);
        free(text);
        return NULL;
    }
    map->shape = shape;
    map->text = text;
    map->text_bytes = length;
    strbuf_init(&map->longer, ENTRY_TEXT_BYTES_MAX);
    if (!entry_map_reserve(map))
        strbuf_printf(problem, "%s: out of memory", name);
    else if (entry_map_add_lines(map, name, problem))
        return map;
    entry_map_free(map);
    return NULL;
}

size_t entry_map_count(const struct entry_map *map)
{
    return map->entry_count;
}

void entry_map_free(struct entry_map *map)
{
    if (map == NULL)
        return;
    free(map->text);
    strbuf_deinit(&map->longer);
    free(map->entries);
    free(map->slots);
    free(map->networks);
    free(map);
}

static bool find_hashed(const struct entry_map *map, struct slice key, uint64_t hash, struct slice *value)
{
    uint32_t number = slot_of(map, key, hash)->number;
    if (number == 0)
        return false;
    const struct entry *entry = &map->entries[number - 1];
    *value = slice_make(map->text + entry->value_at, entry->value_bytes);
    return true;
}

/* A network that may have an address: the address's first bits. */
struct candidate {
    char key[ENTRY_NETWORK_BYTES];
    uint64_t hash;
};

/* From the longest prefix that occurs to the shortest; the slots of all are fetched at once. */
static size_t list_candidates(const struct entry_map *map, const struct ip_address *address,
                              struct candidate candidates[ENTRY_PREFIX_COUNT])
{
    uint8_t key[ENTRY_NETWORK_BYTES];
    size_t count = 0;
    memcpy(key, address->bytes, 16);
    for (int prefix = 128; prefix >= 0; prefix--) {
        if (prefix < 128)
            key[prefix / 8] = (uint8_t)(key[prefix / 8] & ~(0x80U >> (prefix % 8)));
        if (!map->prefix_used[prefix])
            continue;
        key[16] = (uint8_t)prefix;
        struct candidate *candidate = &candidates[count++];
        memcpy(candidate->key, key, sizeof key);
        candidate->hash = hash_of(candidate->key, sizeof key);
        __builtin_prefetch(&map->slots[candidate->hash & map->slot_mask]);
    }
    return count;
}

bool entry_map_find_network(const struct entry_map *map, const struct ip_address *address,
                            struct slice *value, struct ip_network *network)
{
    struct candidate candidates[ENTRY_PREFIX_COUNT];
    size_t count = list_candidates(map, address, candidates);
    for (size_t i = 0; i < count; i++) {
        const char *key = candidates[i].key;
        if (!find_hashed(map, slice_make(key, ENTRY_NETWORK_BYTES), candidates[i].hash, value))
            continue;
        network->prefix_bits = (uint8_t)key[16];
        memcpy(network->address.bytes, key, 16);
        /* "::/0" is all of IPv6 only. */
        if (ip_network_contains(network, address))
            return true;
    }
    return false;
}

bool entry_map_find(const struct entry_map *map, struct slice key, struct slice *value)
{
    struct ip_address address;
    struct ip_network network;
    if (map->shape != TABLE_NETWORKS)
        return find_hashed(map, key, hash_of(key.data, key.length), value);
    return ip_address_parse(key, &address) && entry_map_find_network(map, &address, value, &network);
}
