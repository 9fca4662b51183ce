#include "table/entry_map.h"

#include "facts/domain_name.h"

#include "table/large_block.h"

#include <stdlib.h>

/* Where an entry's bytes are in the text. The key of a network is its 16 address bytes and its prefix, kept in
 * `networks`, and key_at counts those; a key that became longer than it was written stands in `longer`, and key_at
 * counts on from the end of the text. */
struct entry {
    uint32_t key_at;
    uint32_t value_at;
    uint16_t key_bytes;
    uint32_t value_bytes;
};

/* Some of the hash stands in the slot, so that other entries are passed over without a look at them: each look at
 * one of a million is a wait for memory. */
struct slot {
    uint32_t number; /* 1 + number of the entry; 0: free */
    uint32_t hash_bits;
};

enum {
    NETWORK_KEY_BYTES = 17,
    PREFIX_COUNT = 129,
    TEXT_BYTES_MAX = 1 << 30,
    PROBLEMS_TOLD_MAX = 20, /* lines; nobody reads more at a time */
};

struct entry_map {
    enum table_shape shape;
    char *text;
    size_t text_bytes;
    struct strbuf longer;
    struct entry *entries;
    size_t entry_count, entry_capacity;
    struct slot *slots;
    size_t slot_mask;
    uint8_t *networks;
    size_t network_count;
    bool prefix_used[PREFIX_COUNT];
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
        return slice_make((const char *)map->networks + entry->key_at, NETWORK_KEY_BYTES);
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
         !grow_array((void **)&map->networks, capacity, map->network_count, NETWORK_KEY_BYTES)))
        return false;
    map->entry_capacity = capacity;
    for (size_t i = 0; i < map->entry_count; i++)
        fill_slot(map, entry_key(map, &map->entries[i]), i);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Up to a '#' that begins the line or stands behind white space; without white space at both ends. */
static struct slice without_comment(struct slice line)
{
    for (size_t at = slice_find(line, '#'); at < line.length; at++)
        if (line.data[at] == '#' && (at == 0 || is_space(line.data[at - 1])))
            return slice_trim(slice_part(line, 0, at));
    return slice_trim(line);
}

