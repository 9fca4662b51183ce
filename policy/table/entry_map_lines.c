/* The lines of an entry map's text: "key value", comments; how keys are written, and how they are compared.
 */
#include "table/entry_map_private.h"

#include "facts/domain_name.h"

enum { PROBLEMS_TOLD_MAX = 20 }; /* lines; nobody reads more at a time */

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
        strbuf_printf(problem, "'%.*s' is no domain: %s", (int)(key->length > 60 ? 60 : key->length),
                      key->data, fault);
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
        strbuf_printf(
            problem,
            host_bits ? "'%.*s' has bits set behind its prefix: write the network's first address"
                      : "'%.*s' is no network: write one such as 192.0.2.0/24, 192.0.2.1 or 2001:db8::/32",
            (int)(text.length > 60 ? 60 : text.length), text.data);
        return false;
    }
    uint8_t *kept = map->networks + map->network_count * ENTRY_NETWORK_BYTES;
    memcpy(kept, network.address.bytes, 16);
    kept[16] = network.prefix_bits;
    map->prefix_used[network.prefix_bits] = true;
    *key = slice_make((const char *)kept, ENTRY_NETWORK_BYTES);
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
    if (!entry_map_reserve(map)) {
        strbuf_append_text(problem, "out of memory");
        return false;
    }
    return make_key(map, &key, problem) && entry_map_add(map, key, value, problem);
}

bool entry_map_add_lines(struct entry_map *map, const char *name, struct strbuf *problem)
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
