/*
 * Zip. Options of members: local=NAME (the name in the local header differs), other=NAME (a Unicode path
 * extra field), encrypted, unlisted (no index entry), listed (an index entry alone), descriptor, packed (an
 * unknown method), zip64. A member called "-comment" or "-before" is the archive's comment, or stands before
 * the archive.
 */
#include "archive_writers.h"

struct zip_writer {
    struct strbuf *out;
    struct strbuf index;
    size_t start; /* of the archive in `out` */
    unsigned listed_count;
    struct slice comment;
};

struct zip_fields {
    struct member_options options;
    struct slice content;
    uint32_t crc;
    uint64_t offset;
};

static void zip_append_extra(const struct zip_fields *member, struct slice name, struct strbuf *extra,
                             bool is_local)
{
    const struct member_options *options = &member->options;
    if (options->is_zip64) {
        bytes_le(extra, 0x0001, 2);
        bytes_le(extra, 16, 2);
        bytes_le(extra, member->content.length, 8);
        bytes_le(extra, member->content.length, 8);
    }
    if (options->has_other && !is_local) {
        bytes_le(extra, 0x7075, 2);
        bytes_le(extra, 5 + options->other.length, 2);
        bytes_le(extra, 1, 1);
        bytes_le(extra, bytes_crc32(name), 4);
        strbuf_append_slice(extra, options->other);
    }
}

/* From "version needed" to the lengths of name and extra field, which both kinds of header share. */
static void zip_append_common(struct strbuf *out, const struct zip_fields *member, size_t name_bytes,
                              size_t extra_bytes, bool is_local)
{
    const struct member_options *options = &member->options;
    bool is_later = options->has_descriptor && is_local;
    uint64_t size = options->is_zip64 ? 0xffffffffU : is_later ? 0 : member->content.length;
    bytes_le(out, options->is_zip64 ? 45 : 20, 2);
    bytes_le(out, (options->is_encrypted ? 1U : 0U) | (options->has_descriptor ? 8U : 0U), 2);
    bytes_le(out, options->is_packed ? 97 : 0, 2);
    bytes_le(out, 0x58210000, 4); /* 2024-01-01 */
    bytes_le(out, is_later ? 0 : member->crc, 4);
    bytes_le(out, size, 4);
    bytes_le(out, size, 4);
    bytes_le(out, name_bytes, 2);
    bytes_le(out, extra_bytes, 2);
}

static void zip_append_local(struct zip_writer *zip, const struct zip_fields *member)
{
    const struct member_options *options = &member->options;
    struct slice name = options->has_local ? options->local : options->name;
    struct strbuf extra;
    strbuf_init(&extra, 0);
    zip_append_extra(member, name, &extra, true);
    bytes_le(zip->out, 0x04034b50, 4);
    zip_append_common(zip->out, member, name.length, extra.length, true);
    strbuf_append_slice(zip->out, name);
    strbuf_append_slice(zip->out, strbuf_slice(&extra));
    strbuf_append_slice(zip->out, member->content);
    strbuf_deinit(&extra);
    if (options->has_descriptor) {
        bytes_le(zip->out, 0x08074b50, 4);
        bytes_le(zip->out, member->crc, 4);
        bytes_le(zip->out, member->content.length, 4);
        bytes_le(zip->out, member->content.length, 4);
    }
}

static void zip_append_listed(struct zip_writer *zip, const struct zip_fields *member)
{
    struct slice name = member->options.name;
    struct strbuf extra;
    strbuf_init(&extra, 0);
    zip_append_extra(member, name, &extra, false);
    bytes_le(&zip->index, 0x02014b50, 4);
    bytes_le(&zip->index, 20, 2);
    zip_append_common(&zip->index, member, name.length, extra.length, false);
    bytes_le(&zip->index, 0, 2);
    bytes_zero(&zip->index, 8);
    bytes_le(&zip->index, member->offset, 4);
    strbuf_append_slice(&zip->index, name);
    strbuf_append_slice(&zip->index, strbuf_slice(&extra));
    strbuf_deinit(&extra);
    zip->listed_count++;
}

static bool zip_append_member(struct zip_writer *zip, struct slice name, struct slice content)
{
    struct zip_fields member = {.content = content, .crc = bytes_crc32(content)};
    if (slice_equal(name, slice_of("-comment"))) {
        zip->comment = content;
        return true;
    }
    if (slice_equal(name, slice_of("-before"))) {
        strbuf_append_slice(zip->out, content);
        return true;
    }
    if (!member_options_read(name, &member.options))
        return false;
    member.offset = zip->out->length - zip->start;
    if (!member.options.is_only_listed)
        zip_append_local(zip, &member);
    if (!member.options.is_unlisted)
        zip_append_listed(zip, &member);
    return true;
}

bool write_zip(const struct template_call *call, struct strbuf *out)
{
    struct zip_writer zip = {.out = out, .start = out->length};
    bool is_right = call->count % 2 == 0;
    strbuf_init(&zip.index, 0);
    for (size_t i = 0; i + 1 < call->count && is_right; i += 2)
        is_right = zip_append_member(&zip, call->arguments[i], call->arguments[i + 1]);
    uint64_t index_at = out->length - zip.start;
    strbuf_append_slice(out, strbuf_slice(&zip.index));
    bytes_le(out, 0x06054b50, 4);
    bytes_zero(out, 4);
    bytes_le(out, zip.listed_count, 2);
    bytes_le(out, zip.listed_count, 2);
    bytes_le(out, zip.index.length, 4);
    bytes_le(out, index_at, 4);
    bytes_le(out, zip.comment.length, 2);
    strbuf_append_slice(out, zip.comment);
    strbuf_deinit(&zip.index);
    return is_right;
}