static bool has_control_byte(struct slice line)
{
    for (size_t i = 0; i < line.length; i++)
        if (((unsigned char)line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7f)
            return true;
    return false;
}

/* Splits "key value". */
static void split_line(struct slice line, struct slice *key, struct slice *value)
{
    size_t key_end = 0;
    while (key_end < line.length && !is_space(line.data[key_end]))
        key_end++;
    *key = slice_part(line, 0, key_end);
    *value = slice_trim(slice_part(line, key_end, line.length));
}

/* Folds the key's case in place. */
static void text_key(const struct entry_map *map, struct slice key)
{
    size_t key_at = (size_t)(key.data - map->text);
    for (size_t i = key_at; i < key_at + key.length; i++)
        map->text[i] = ascii_lower(map->text[i]);
}

/* Makes the key canonical: in place, or in `longer` where it has grown. */
static bool domain_key(struct entry_map *map, struct slice *key, struct strbuf *problem)
{
    char name[DOMAIN_NAME_BYTES];
    const char *fault = domain_entry_canonical(*key, name);
    if (fault != NULL) {
        strbuf_printf(problem, "'%.*s' is no domain: %s", (int)(key->length > 60 ? 60 : key->length), key->data, fault);
        return false;
    }
    size_t length = strlen(name);
    if (length <= key->length) {
        memcpy(map->text + (key->data - map->text), name, length);
        key->length = length;
        return true;
    }
    strbuf_append(&map->longer, name, length + 1);
    if (map->longer.failed)
        strbuf_append_text(problem, "out of memory");
    else
        *key = slice_make(map->longer.data + (map->longer.length - length - 1), length);
    return !map->longer.failed;
}

/* Puts the network's bytes behind those already kept; they stay there if the entry is added. */
static bool network_key(struct entry_map *map, struct slice text, struct slice *key, struct strbuf *problem)
{
    struct ip_network network;
    bool host_bits = false;
    if (!ip_network_parse(text, &network, &host_bits)) {
        strbuf_printf(problem,
                      host_bits ? "'%.*s' has bits set behind its prefix: write the network's first address"
                                : "'%.*s' is no network: write one such as 192.0.2.0/24, 192.0.2.1 or 2001:db8::/32",
                      (int)(text.length > 60 ? 60 : text.length), text.data);
        return false;
    }
    uint8_t *kept = map->networks + map->network_count * NETWORK_KEY_BYTES;
    memcpy(kept, network.address.bytes, 16);
    kept[16] = network.prefix_bits;
    map->prefix_used[network.prefix_bits] = true;
    *key = slice_make((const char *)kept, NETWORK_KEY_BYTES);
    return true;
}

static uint32_t key_offset(const struct entry_map *map, struct slice key)
{
    if (map->shape == TABLE_NETWORKS)
        return (uint32_t)(map->network_count * NETWORK_KEY_BYTES);
    if (key.data >= map->text && key.data < map->text + map->text_bytes)
        return (uint32_t)(key.data - map->text);
    return (uint32_t)(map->text_bytes + (size_t)(key.data - map->longer.data));
}

static bool add_entry(struct entry_map *map, struct slice key, struct slice value, struct strbuf *problem)
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

/* The key as it is compared. */
static bool make_key(struct entry_map *map, struct slice *key, struct strbuf *problem)
{
    switch (map->shape) {
    case TABLE_TEXT:
        text_key(map, *key);
        return true;
    case TABLE_DOMAINS:
        return domain_key(map, key, problem);
    case TABLE_NETWORKS:
        break;
    }
    return network_key(map, *key, key, problem);
}

static bool add_line(struct entry_map *map, struct slice line, struct strbuf *problem)
{
    struct slice key, value;
    line = without_comment(line);
    if (line.length == 0)
        return true;
    split_line(line, &key, &value);
    if (key.length > TABLE_KEY_BYTES_MAX || value.length > TABLE_VALUE_BYTES_MAX) {
        strbuf_append_text(problem, "the line is too long");
        return false;
    }
    if (has_control_byte(line)) {
        strbuf_append_text(problem, "a control byte: the file must be UTF-8 text");
        return false;
    }
    if (map->entry_count == map->entry_capacity && !grow_entries(map)) {
        strbuf_append_text(problem, "out of memory");
        return false;
    }
    return make_key(map, &key, problem) && add_entry(map, key, value, problem);
}

static bool add_all_lines(struct entry_map *map, const char *name, struct strbuf *problem)
{
    size_t line_number = 0;
    unsigned problem_count = 0;
    struct slice rest = slice_make(map->text, map->text_bytes);
    while (rest.length > 0 && problem_count < PROBLEMS_TOLD_MAX) {
        size_t end = slice_find(rest, '\n');
        struct strbuf why;
        strbuf_init(&why, 512);
        line_number++;
        if (!add_line(map, slice_part(rest, 0, end), &why))
            strbuf_printf(problem, "%s%s:%zu: %s", problem_count++ == 0 ? "" : "\n", name, line_number,
                          strbuf_text(&why));
        strbuf_deinit(&why);
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    return problem_count == 0;
}

struct entry_map *entry_map_build(char *text, size_t length, enum table_shape shape, const char *name,
                                  struct strbuf *problem)
{
    struct entry_map *map = calloc(1, sizeof *map);
    if (map == NULL || length > TEXT_BYTES_MAX) {
        strbuf_printf(problem, "%s: %s", name, map == NULL ? "out of memory" : "larger than 1 GB");
        free(map);
        free(text);
        return NULL;
    }
    map->shape = shape;
    map->text = text;
    map->text_bytes = length;
    strbuf_init(&map->longer, TEXT_BYTES_MAX);
    if (!grow_entries(map))
        strbuf_printf(problem, "%s: out of memory", name);
    else if (add_all_lines(map, name, problem))
        return map;
    entry_map_free(map);
    return NULL;
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
    char key[NETWORK_KEY_BYTES];
    uint64_t hash;
};

/* From the longest prefix that occurs to the shortest; the slots of all are fetched at once. */
static size_t list_candidates(const struct entry_map *map, const struct ip_address *address,
                              struct candidate candidates[PREFIX_COUNT])
{
    uint8_t key[NETWORK_KEY_BYTES];
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

bool entry_map_find_network(const struct entry_map *map, const struct ip_address *address, struct slice *value,
                            struct ip_network *network)
{
    struct candidate candidates[PREFIX_COUNT];
    size_t count = list_candidates(map, address, candidates);
    for (size_t i = 0; i < count; i++) {
        const char *key = candidates[i].key;
        if (!find_hashed(map, slice_make(key, NETWORK_KEY_BYTES), candidates[i].hash, value))
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
