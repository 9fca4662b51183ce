/* Tar, and what it is compressed with: gzip and xz with stored blocks, and gzip of long runs of zeros. */
#include "archive_writers.h"

enum { TAR_BLOCK = 512, TAR_NAME_BYTES = 100, DEFLATE_STORED_MOST = 65535, XZ_CHUNK_MOST = 65536 };

static void tar_octal(char *field, size_t width, uint64_t value)
{
    for (size_t i = width - 1; i > 0; i--, value >>= 3)
        field[i - 1] = (char)('0' + (value & 7));
}

static void tar_append_header(struct strbuf *out, struct slice name, uint64_t size, char type)
{
    char header[TAR_BLOCK] = {0};
    unsigned sum = 0;
    memcpy(header, name.data, name.length < TAR_NAME_BYTES ? name.length : TAR_NAME_BYTES);
    tar_octal(header + 100, 8, 0644);
    tar_octal(header + 108, 8, 0);
    tar_octal(header + 116, 8, 0);
    tar_octal(header + 124, 12, size);
    tar_octal(header + 136, 12, 1700000000);
    memset(header + 148, ' ', 8);
    header[156] = type;
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)header[i];
    tar_octal(header + 148, 7, sum);
    strbuf_append(out, header, TAR_BLOCK);
}

static void tar_append(struct strbuf *out, struct slice name, struct slice content, char type)
{
    size_t start = out->length;
    tar_append_header(out, name, content.length, type);
    strbuf_append_slice(out, content);
    if ((out->length - start) % TAR_BLOCK != 0)
        bytes_zero(out, TAR_BLOCK - (out->length - start) % TAR_BLOCK);
}

/* Options: other=NAME (a pax header has the real name), local=NAME (so has a GNU long name). */
bool write_tar(const struct template_call *call, struct strbuf *out)
{
    for (size_t i = 0; i + 1 < call->count; i += 2) {
        struct member_options options;
        if (!member_options_read(call->arguments[i], &options))
            return false;
        if (options.has_other) {
            struct strbuf pax;
            strbuf_init(&pax, 0);
            size_t length = strlen(" path=\n") + options.other.length + 2;
            strbuf_printf(&pax, "%zu path=%.*s\n", length, (int)options.other.length, options.other.data);
            tar_append(out, slice_of("pax"), strbuf_slice(&pax), 'x');
            strbuf_deinit(&pax);
        }
        if (options.has_local)
            tar_append(out, slice_of("././@LongLink"), options.local, 'L');
        tar_append(out, options.name, call->arguments[i + 1], '0');
    }
    bytes_zero(out, (size_t)2 * TAR_BLOCK);
    return call->count % 2 == 0;
}

/* $[tar-many|COUNT|NAME]: as many empty members of this name. */
bool write_tar_many(const struct template_call *call, struct strbuf *out)
{
    for (unsigned count = template_number(call->arguments[0]); count > 0; count--)
        tar_append_header(out, call->arguments[1], 0, '0');
    bytes_zero(out, (size_t)2 * TAR_BLOCK);
    return true;
}

static void gzip_append_header(struct strbuf *out, struct slice name)
{
    bytes_le(out, 0x00088b1f | (name.length > 0 ? 0x08000000U : 0), 4);
    bytes_zero(out, 5);
    bytes_le(out, 3, 1);
    if (name.length > 0) {
        strbuf_append_slice(out, name);
        bytes_zero(out, 1);
    }
}

/* $[gz|NAME|CONTENT]; an empty name leaves it out. */
bool write_gzip(const struct template_call *call, struct strbuf *out)
{
    struct slice content = call->arguments[1];
    struct slice rest = content;
    gzip_append_header(out, call->arguments[0]);
    do {
        size_t length = rest.length < DEFLATE_STORED_MOST ? rest.length : DEFLATE_STORED_MOST;
        bytes_le(out, length == rest.length ? 1 : 0, 1);
        bytes_le(out, length, 2);
        bytes_le(out, ~length, 2);
        strbuf_append_slice(out, slice_part(rest, 0, length));
        rest = slice_part(rest, length, rest.length);
    } while (rest.length > 0);
    bytes_le(out, bytes_crc32(content), 4);
    bytes_le(out, content.length, 4);
    return true;
}

