#include "table/entry_map.h"

#include "facts/domain_name.h"

#include <stdlib.h>

/* Where an entry's bytes are in the text. The key of a network is its 16 address bytes and its prefix, kept in
 * `networks`, and key_at counts those; a key that became longer than it was written stands in `longer`, and key_at
 * counts on from the end of the text. */
struct entry {
    uint32_t key_at;
    uint32_t value_at;
    uint16_t key_bytes;
    uint16_t hash_bits; /* some of the hash, to pass over most other entries without a look at their keys */
    uint32_t value_bytes;
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
    uint32_t *slots; /* 1 + number of the entry; 0: free */
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

/* The slot of `key`: taken by it, or free for it. */
static size_t slot_of(const struct entry_map *map, struct slice key)
{
    uint64_t hash = hash_of(key.data, key.length);
    uint16_t bits = (uint16_t)(hash >> 48);
    size_t slot = (size_t)hash & map->slot_mask;
    for (; map->slots[slot] != 0; slot = (slot + 1) & map->slot_mask) {
        const struct entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash_bits == bits && slice_equal(entry_key(map, entry), key))
            break;
    }
    return slot;
}

static bool grow_entries(struct entry_map *map)
{
    size_t capacity = map->entry_capacity == 0 ? 64 : map->entry_capacity * 2;
    struct entry *entries = realloc(map->entries, capacity * sizeof *entries);
    if (entries != NULL)
        map->entries = entries;
    uint32_t *slots = calloc(capacity * 2, sizeof *slots);
    uint8_t *networks = map->shape == TABLE_NETWORKS ? realloc(map->networks, capacity * NETWORK_KEY_BYTES) : NULL;
    if (networks != NULL)
        map->networks = networks;
    if (entries == NULL || slots == NULL || (map->shape == TABLE_NETWORKS && networks == NULL)) {
        free(slots);
        return false;
    }
    free(map->slots);
    map->slots = slots;
    map->slot_mask = capacity * 2 - 1;
    map->entry_capacity = capacity;
    for (size_t i = 0; i < map->entry_count; i++)
        map->slots[slot_of(map, entry_key(map, &map->entries[i]))] = (uint32_t)i + 1;
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
    size_t slot = slot_of(map, key);
    if (map->slots[slot] != 0) {
        const struct entry *earlier = &map->entries[map->slots[slot] - 1];
        if (slice_equal(slice_make(map->text + earlier->value_at, earlier->value_bytes), value))
            return true;
        strbuf_append_text(problem, "the same key stands above with another value");
        return false;
    }
    struct entry *entry = &map->entries[map->entry_count++];
    *entry = (struct entry){
        .key_at = key_offset(map, key),
        .key_bytes = (uint16_t)key.length,
        .hash_bits = (uint16_t)(hash_of(key.data, key.length) >> 48),
        .value_at = value.length == 0 ? 0 : (uint32_t)(value.data - map->text),
        .value_bytes = (uint32_t)value.length,
    };
    map->network_count += map->shape == TABLE_NETWORKS;
    map->slots[slot] = (uint32_t)map->entry_count;
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

static bool find_key(const struct entry_map *map, struct slice key, struct slice *value)
{
    uint32_t number = map->slots[slot_of(map, key)];
    if (number == 0)
        return false;
    const struct entry *entry = &map->entries[number - 1];
    *value = slice_make(map->text + entry->value_at, entry->value_bytes);
    return true;
}

bool entry_map_find_network(const struct entry_map *map, const struct ip_address *address, struct slice *value,
                            struct ip_network *network)
{
    uint8_t key[NETWORK_KEY_BYTES];
    memcpy(key, address->bytes, 16);
    for (int prefix = 128; prefix >= 0; prefix--) {
        if (prefix < 128)
            key[prefix / 8] = (uint8_t)(key[prefix / 8] & ~(0x80U >> (prefix % 8)));
        key[16] = (uint8_t)prefix;
        if (!map->prefix_used[prefix] || !find_key(map, slice_make((const char *)key, sizeof key), value))
            continue;
        network->prefix_bits = (uint8_t)prefix;
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
        return find_key(map, key, value);
    return ip_address_parse(key, &address) && entry_map_find_network(map, &address, value, &network);
}

size_t entry_map_count(const struct entry_map *map)
{
    return map->entry_count;
}
