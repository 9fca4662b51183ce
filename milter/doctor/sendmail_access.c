#include "sendmail_access.h"

#include <stdio.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct slice take_line(struct slice *rest, unsigned *line)
{
    size_t end = slice_find(*rest, '\n');
    struct slice text = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + (end < rest->length), rest->length);
    ++*line;
    return text;
}

static struct slice take_word(struct slice *text)
{
    size_t start = 0;
    while (start < text->length && is_blank(text->data[start]))
        start++;
    size_t end = start;
    while (end < text->length && !is_blank(text->data[end]))
        end++;
    struct slice word = slice_part(*text, start, end);
    *text = slice_part(*text, end, text->length);
    return word;
}

static bool is_tag(struct slice text)
{
    static const char *const tags[] = {"Connect", "To", "From", "CERTIssuer", "CERTSubject"};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (slice_equal_nocase(text, slice_of(tags[i])))
            return true;
    return false;
}

bool access_next(struct slice *rest, unsigned *line, struct access_entry *entry)
{
    while (rest->length > 0) {
        struct slice text = take_line(rest, line);
        struct slice key = take_word(&text);
        struct slice value = slice_trim(text);
        if (key.length == 0 || key.data[0] == '#' || value.length == 0)
            continue;
        size_t colon = slice_find(key, ':');
        bool has_tag = colon < key.length && is_tag(slice_part(key, 0, colon));
        *entry = (struct access_entry){
            .tag = slice_part(key, 0, has_tag ? colon : 0),
            .key = slice_part(key, has_tag ? colon + 1 : 0, key.length),
            .value = value,
            .line = *line,
        };
        return true;
    }
    return false;
}

bool host_list_next(struct slice *rest, unsigned *line, struct slice *host)
{
    while (rest->length > 0) {
        struct slice text = take_line(rest, line);
        *host = take_word(&text);
        if (host->length > 0 && host->data[0] != '#')
            return true;
    }
    return false;
}

enum { NETWORK_TEXT_BYTES = 64 };

/* The parts that are missing are the width: each has `part_bits`. */
static bool network_of_parts(struct slice key, const char *filler, unsigned part_bits,
                             struct ip_network *network)
{
    char text[NETWORK_TEXT_BYTES];
    unsigned parts = 1;
    for (size_t i = 0; i < key.length; i++)
        parts += key.data[i] == filler[0];
    unsigned part_count = part_bits == 8 ? 4 : 8;
    if (parts > part_count || key.length > NETWORK_TEXT_BYTES - 20)
        return false;
    size_t used = key.length;
    memcpy(text, key.data, used);
    if (part_bits == 8)
        for (unsigned i = parts; i < part_count; i++, used += 2)
            memcpy(text + used, ".0", 2);
    else if (parts < part_count)
        for (unsigned i = 0; i < 2; i++)
            text[used++] = ':';
    int width = snprintf(text + used, sizeof text - used, "/%u", parts * part_bits);
    return ip_network_parse(slice_make(text, used + (size_t)width), network, NULL);
}

bool access_network(struct slice key, struct ip_network *network)
{
    const struct slice v6 = slice_of("IPv6:");
    if (key.length > 0 && key.data[key.length - 1] == '.')
        key.length--;
    if (!slice_starts_nocase(key, v6))
        return key.length > 0 && ascii_is_digit(key.data[0]) && network_of_parts(key, ".", 8, network);
    key = slice_part(key, v6.length, key.length);
    for (size_t i = 0; i + 1 < key.length; i++)
        if (key.data[i] == ':' && key.data[i + 1] == ':')
            return ip_network_parse(key, network, NULL);
    return key.length > 0 && network_of_parts(key, ":", 16, network);
}
