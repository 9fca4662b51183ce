/* CAB, ISO 9660, LHA, ARJ and ar, stored, and what compress writes. Option of CAB: packed (called MSZIP). */
#include "archive_writers.h"

/* ---- CAB ---- */

bool write_cab(const struct template_call *call, struct strbuf *out)
{
    enum { HEADER_BYTES = 36, FOLDER_BYTES = 8 };
    struct strbuf files, content;
    struct member_options options = {0};
    bool is_right = call->count % 2 == 0;
    strbuf_init(&files, 0);
    strbuf_init(&content, 0);
    for (size_t i = 0; i + 1 < call->count && is_right; i += 2) {
        is_right = member_options_read(call->arguments[i], &options);
        bytes_le(&files, call->arguments[i + 1].length, 4);
        bytes_le(&files, content.length, 4);
        bytes_le(&files, 0, 2);
        bytes_le(&files, 0x5821, 4);
        bytes_le(&files, 0x20, 2);
        strbuf_append_slice(&files, options.name);
        bytes_zero(&files, 1);
        strbuf_append_slice(&content, call->arguments[i + 1]);
    }
    uint64_t data_at = HEADER_BYTES + FOLDER_BYTES + files.length;
    strbuf_append_text(out, "MSCF");
    bytes_zero(out, 4);
    bytes_le(out, data_at + 8 + content.length, 4);
    bytes_zero(out, 4);
    bytes_le(out, HEADER_BYTES + FOLDER_BYTES, 4);
    bytes_zero(out, 4);
    bytes_le(out, 0x0103, 2);
    bytes_le(out, 1, 2);
    bytes_le(out, call->count / 2, 2);
    bytes_zero(out, 6);
    bytes_le(out, data_at, 4);
    bytes_le(out, 1, 2);
    bytes_le(out, options.is_packed ? 1 : 0, 2);
    strbuf_append_slice(out, strbuf_slice(&files));
    bytes_zero(out, 4); /* no check sum */
    bytes_le(out, content.length, 2);
    bytes_le(out, content.length, 2);
    strbuf_append_slice(out, strbuf_slice(&content));
    strbuf_deinit(&files);
    strbuf_deinit(&content);
    return is_right;
}

/* ---- ISO 9660 ---- */

enum { ISO_SECTOR = 2048, ISO_ROOT_AT = 19, ISO_FILES_AT = 20 };

static void iso_both(struct strbuf *out, uint64_t value, unsigned count)
{
    bytes_le(out, value, count);
    bytes_be(out, value, count);
}

static void iso_append_record(struct strbuf *out, struct slice name, uint64_t sector, uint64_t length,
                              bool is_folder)
{
    size_t bytes = 33 + name.length + (name.length % 2 == 0 ? 1 : 0);
    bytes_le(out, bytes, 1);
    bytes_zero(out, 1);
    iso_both(out, sector, 4);
    iso_both(out, length, 4);
    bytes_be(out, 0x7c010100000000, 7);
    bytes_le(out, is_folder ? 2 : 0, 1);
    bytes_zero(out, 2);
    iso_both(out, 1, 2);
    bytes_le(out, name.length, 1);
    strbuf_append_slice(out, name);
    if (name.length % 2 == 0)
        bytes_zero(out, 1);
}

static void iso_append_volume(struct strbuf *out, uint64_t sectors)
{
    size_t start = out->length;
    strbuf_append(out, "\1CD001\1", 8);
    for (int i = 0; i < 72; i++)
        strbuf_append_byte(out, i < 64 ? ' ' : '\0');
    iso_both(out, sectors, 4);
    bytes_zero(out, 32);
    iso_both(out, 1, 2);
    iso_both(out, 1, 2);
    iso_both(out, ISO_SECTOR, 2);
    iso_both(out, 10, 4);
    bytes_le(out, 18, 4);
    bytes_zero(out, 4);
    bytes_be(out, 18, 4);
    bytes_zero(out, 4);
    iso_append_record(out, slice_make("\0", 1), ISO_ROOT_AT, ISO_SECTOR, true);
    bytes_zero(out, start + 881 - out->length);
    bytes_le(out, 1, 1);
    bytes_zero(out, start + ISO_SECTOR - out->length);
}

bool write_iso(const struct template_call *call, struct strbuf *out)
{
    struct strbuf root, files;
    strbuf_init(&root, 0);
    strbuf_init(&files, 0);
    iso_append_record(&root, slice_make("\0", 1), ISO_ROOT_AT, ISO_SECTOR, true);
    iso_append_record(&root, slice_make("\1", 1), ISO_ROOT_AT, ISO_SECTOR, true);
    for (size_t i = 0; i + 1 < call->count; i += 2) {
        iso_append_record(&root, call->arguments[i], ISO_FILES_AT + files.length / ISO_SECTOR,
                          call->arguments[i + 1].length, false);
        strbuf_append_slice(&files, call->arguments[i + 1]);
        bytes_pad(&files, ISO_SECTOR);
    }
    bytes_pad(&root, ISO_SECTOR);
    size_t start = out->length;
    bytes_zero(out, (size_t)16 * ISO_SECTOR);
    iso_append_volume(out, ISO_FILES_AT + files.length / ISO_SECTOR);
    strbuf_append(out,
                  "\xff"
                  "CD001\1",
                  7);
    bytes_zero(out, start + (size_t)18 * ISO_SECTOR - out->length);
    bytes_le(out, 1, 1); /* path table: the root */
    bytes_zero(out, 1);
    bytes_le(out, ISO_ROOT_AT, 4);
    bytes_le(out, 1, 2);
    bytes_zero(out, start + (size_t)ISO_ROOT_AT * ISO_SECTOR - out->length);
    strbuf_append_slice(out, strbuf_slice(&root));
    strbuf_append_slice(out, strbuf_slice(&files));
    strbuf_deinit(&root);
    strbuf_deinit(&files);
    return call->count % 2 == 0;
}

