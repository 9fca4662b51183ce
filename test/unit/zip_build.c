#define ZLIB_CONST

#include "zip_build.h"

#include <assert.h>
#include <zlib.h>

enum { FLAG_DESCRIPTOR = 8 };

void zip_build_begin(struct zip_build *build)
{
    *build = (struct zip_build){.count = 0};
    strbuf_init(&build->out, 0);
    strbuf_init(&build->directory, 0);
}

void zip_build_free(struct zip_build *build)
{
    strbuf_deinit(&build->out);
    strbuf_deinit(&build->directory);
}

void zip_build_junk(struct zip_build *build, struct slice bytes)
{
    strbuf_append_slice(&build->out, bytes);
}

static void put(struct strbuf *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        strbuf_append_byte(out, (char)(i < 8 ? value >> (8 * i) & 0xff : 0));
}

static void pack(const struct zip_build_member *member, struct strbuf *packed)
{
    static char buffer[1 << 16];
    z_stream stream = {.next_in = (const Bytef *)member->data.data, .avail_in = (uInt)member->data.length};
    if (member->method != 8 || member->raw) {
        strbuf_append_slice(packed, member->data);
        return;
    }
    deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    int status;
    do {
        stream.next_out = (Bytef *)buffer;
        stream.avail_out = sizeof buffer;
        status = deflate(&stream, Z_FINISH);
        strbuf_append(packed, buffer, sizeof buffer - stream.avail_out);
    } while (status == Z_OK);
    assert(status == Z_STREAM_END);
    deflateEnd(&stream);
}

static void put_unicode_name(struct strbuf *extra, const char *name)
{
    if (name == NULL)
        return;
    put(extra, 0x7075, 2);
    put(extra, 5 + strlen(name), 2);
    put(extra, 1, 1);
    put(extra, 0, 4);
    strbuf_append_text(extra, name);
}

static void put_descriptor(struct strbuf *out, const struct zip_build_member *member, uint32_t crc,
                           uint64_t packed)
{
    bool bare = member->descriptor == ZIP_BUILD_BARE_DESCRIPTOR ||
                member->descriptor == ZIP_BUILD_BARE_LONG_DESCRIPTOR;
    bool large = member->descriptor == ZIP_BUILD_LONG_DESCRIPTOR ||
                 member->descriptor == ZIP_BUILD_BARE_LONG_DESCRIPTOR;
    if (member->descriptor == ZIP_BUILD_NO_DESCRIPTOR)
        return;
    if (!bare)
        strbuf_append(out, "PK\x07\x08", 4);
    put(out, crc, 4);
    put(out, packed + (uint64_t)member->descriptor_size_more, large ? 8 : 4);
    put(out, member->data.length, large ? 8 : 4);
}

static void put_local(struct strbuf *out, const struct zip_build_member *member, uint32_t crc,
                      uint64_t packed)
{
    struct strbuf extra;
    bool is_streamed = member->descriptor != ZIP_BUILD_NO_DESCRIPTOR;
    bool has_sizes = !is_streamed || member->sizes_stay;
    strbuf_init(&extra, 0);
    put_unicode_name(&extra, member->unicode_name);
    if (member->zip64) {
        put(&extra, 1, 2);
        put(&extra, 16, 2);
        put(&extra, has_sizes ? member->data.length : 0, 8);
        put(&extra, has_sizes ? packed : 0, 8);
    }
    strbuf_append(out, "PK\x03\x04", 4);
    put(out, member->zip64 ? 45 : 20, 2);
    put(out, member->flags | (is_streamed ? FLAG_DESCRIPTOR : 0), 2);
    put(out, member->method, 2);
    put(out, 0x58210000, 4); /* 2024-01-01 */
    put(out, has_sizes ? crc : 0, 4);
    put(out, member->zip64 ? UINT32_MAX : has_sizes ? packed + (uint64_t)member->local_size_more : 0, 4);
    put(out, member->zip64 ? UINT32_MAX : has_sizes ? member->data.length : 0, 4);
    put(out, strlen(member->name), 2);
    put(out, extra.length, 2);
    strbuf_append_text(out, member->name);
    strbuf_append_slice(out, strbuf_slice(&extra));
    strbuf_deinit(&extra);
}

