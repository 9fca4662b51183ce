#include "base/json_writer.h"

#include <assert.h>

void json_writer_init(struct json_writer *json, struct strbuf *out)
{
    *json = (struct json_writer){.out = out};
}

static void begin_member(struct json_writer *json, const char *key)
{
    const size_t length = strlen(key);
    char *room = strbuf_extend(json->out, length + 3);
    if (room == NULL)
        return;
    *room++ = '"';
    memcpy(room, key, length);
    memcpy(room + length, "\":", 2);
}

static void begin_value(struct json_writer *json, const char *key)
{
    if (json->needs_comma)
        strbuf_append_byte(json->out, ',');
    if (key != NULL)
        begin_member(json, key);
    json->needs_comma = true;
}

void json_key_make(struct json_key *key, const char *name)
{
    const size_t length = strlen(name);
    assert(length <= JSON_KEY_BYTES - 4);
    *key = (struct json_key){.text = ",\"", .length = length + 4};
    memcpy(key->text + 2, name, length);
    memcpy(key->text + 2 + length, "\":", 2);
}

void json_put_key(struct json_writer *json, const struct json_key *key)
{
    const size_t from = json->needs_comma ? 0 : 1, length = key->length - from;
    char *room = strbuf_extend(json->out, JSON_KEY_BYTES);
    json->needs_comma = false;
    if (room == NULL)
        return;
    memcpy(room, key->text + from, JSON_KEY_BYTES - 1);
    json->out->length -= JSON_KEY_BYTES - length;
    room[length] = '\0';
}

static void open_with(struct json_writer *json, const char *key, char bracket)
{
    begin_value(json, key);
    strbuf_append_byte(json->out, bracket);
    json->needs_comma = false;
}

static void close_with(struct json_writer *json, char bracket)
{
    strbuf_append_byte(json->out, bracket);
    json->needs_comma = true;
}

void json_open_object(struct json_writer *json, const char *key)
{
    open_with(json, key, '{');
}

void json_close_object(struct json_writer *json)
{
    close_with(json, '}');
}

void json_open_array(struct json_writer *json, const char *key)
{
    open_with(json, key, '[');
}

void json_close_array(struct json_writer *json)
{
    close_with(json, ']');
}

/* The length of the well-formed UTF-8 sequence at the start of `s` (RFC 3629), or 0. */
static size_t utf8_sequence_length(struct slice s)
{
    const unsigned char *c = (const unsigned char *)s.data;
    size_t length = c[0] < 0x80                   ? 1
                    : c[0] >= 0xc2 && c[0] < 0xe0 ? 2
                    : c[0] >= 0xe0 && c[0] < 0xf0 ? 3
                    : c[0] >= 0xf0 && c[0] < 0xf5 ? 4
                                                  : 0;
    if (length == 0 || length > s.length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    bool surrogate = c[0] == 0xed && c[1] >= 0xa0;
    bool beyond = c[0] == 0xf4 && c[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

static void append_escape(struct strbuf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        strbuf_append_byte(out, '\\');
        strbuf_append_byte(out, (char)c);
        return;
    }
    char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    strbuf_append(out, escape, sizeof escape);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* ---- eight bytes at a time -------------------------------------------------------------------------- */

static const uint64_t each = 0x0101010101010101u;

/* Whether all of eight bytes are plain. A carry or borrow into the next one only comes from one that is not.
 */
static bool are_plain(uint64_t eight)
{
    const uint64_t not_ascii = eight | (eight + each), control = eight - each * 0x20;
    const uint64_t quote = (eight ^ each * '"') - each, backslash = (eight ^ each * '\\') - each;
    return ((not_ascii | control | quote | backslash) & each * 0x80) == 0;
}

static bool copy_eight(char *to, const char *from)
{
    uint64_t eight;
    memcpy(&eight, from, sizeof eight);
    memcpy(to, &eight, sizeof eight);
    return are_plain(eight);
}

/* Of fewer than eight bytes: two times four that overlap, or each. */
static bool copy_few(char *to, const char *from, size_t length)
{
    uint32_t first, last;
    if (length < sizeof first) {
        bool plain = true;
        for (size_t i = 0; i < length; i++)
            plain = is_plain((unsigned char)(to[i] = from[i])) && plain;
        return plain;
    }
    memcpy(&first, from, sizeof first);
    memcpy(&last, from + length - sizeof last, sizeof last);
    memcpy(to, &first, sizeof first);
    memcpy(to + length - sizeof last, &last, sizeof last);
    return are_plain((uint64_t)first << 32 | last);
}

/* False: some are not plain, and what is at `to` is worth nothing. */
static bool copy_plain(char *to, const char *from, size_t length)
{
    size_t at = 0;
    if (length < 8)
        return copy_few(to, from, length);
    for (; at + 8 < length; at += 8)
        if (!copy_eight(to + at, from + at))
            return false;
    return copy_eight(to + length - 8, from + length - 8);
}

/* ---- strings ---------------------------------------------------------------------------------------- */

/* Most strings: nothing to escape. */
static bool write_plain_string(struct json_writer *json, struct slice value)
{
    const size_t before = json->out->length;
    char *room = strbuf_extend(json->out, value.length + 2);
    if (room == NULL)
        return true;
    if (!copy_plain(room + 1, value.data, value.length)) {
        strbuf_truncate(json->out, before);
        return false;
    }
    room[0] = '"';
    room[value.length + 1] = '"';
    return true;
}

/* The length of the run of plain bytes from `at` on. */
static size_t plain_run(struct slice value, size_t at)
{
    size_t end = at;
    while (end < value.length && is_plain((unsigned char)value.data[end]))
        end++;
    return end - at;
}

static void write_string(struct json_writer *json, struct slice value)
{
    strbuf_append_byte(json->out, '"');
    for (size_t at = 0; at < value.length;) {
        size_t run = plain_run(value, at);
        strbuf_append(json->out, value.data + at, run);
        at += run;
        if (at == value.length)
            break;
        unsigned char c = (unsigned char)value.data[at];
        size_t sequence = c < 0x80 ? 0 : utf8_sequence_length(slice_part(value, at, value.length));
        if (sequence > 0)
            strbuf_append(json->out, value.data + at, sequence);
        else
            append_escape(json->out, c);
        at += sequence > 0 ? sequence : 1;
    }
    strbuf_append_byte(json->out, '"');
}

void json_string(struct json_writer *json, const char *key, struct slice value)
{
    begin_value(json, key);
    if (!write_plain_string(json, value))
        write_string(json, value);
}

void json_text(struct json_writer *json, const char *key, const char *value)
{
    if (value != NULL) {
        json_string(json, key, slice_of(value));
        return;
    }
    begin_value(json, key);
    strbuf_append_text(json->out, "null");
}

void json_u64(struct json_writer *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    strbuf_append_u64(json->out, value);
}

void json_bool(struct json_writer *json, const char *key, bool value)
{
    begin_value(json, key);
    strbuf_append_text(json->out, value ? "true" : "false");
}
