/* CMS structures as S/MIME has them: signed, in pieces, compressed, encrypted; nothing in them verifies. */
#include "archive_writers.h"

/* Appends an element; `length` SIZE_MAX: its length is indefinite, and the caller ends it. */
static void der_begin(struct strbuf *out, unsigned tag, size_t length)
{
    bytes_be(out, tag, 1);
    if (length == SIZE_MAX) {
        bytes_be(out, 0x80, 1);
    } else {
        bytes_be(out, 0x83, 1);
        bytes_be(out, length, 3);
    }
}

static void der_append(struct strbuf *out, unsigned tag, struct slice content)
{
    der_begin(out, tag, content.length);
    strbuf_append_slice(out, content);
}

/* "1.2.840.113549.1.7.LAST" */
static void der_append_pkcs7(struct strbuf *out, unsigned last)
{
    der_begin(out, 0x06, 9);
    strbuf_append(out, "\x2a\x86\x48\x86\xf7\x0d\x01\x07", 8);
    bytes_be(out, last, 1);
}

/* An EncapsulatedContentInfo. */
static void der_append_content(struct strbuf *out, struct slice content)
{
    struct strbuf octets, inner;
    strbuf_init(&octets, 0);
    strbuf_init(&inner, 0);
    der_append(&octets, 0x04, content);
    der_append_pkcs7(&inner, 1);
    der_append(&inner, 0xa0, strbuf_slice(&octets));
    der_append(out, 0x30, strbuf_slice(&inner));
    strbuf_deinit(&octets);
    strbuf_deinit(&inner);
}

/* ContentInfo, [0] and the structure of the type, which begins with a version. */
static void der_append_info(struct strbuf *out, struct slice type, struct slice content)
{
    struct strbuf structure, explicit;
    strbuf_init(&structure, 0);
    strbuf_init(&explicit, 0);
    der_append(&structure, 0x02, slice_make("\1", 1));
    strbuf_append_slice(&structure, content);
    der_append(&explicit, 0x30, strbuf_slice(&structure));
    strbuf_reset(&structure);
    strbuf_append_slice(&structure, type);
    der_append(&structure, 0xa0, strbuf_slice(&explicit));
    der_append(out, 0x30, strbuf_slice(&structure));
    strbuf_deinit(&structure);
    strbuf_deinit(&explicit);
}

/* $[cms-signed|CONTENT]: opaque. */
bool write_cms_signed(const struct template_call *call, struct strbuf *out)
{
    struct strbuf type, content;
    strbuf_init(&type, 0);
    strbuf_init(&content, 0);
    der_append_pkcs7(&type, 2);
    der_append(&content, 0x31, slice_make("", 0));
    der_append_content(&content, call->arguments[0]);
    der_append(&content, 0x31, slice_make("", 0));
    der_append_info(out, strbuf_slice(&type), strbuf_slice(&content));
    strbuf_deinit(&type);
    strbuf_deinit(&content);
    return true;
}

/* $[cms-pieces|COUNT|CONTENT]: the same without lengths, the content in pieces of so many bytes. */
bool write_cms_pieces(const struct template_call *call, struct strbuf *out)
{
    struct slice rest = call->arguments[1];
    size_t most = template_number(call->arguments[0]);
    der_begin(out, 0x30, SIZE_MAX);
    der_append_pkcs7(out, 2);
    der_begin(out, 0xa0, SIZE_MAX);
    der_begin(out, 0x30, SIZE_MAX);
    der_append(out, 0x02, slice_make("\1", 1));
    der_append(out, 0x31, slice_make("", 0));
    der_begin(out, 0x30, SIZE_MAX);
    der_append_pkcs7(out, 1);
    der_begin(out, 0xa0, SIZE_MAX);
    der_begin(out, 0x24, SIZE_MAX);
    while (rest.length > 0 && most > 0) {
        size_t length = rest.length < most ? rest.length : most;
        der_append(out, 0x04, slice_part(rest, 0, length));
        rest = slice_part(rest, length, rest.length);
    }
    bytes_zero(out, 6); /* ends the pieces, [0] and what is around it */
    der_append(out, 0x31, slice_make("", 0));
    bytes_zero(out, 6);
    return most > 0;
}

/* $[cms-compressed|CONTENT], shorter than 64 KiB: zlib, one stored block (RFC 3274, RFC 1950). */
bool write_cms_compressed(const struct template_call *call, struct strbuf *out)
{
    struct slice plain = call->arguments[0];
    struct strbuf packed, content;
    uint32_t a = 1, b = 0;
    strbuf_init(&packed, 0);
    strbuf_init(&content, 0);
    strbuf_append(&packed, "\x78\x01\x01", 3);
    bytes_le(&packed, plain.length, 2);
    bytes_le(&packed, ~plain.length, 2);
    strbuf_append_slice(&packed, plain);
    for (size_t i = 0; i < plain.length; i++) {
        a = (a + (unsigned char)plain.data[i]) % 65521;
        b = (b + a) % 65521;
    }
    bytes_be(&packed, b << 16 | a, 4);
    der_append(&content, 0x30, slice_make("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x08", 13));
    der_append_content(&content, strbuf_slice(&packed));
    der_append_info(out, slice_make("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09", 13),
                    strbuf_slice(&content));
    strbuf_deinit(&packed);
    strbuf_deinit(&content);
    return plain.length <= 0xffff;
}

/* $[cms-enveloped|NOISE] */
bool write_cms_enveloped(const struct template_call *call, struct strbuf *out)
{
    struct strbuf type, content;
    strbuf_init(&type, 0);
    strbuf_init(&content, 0);
    der_append_pkcs7(&type, 3);
    der_append(&content, 0x04, call->arguments[0]);
    der_append_info(out, strbuf_slice(&type), strbuf_slice(&content));
    strbuf_deinit(&type);
    strbuf_deinit(&content);
    return true;
}