/* ---- LHA, headers of level 0 ---- */

static void lha_append(struct strbuf *out, struct slice name, struct slice content)
{
    struct strbuf header;
    unsigned sum = 0;
    strbuf_init(&header, 0);
    strbuf_append_text(&header, "-lh0-");
    bytes_le(&header, content.length, 4);
    bytes_le(&header, content.length, 4);
    bytes_le(&header, 0x58210000, 4);
    bytes_le(&header, 0x0020, 2);
    bytes_le(&header, name.length, 1);
    strbuf_append_slice(&header, name);
    bytes_le(&header, bytes_crc16(content), 2);
    for (size_t i = 0; i < header.length; i++)
        sum += (unsigned char)header.data[i];
    bytes_le(out, header.length, 1);
    bytes_le(out, sum & 0xff, 1);
    strbuf_append_slice(out, strbuf_slice(&header));
    strbuf_append_slice(out, content);
    strbuf_deinit(&header);
}

bool write_lha(const struct template_call *call, struct strbuf *out)
{
    for (size_t i = 0; i + 1 < call->count; i += 2)
        lha_append(out, call->arguments[i], call->arguments[i + 1]);
    bytes_zero(out, 1);
    return call->count % 2 == 0;
}

/* ---- ARJ ---- */

static void arj_append_header(struct strbuf *out, struct slice name, struct slice content, bool is_archive)
{
    struct strbuf header;
    strbuf_init(&header, 0);
    bytes_be(&header, 0x1e0b0100, 4);
    bytes_le(&header, 0, 2);
    bytes_le(&header, is_archive ? 2 : 0, 2);
    bytes_le(&header, 0x58210000, 4);
    bytes_le(&header, is_archive ? 0x58210000 : content.length, 4);
    bytes_le(&header, is_archive ? 0 : content.length, 4);
    bytes_le(&header, is_archive ? 0 : bytes_crc32(content), 4);
    bytes_zero(&header, 6);
    strbuf_append_slice(&header, name);
    bytes_zero(&header, 2);
    bytes_le(out, 0xea60, 2);
    bytes_le(out, header.length, 2);
    strbuf_append_slice(out, strbuf_slice(&header));
    bytes_le(out, bytes_crc32(strbuf_slice(&header)), 4);
    bytes_zero(out, 2);
    strbuf_append_slice(out, content);
    strbuf_deinit(&header);
}

bool write_arj(const struct template_call *call, struct strbuf *out)
{
    arj_append_header(out, slice_of("a.arj"), slice_make("", 0), true);
    for (size_t i = 0; i + 1 < call->count; i += 2)
        arj_append_header(out, call->arguments[i], call->arguments[i + 1], false);
    bytes_le(out, 0xea60, 4);
    return call->count % 2 == 0;
}

/* ---- ar ---- */

bool write_ar(const struct template_call *call, struct strbuf *out)
{
    strbuf_append_text(out, "!<arch>\n");
    for (size_t i = 0; i + 1 < call->count; i += 2) {
        struct slice name = call->arguments[i], content = call->arguments[i + 1];
        strbuf_printf(out, "%-16.*s%-12d%-6d%-6d%-8s%-10zu`\n", (int)name.length, name.data, 0, 0, 0,
                      "100644", content.length);
        strbuf_append_slice(out, content);
        if (content.length % 2 != 0)
            strbuf_append_byte(out, '\n');
    }
    return call->count % 2 == 0;
}

/* ---- compress ---- */

/* $[lzw|CONTENT]: each byte a code of 9 bits, and one to forget them before they grow. */
bool write_lzw(const struct template_call *call, struct strbuf *out)
{
    enum { CODES_TOGETHER = 247, CLEAR = 256, CODE_BITS = 9 };
    struct slice content = call->arguments[0];
    uint32_t bits = 0;
    unsigned held = 0;
    strbuf_append(out, "\x1f\x9d\x90", 3);
    for (size_t i = 0, codes = 0; i < content.length; codes++) {
        bool is_clear = codes % (CODES_TOGETHER + 1) == CODES_TOGETHER;
        bits |= (is_clear ? CLEAR : (uint32_t)(unsigned char)content.data[i++]) << held;
        for (held += CODE_BITS; held >= 8; held -= 8, bits >>= 8)
            strbuf_append_byte(out, (char)bits);
    }
    if (held > 0)
        strbuf_append_byte(out, (char)bits);
    return true;
}
