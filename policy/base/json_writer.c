#include "base/json_writer.h"

void json_writer_init(struct json_writer *json, struct strbuf *out)
{
    *json = (struct json_writer){.out = out};
}

static void begin_value(struct json_writer *json, const char *key)
{
    bool needs_comma = json->needs_comma;
    size_t key_length = key == NULL ? 0 : strlen(key);
    char *room = strbuf_extend(json->out, needs_comma + (key == NULL ? 0 : key_length + 3));
    json->needs_comma = true;
    if (room == NULL)
        return;
    if (needs_comma)
        *room++ = ',';
    if (key == NULL)
        return;
    *room++ = '"';
    memcpy(room, key, key_length);
    memcpy(room + key_length, "\":", 2);
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

/* The length of the run of plain bytes from `at` on. */
static size_t plain_run(struct slice value, size_t at)
{
    size_t end = at;
    while (end < value.length && is_plain((unsigned char)value.data[end]))
        end++;
    return end - at;
}

/* Most strings: nothing to escape. */
static bool write_plain_string(struct json_writer *json, struct slice value)
{
    if (plain_run(value, 0) != value.length)
        return false;
    char *room = strbuf_extend(json->out, value.length + 2);
    if (room == NULL)
        return true;
    room[0] = '"';
    if (value.length > 0)
        memcpy(room + 1, value.data, value.length);
    room[value.length + 1] = '"';
    return true;
}

void json_string(struct json_writer *json, const char *key, struct slice value)
{
    begin_value(json, key);
    if (write_plain_string(json, value))
        return;
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
