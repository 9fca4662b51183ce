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

/* The key is what was appended to `longer` from `from` on, with a NUL. */
static bool take_longer_key(const struct entry_map *map, size_t from, struct slice *key,
                            struct strbuf *problem)
{
    if (map->longer.failed)
        strbuf_append_text(problem, "out of memory");
    else
        *key = slice_make(map->longer.data + from, map->longer.length - from - 1);
    return !map->longer.failed;
}

/* Folds the key's case in place; a domain behind an "@" gets A-labels, in `longer`. */
static bool text_key(struct entry_map *map, struct slice *key, struct strbuf *problem)
{
    char domain[DOMAIN_NAME_BYTES];
    size_t key_at = (size_t)(key->data - map->text), at;
    for (size_t i = key_at; i < key_at + key->length; i++)
        map->text[i] = ascii_lower(map->text[i]);
    if (!domain_entry_behind_at(*key, &at, domain))
        return true;
    const size_t from = map->longer.length;
    strbuf_append(&map->longer, key->data, at + 1);
    strbuf_append(&map->longer, domain, strlen(domain) + 1);
    return take_longer_key(map, from, key, problem);
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
    const size_t from = map->longer.length;
    strbuf_append(&map->longer, name, length + 1);
    return take_longer_key(map, from, key, problem);
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
    case TABLE_PAIRS:
        return text_key(map, key, problem);
    case TABLE_DOMAINS:
        return domain_key(map, key, problem);
    case TABLE_NETWORKS:
        break;
    }
    return network_key(map, *key, key, problem);
}

/* A line of a set has one entry: commas and their like stand between several. */
static bool has_several(const struct entry_map *map, struct slice key, struct slice value)
{
    static const char separators[] = ",;|";
    if (map->shape == TABLE_PAIRS)
        return key.length > 0 && strchr(separators, key.data[key.length - 1]) != NULL;
    if (slice_starts_nocase(key, slice_of("script:")))
        return false; /* a path may have any character */
    for (size_t i = 0; i < key.length; i++)
        if (strchr(separators, key.data[i]) != NULL)
            return true;
    return value.length > 0 && strchr(separators, value.data[0]) != NULL;
}

static bool add_line(struct entry_map *map, struct slice line, struct strbuf *problem)
{
    struct slice key, value;
    const bool is_indented = line.length > 0 && is_space(line.data[0]);
    line = without_comment(line);
    if (line.length == 0)
        return true;
    if (map->shape == TABLE_PAIRS && is_indented) {
        strbuf_append_text(
            problem, "a line that begins with white space goes on with the one before, and there is none");
        return false;
    }
    split_line(line, &key, &value);
    if (key.length > TABLE_KEY_BYTES_MAX || value.length > TABLE_VALUE_BYTES_MAX) {
        strbuf_append_text(problem, "the line is too long");
        return false;
    }
    if (has_several(map, key, value)) {
        strbuf_printf(problem, "'%.*s' is not one entry: write one a line",
                      (int)(line.length > 60 ? 60 : line.length), line.data);
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

/* Where the first line of `rest` ends, with those that go on with it: they begin with white space, and
 * comments and empty lines between do not count (postmap(1)). What stands between their contents becomes
 * blanks. `count`: how many lines that are. */
static size_t join_lines(struct entry_map *map, struct slice rest, size_t *count)
{
    size_t end = slice_find(rest, '\n');
    struct slice last = without_comment(slice_part(rest, 0, end));
    *count = 1;
    for (size_t at = end, passed = 2; last.length > 0 && at + 1 < rest.length; passed++) {
        const size_t from = at + 1;
        at = from + slice_find(slice_part(rest, from, rest.length), '\n');
        const struct slice content = without_comment(slice_part(rest, from, at));
        if (content.length == 0)
            continue;
        if (!is_space(rest.data[from]))
            break;
        const char *gap = last.data + last.length;
        memset(map->text + (gap - map->text), ' ', (size_t)(content.data - gap));
        last = content;
        end = at;
        *count = passed;
    }
    return end;
}

bool entry_map_add_lines(struct entry_map *map, const char *name, struct strbuf *problem)
{
    size_t line_number = 0;
    unsigned problem_count = 0;
    struct slice rest = slice_make(map->text, map->text_bytes);
    while (rest.length > 0 && problem_count < PROBLEMS_TOLD_MAX) {
        size_t line_count = 1;
        size_t end = map->shape == TABLE_PAIRS ? join_lines(map, rest, &line_count) : slice_find(rest, '\n');
        struct strbuf why;
        strbuf_init(&why, 512);
        if (!add_line(map, slice_part(rest, 0, end), &why))
            strbuf_printf(problem, "%s%s:%zu: %s", problem_count++ == 0 ? "" : "\n", name, line_number + 1,
                          strbuf_text(&why));
        line_number += line_count;
        strbuf_deinit(&why);
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    return problem_count == 0;
}