/* ---- xz: one block, LZMA2 with chunks that are not compressed, no check ---------------------------------
 */

static void xz_append_chunks(struct strbuf *out, struct slice content)
{
    bool is_first = true;
    while (content.length > 0) {
        size_t length = content.length < XZ_CHUNK_MOST ? content.length : XZ_CHUNK_MOST;
        bytes_le(out, is_first ? 1 : 2, 1);
        bytes_be(out, length - 1, 2);
        strbuf_append_slice(out, slice_part(content, 0, length));
        content = slice_part(content, length, content.length);
        is_first = false;
    }
    bytes_zero(out, 1);
}

static void xz_append_number(struct strbuf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        bytes_le(out, (value & 0x7f) | 0x80, 1);
    bytes_le(out, value, 1);
}

static void xz_append_crc(struct strbuf *out, size_t from)
{
    bytes_le(out, bytes_crc32(slice_part(strbuf_slice(out), from, out->length)), 4);
}

static void xz_append_index(struct strbuf *out, uint64_t unpadded, uint64_t content_bytes)
{
    size_t start = out->length;
    bytes_le(out, 0x0100, 2);
    xz_append_number(out, unpadded);
    xz_append_number(out, content_bytes);
    while ((out->length - start) % 4 != 0)
        bytes_zero(out, 1);
    xz_append_crc(out, start);
    size_t footer_start = out->length;
    struct strbuf footer;
    strbuf_init(&footer, 0);
    bytes_le(&footer, (footer_start - start) / 4 - 1, 4);
    bytes_le(&footer, 0, 2);
    bytes_le(out, bytes_crc32(strbuf_slice(&footer)), 4);
    strbuf_append_slice(out, strbuf_slice(&footer));
    strbuf_append_text(out, "YZ");
    strbuf_deinit(&footer);
}

bool write_xz(const struct template_call *call, struct strbuf *out)
{
    struct slice content = call->arguments[0];
    strbuf_append(out,
                  "\xfd"
                  "7zXZ\0",
                  6);
    size_t flags_at = out->length;
    bytes_le(out, 0, 2);
    xz_append_crc(out, flags_at);
    size_t block_at = out->length;
    bytes_le(out, 0x02, 1); /* header of 12 bytes */
    bytes_le(out, 0x00, 1);
    bytes_le(out, 0x0121, 2);
    bytes_le(out, 0x18, 1);
    bytes_zero(out, 3);
    xz_append_crc(out, block_at);
    xz_append_chunks(out, content);
    uint64_t unpadded = out->length - block_at;
    while ((out->length - block_at) % 4 != 0)
        bytes_zero(out, 1);
    xz_append_index(out, unpadded, content.length);
    return true;
}

/* ---- many zeros in few bytes ----------------------------------------------------------------------------
 */

struct bit_writer {
    struct strbuf *out;
    uint32_t bits;
    unsigned count;
};

static void put_bits(struct bit_writer *writer, uint32_t bits, unsigned count)
{
    writer->bits |= bits << writer->count;
    for (writer->count += count; writer->count >= 8; writer->count -= 8, writer->bits >>= 8)
        strbuf_append_byte(writer->out, (char)writer->bits);
}

/* $[gz-zeros|NAME|COUNT]: COUNT times 258 zeros and one more; the check sums at the end are left out. */
bool write_zeros_gzip(const struct template_call *call, struct strbuf *out)
{
    struct bit_writer writer = {.out = out};
    unsigned count = template_number(call->arguments[1]);
    gzip_append_header(out, call->arguments[0]);
    put_bits(&writer, 3, 3);    /* the last block, fixed codes */
    put_bits(&writer, 0x0c, 8); /* a zero */
    for (unsigned i = 0; i < count; i++) {
        put_bits(&writer, 0xa3, 8); /* code 285: 258 bytes … */
        put_bits(&writer, 0, 5);    /* … from one byte before */
    }
    put_bits(&writer, 0, 7);
    put_bits(&writer, 0, 7);
    return true;
}
