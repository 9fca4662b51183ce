/* Numbers and padding as archive formats want them. */
#include "archive_writers.h"

void bytes_le(struct strbuf *out, uint64_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_append_byte(out, (char)(value >> (8 * i)));
}

void bytes_be(struct strbuf *out, uint64_t value, unsigned count)
{
    for (unsigned i = count; i > 0; i--)
        strbuf_append_byte(out, (char)(value >> (8 * (i - 1))));
}

void bytes_zero(struct strbuf *out, size_t count)
{
    static const char zeros[512];
    for (; count > sizeof zeros; count -= sizeof zeros)
        strbuf_append(out, zeros, sizeof zeros);
    strbuf_append(out, zeros, count);
}

void bytes_utf16(struct strbuf *out, struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        bytes_le(out, (unsigned char)text.data[i], 2);
}

void bytes_pad(struct strbuf *out, size_t unit)
{
    if (out->length % unit != 0)
        bytes_zero(out, unit - out->length % unit);
}

uint32_t bytes_crc32(struct slice s)
{
    uint32_t crc = 0xffffffffU;
    for (size_t i = 0; i < s.length; i++) {
        crc ^= (unsigned char)s.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320U & (0U - (crc & 1)));
    }
    return ~crc;
}

uint16_t bytes_crc16(struct slice s)
{
    unsigned crc = 0;
    for (size_t i = 0; i < s.length; i++) {
        crc ^= (unsigned char)s.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xa001U & (0U - (crc & 1)));
    }
    return (uint16_t)crc;
}

static bool take_value(struct slice word, const char *name, struct slice *value, bool *has)
{
    size_t length = strlen(name);
    if (word.length < length || memcmp(word.data, name, length) != 0)
        return false;
    *value = slice_part(word, length, word.length);
    *has = true;
    return true;
}

static bool take_flag(struct slice word, struct member_options *options)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"encrypted", &options->is_encrypted}, {"unlisted", &options->is_unlisted},
        {"listed", &options->is_only_listed},  {"descriptor", &options->has_descriptor},
        {"packed", &options->is_packed},       {"zip64", &options->is_zip64},
        {"damaged", &options->is_damaged},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (slice_equal(word, slice_of(flags[i].name))) {
            *flags[i].flag = true;
            return true;
        }
    }
    return take_value(word, "local=", &options->local, &options->has_local) ||
           take_value(word, "other=", &options->other, &options->has_other);
}

bool member_options_read(struct slice name, struct member_options *options)
{
    *options = (struct member_options){0};
    while (name.length > 0 && name.data[0] == '<') {
        size_t end = slice_find(name, '>');
        if (end == name.length || !take_flag(slice_part(name, 1, end), options))
            return false;
        name = slice_part(name, end + 1, name.length);
    }
    options->name = name;
    return true;
}
