/* 7z with its index plain, packed (by the method that packs nothing) or said to be encrypted. */
#include "archive_writers.h"

enum { SEVEN_ZIP_LONG_FROM = 0x4000 };

static void sz_number(struct strbuf *out, uint64_t value)
{
    if (value < 0x80) {
        bytes_le(out, value, 1);
    } else if (value < SEVEN_ZIP_LONG_FROM) {
        bytes_le(out, 0x80 | value >> 8, 1);
        bytes_le(out, value & 0xff, 1);
    } else {
        bytes_le(out, 0xff, 1);
        bytes_le(out, value, 8);
    }
}

/* Pack info and one folder: content at `from`, so many bytes, copied or AES. */
static void sz_streams(struct strbuf *out, uint64_t from, uint64_t length, bool is_encrypted)
{
    bytes_le(out, 0x06, 1);
    sz_number(out, from);
    bytes_be(out, 0x0109, 2);
    sz_number(out, length);
    bytes_be(out, 0x00070b0100, 5);
    if (is_encrypted)
        bytes_be(out, 0x012406f107010200, 8); /* one coder: AES, two bytes of properties … */
    else
        bytes_be(out, 0x010100, 3);
    if (is_encrypted)
        bytes_zero(out, 1);
    bytes_le(out, 0x0c, 1);
    sz_number(out, length);
}

static void sz_names(const struct template_call *call, struct strbuf *out)
{
    struct strbuf names;
    strbuf_init(&names, 0);
    for (size_t i = 0; i + 1 < call->count; i += 2) {
        struct member_options options;
        member_options_read(call->arguments[i], &options);
        bytes_utf16(&names, options.name);
        bytes_zero(&names, 2);
    }
    bytes_le(out, 0x05, 1);
    sz_number(out, call->count / 2);
    bytes_le(out, 0x11, 1);
    sz_number(out, names.length + 1);
    bytes_zero(out, 1);
    strbuf_append_slice(out, strbuf_slice(&names));
    bytes_zero(out, 1);
    strbuf_deinit(&names);
}

/* The sizes of all members but the last, and their check sums. */
static void sz_substreams(const struct template_call *call, struct strbuf *out)
{
    bytes_be(out, 0x080d, 2);
    sz_number(out, call->count / 2);
    if (call->count > 2)
        bytes_le(out, 0x09, 1);
    for (size_t i = 0; i + 3 < call->count; i += 2)
        sz_number(out, call->arguments[i + 1].length);
    bytes_be(out, 0x0a01, 2);
    for (size_t i = 0; i + 1 < call->count; i += 2)
        bytes_le(out, bytes_crc32(call->arguments[i + 1]), 4);
    bytes_zero(out, 1);
}

static void sz_signature(struct strbuf *out, uint64_t offset, struct slice header)
{
    struct strbuf start;
    strbuf_init(&start, 0);
    bytes_le(&start, offset, 8);
    bytes_le(&start, header.length, 8);
    bytes_le(&start, bytes_crc32(header), 4);
    bytes_be(out, 0x377abcaf271c0004, 8);
    bytes_le(out, bytes_crc32(strbuf_slice(&start)), 4);
    strbuf_append_slice(out, strbuf_slice(&start));
    strbuf_deinit(&start);
}

static bool sz_write(const struct template_call *call, struct strbuf *out, bool is_packed)
{
    struct strbuf content, header, outer;
    struct member_options options = {0};
    bool is_right = call->count % 2 == 0 && member_options_read(call->arguments[0], &options);
    strbuf_init(&content, 0);
    strbuf_init(&header, 0);
    strbuf_init(&outer, 0);
    for (size_t i = 0; i + 1 < call->count; i += 2)
        strbuf_append_slice(&content, call->arguments[i + 1]);
    bytes_be(&header, 0x0104, 2);
    sz_streams(&header, 0, content.length, is_right && options.is_encrypted);
    bytes_zero(&header, 1);
    sz_substreams(call, &header);
    bytes_zero(&header, 1);
    sz_names(call, &header);
    bytes_zero(&header, 1);
    if (is_packed) {
        bytes_le(&outer, 0x17, 1);
        sz_streams(&outer, content.length, header.length, is_right && options.is_packed);
        if (!options.is_packed) {
            bytes_be(&outer, 0x0a01, 2);
            bytes_le(&outer, bytes_crc32(strbuf_slice(&header)), 4);
        }
        bytes_zero(&outer, 2);
        strbuf_append_slice(&content, strbuf_slice(&header));
    } else {
        strbuf_append_slice(&outer, strbuf_slice(&header));
    }
    sz_signature(out, content.length, strbuf_slice(&outer));
    strbuf_append_slice(out, strbuf_slice(&content));
    strbuf_append_slice(out, strbuf_slice(&outer));
    strbuf_deinit(&content);
    strbuf_deinit(&header);
    strbuf_deinit(&outer);
    return is_right;
}

/* Option of the first member: encrypted (the content is AES). */
bool write_seven_zip(const struct template_call *call, struct strbuf *out)
{
    return sz_write(call, out, false);
}

/* Option of the first member: packed (the index is AES, names are not readable). */
bool write_seven_zip_packed(const struct template_call *call, struct strbuf *out)
{
    return sz_write(call, out, true);
}