static void put_central(struct strbuf *out, const struct zip_build_member *member, uint32_t crc,
                        uint64_t packed, uint64_t offset)
{
    struct strbuf extra;
    const char *name = member->listed_name == NULL ? member->name : member->listed_name;
    strbuf_init(&extra, 0);
    put_unicode_name(&extra, member->listed_unicode_name);
    packed += (uint64_t)member->listed_size_more;
    if (member->zip64) {
        put(&extra, 1, 2);
        put(&extra, 24, 2);
        put(&extra, member->data.length, 8);
        put(&extra, packed, 8);
        put(&extra, offset, 8);
    }
    strbuf_append(out, "PK\x01\x02", 4);
    put(out, 0x0314, 2);
    put(out, member->zip64 ? 45 : 20, 2);
    put(out, member->flags | (member->descriptor != ZIP_BUILD_NO_DESCRIPTOR ? FLAG_DESCRIPTOR : 0), 2);
    put(out, member->method + member->listed_method_more, 2);
    put(out, 0x58210000, 4);
    put(out, crc, 4);
    put(out, member->zip64 ? UINT32_MAX : packed, 4);
    put(out, member->zip64 ? UINT32_MAX : member->data.length, 4);
    put(out, strlen(name), 2);
    put(out, extra.length, 2);
    put(out, 0, 2 + 2 + 2 + 4); /* comment, disk, attributes */
    put(out, member->zip64 ? UINT32_MAX : offset, 4);
    strbuf_append_text(out, name);
    strbuf_append_slice(out, strbuf_slice(&extra));
    strbuf_deinit(&extra);
}

void zip_build_add(struct zip_build *build, const struct zip_build_member *member)
{
    struct strbuf packed;
    uint64_t offset = build->out.length - build->start + (uint64_t)member->listed_offset_more;
    uint32_t crc = (uint32_t)crc32_z(0, (const Bytef *)member->data.data, member->data.length);
    strbuf_init(&packed, 0);
    pack(member, &packed);
    if (!member->absent) {
        put_local(&build->out, member, crc, packed.length);
        strbuf_append_slice(&build->out, strbuf_slice(&packed));
        put_descriptor(&build->out, member, crc, packed.length);
    }
    if (!member->unlisted) {
        put_central(&build->directory, member, crc, packed.length, offset);
        build->count++;
    }
    strbuf_deinit(&packed);
}

void zip_build_text(struct zip_build *build, const char *name, const char *text)
{
    const struct zip_build_member member = {.name = name, .data = slice_of(text)};
    zip_build_add(build, &member);
}

void zip_build_directory(struct zip_build *build)
{
    strbuf_append_slice(&build->out, strbuf_slice(&build->directory));
}

static void put_zip64_end(struct zip_build *build, size_t directory_at)
{
    size_t at = build->out.length - build->start;
    strbuf_append(&build->out, "PK\x06\x06", 4);
    put(&build->out, 44, 8);
    put(&build->out, 45, 2);
    put(&build->out, 45, 2);
    put(&build->out, 0, 8);
    put(&build->out, build->count, 8);
    put(&build->out, build->count, 8);
    put(&build->out, build->directory.length, 8);
    put(&build->out, directory_at, 8);
    strbuf_append(&build->out, "PK\x06\x07", 4);
    put(&build->out, 0, 4);
    put(&build->out, at, 8);
    put(&build->out, 1, 4);
}

void zip_build_end(struct zip_build *build, size_t directory_at, struct slice comment)
{
    if (build->zip64)
        put_zip64_end(build, directory_at);
    strbuf_append(&build->out, "PK\x05\x06\0\0\0\0", 8);
    put(&build->out, build->zip64 ? UINT16_MAX : build->count, 2);
    put(&build->out, build->zip64 ? UINT16_MAX : build->count, 2);
    put(&build->out, build->directory.length, 4);
    put(&build->out, build->zip64 ? UINT32_MAX : directory_at, 4);
    put(&build->out, comment.length, 2);
    strbuf_append_slice(&build->out, comment);
    strbuf_reset(&build->directory);
    build->count = 0;
}

void zip_build_finish(struct zip_build *build, const char *comment)
{
    size_t directory_at = build->out.length - build->start;
    zip_build_directory(build);
    zip_build_end(build, directory_at, slice_of(comment));
}

struct slice zip_build_bytes(const struct zip_build *build)
{
    assert(!build->out.failed && !build->directory.failed);
    return strbuf_slice(&build->out);
}
