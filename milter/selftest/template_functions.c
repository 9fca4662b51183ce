/*
 * What templates can compute.
 *
 *   $[cr] $[lf] $[x|HEX]                   bytes that C strings show badly
 *   $[times|COUNT|TEXT]                    TEXT, $# counting from 1
 *   $[wrap|COUNT|BEFORE|TEXT|AFTER]        BEFORE … BEFORE TEXT AFTER … AFTER
 *   $[base64|CONTENT] $[base64-lines|N|C]  in lines of 76, of N characters
 *   $[qp|CONTENT] $[hex|SEPARATOR|C]       every byte as =XX, as SEPARATORXX
 *   $[uu|NAME|CONTENT]                     begin … end
 *   $[utf16|TEXT]                          little-endian
 *   $[file|HEADERS|BODY]                   the rest of a message: a text and one more part
 *   $[attach|NAME|CONTENT]                 the same, an ordinary attachment
 *   $[pe] $[elf] …                         the first bytes of programs, which do not run
 *   $[zip|NAME|CONTENT|…] $[tar|…] …       archives (selftest/archive_writers.h)
 */
#include "archive_writers.h"

static bool run_cr(const struct template_call *call, struct strbuf *out)
{
    (void)call;
    strbuf_append_byte(out, '\r');
    return true;
}

static bool run_lf(const struct template_call *call, struct strbuf *out)
{
    (void)call;
    strbuf_append_byte(out, '\n');
    return true;
}

static bool run_bytes(const struct template_call *call, struct strbuf *out)
{
    struct slice hex = call->arguments[0];
    for (size_t i = 0; i + 1 < hex.length; i += 2) {
        int high = ascii_hex_value(hex.data[i]), low = ascii_hex_value(hex.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        strbuf_append_byte(out, (char)(high << 4 | low));
    }
    return hex.length % 2 == 0;
}

static bool run_times(const struct template_call *call, struct strbuf *out)
{
    unsigned count = template_number(call->arguments[0]);
    bool is_right = true;
    for (unsigned turn = 1; turn <= count && is_right; turn++)
        is_right = template_expand(call->arguments[1], turn, call->level + 1, out);
    return is_right;
}

static bool run_wrap(const struct template_call *call, struct strbuf *out)
{
    unsigned count = template_number(call->arguments[0]);
    for (unsigned i = 0; i < count; i++)
        strbuf_append_slice(out, call->arguments[1]);
    strbuf_append_slice(out, call->arguments[2]);
    for (unsigned i = 0; i < count; i++)
        strbuf_append_slice(out, call->arguments[3]);
    return true;
}

/* ---- encodings -------------------------------------------------------------------------------------- */

static void append_base64(struct strbuf *out, struct slice content, size_t line_length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t column = 0;
    for (size_t i = 0; i < content.length; i += 3) {
        size_t left = content.length - i;
        uint32_t group = 0;
        for (size_t n = 0; n < 3; n++)
            group = group << 8 | (n < left ? (unsigned char)content.data[i + n] : 0U);
        for (size_t n = 0; n < 4; n++) {
            if (column == line_length && line_length > 0) {
                strbuf_append_text(out, "\r\n");
                column = 0;
            }
            strbuf_append_byte(out, n <= left ? digits[group >> (6 * (3 - n)) & 63] : '=');
            column++;
        }
    }
}

static bool run_base64(const struct template_call *call, struct strbuf *out)
{
    append_base64(out, call->arguments[0], 76);
    return true;
}

static bool run_base64_lines(const struct template_call *call, struct strbuf *out)
{
    append_base64(out, call->arguments[1], template_number(call->arguments[0]));
    return true;
}

static bool run_hex(const struct template_call *call, struct strbuf *out)
{
    for (size_t i = 0; i < call->arguments[1].length; i++) {
        strbuf_append_slice(out, call->arguments[0]);
        strbuf_printf(out, "%02X", (unsigned)(unsigned char)call->arguments[1].data[i]);
    }
    return true;
}

static bool run_qp(const struct template_call *call, struct strbuf *out)
{
    for (size_t i = 0; i < call->arguments[0].length; i++) {
        strbuf_printf(out, "=%02X", (unsigned)(unsigned char)call->arguments[0].data[i]);
        if (i % 24 == 23)
            strbuf_append_text(out, "=\r\n");
    }
    return true;
}

static char uu_digit(unsigned value)
{
    return (char)((value & 63) == 0 ? '`' : (value & 63) + ' ');
}

static bool run_uu(const struct template_call *call, struct strbuf *out)
{
    struct slice rest = call->arguments[1];
    strbuf_printf(out, "begin 644 %.*s\r\n", (int)call->arguments[0].length, call->arguments[0].data);
    while (rest.length > 0) {
        size_t length = rest.length < 45 ? rest.length : 45;
        strbuf_append_byte(out, uu_digit((unsigned)length));
        for (size_t i = 0; i < length; i += 3) {
            unsigned group = 0;
            for (size_t n = i; n < i + 3; n++)
                group = group << 8 | (n < length ? (unsigned char)rest.data[n] : 0U);
            for (unsigned n = 0; n < 4; n++)
                strbuf_append_byte(out, uu_digit(group >> (6 * (3 - n))));
        }
        strbuf_append_text(out, "\r\n");
        rest = slice_part(rest, length, rest.length);
    }
    strbuf_append_text(out, "`\r\nend\r\n");
    return true;
}

static bool run_utf16(const struct template_call *call, struct strbuf *out)
{
    bytes_utf16(out, call->arguments[0]);
    return true;
}

/* ---- parts ------------------------------------------------------------------------------------------ */

static bool run_file(const struct template_call *call, struct strbuf *out)
{
    strbuf_append_text(out, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"frame\"\r\n\r\n"
                            "--frame\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--frame\r\n");
    strbuf_append_slice(out, call->arguments[0]);
    strbuf_append_text(out, "\r\n\r\n");
    strbuf_append_slice(out, call->arguments[1]);
    strbuf_append_text(out, "\r\n--frame--\r\n");
    return true;
}

static bool run_attach(const struct template_call *call, struct strbuf *out)
{
    struct template_call file = {.count = 2};
    struct strbuf headers, body;
    strbuf_init(&headers, 0);
    strbuf_init(&body, 0);
    strbuf_append_text(&headers,
                       "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
                       "Content-Disposition: attachment; filename=\"");
    strbuf_append_slice(&headers, call->arguments[0]);
    strbuf_append_byte(&headers, '"');
    append_base64(&body, call->arguments[1], 76);
    file.arguments[0] = strbuf_slice(&headers);
    file.arguments[1] = strbuf_slice(&body);
    run_file(&file, out);
    strbuf_deinit(&headers);
    strbuf_deinit(&body);
    return true;
}

/* ---- first bytes of programs ------------------------------------------------------------------------- */

/* A DOS header that points to a PE header; no section, nothing to run. */
static bool run_pe(const struct template_call *call, struct strbuf *out)
{
    (void)call;
    bytes_be(out, 0x4d5a900003000000, 8);
    bytes_be(out, 0x04000000ffff0000, 8);
    bytes_zero(out, 44);
    bytes_le(out, 128, 4);
    bytes_zero(out, 64);
    strbuf_append(out, "PE\0\0\x4c\1", 6);
    bytes_zero(out, 122);
    return true;
}

static bool run_elf(const struct template_call *call, struct strbuf *out)
{
    (void)call;
    strbuf_append(out, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\x3e\0\1\0\0\0", 24);
    bytes_zero(out, 40);
    return true;
}

static bool run_macho(const struct template_call *call, struct strbuf *out)
{
    (void)call;
    bytes_be(out, 0xcffaedfe07000001, 8);
    bytes_be(out, 0x0300000002000000, 8);
    bytes_zero(out, 48);
    return true;
}

static bool run_lnk(const struct template_call *call, struct strbuf *out)
{
    (void)call;
    strbuf_append(out, "\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", 20);
    bytes_zero(out, 56);
    return true;
}

const struct template_function template_functions[] = {
    {"cr", 0, false, run_cr},
    {"lf", 0, false, run_lf},
    {"x", 1, false, run_bytes},
    {"times", 2, true, run_times},
    {"wrap", 4, false, run_wrap},
    {"base64", 1, false, run_base64},
    {"base64-lines", 2, false, run_base64_lines},
    {"qp", 1, false, run_qp},
    {"hex", 2, false, run_hex},
    {"uu", 2, false, run_uu},
    {"utf16", 1, false, run_utf16},
    {"file", 2, false, run_file},
    {"attach", 2, false, run_attach},
    {"pe", 0, false, run_pe},
    {"elf", 0, false, run_elf},
    {"macho", 0, false, run_macho},
    {"lnk", 0, false, run_lnk},
    {"zip", 0, false, write_zip},
    {"tar", 0, false, write_tar},
    {"tar-many", 2, false, write_tar_many},
    {"gz", 2, false, write_gzip},
    {"gz-zeros", 2, false, write_zeros_gzip},
    {"xz", 1, false, write_xz},
    {"7z", 2, false, write_seven_zip},
    {"7z-packed", 2, false, write_seven_zip_packed},
    {"rar4", 2, false, write_rar4},
    {"rar5", 2, false, write_rar5},
    {"cab", 2, false, write_cab},
    {"iso", 2, false, write_iso},
    {"lha", 2, false, write_lha},
    {"arj", 2, false, write_arj},
    {"ar", 2, false, write_ar},
    {"lzw", 1, false, write_lzw},
    {"tnef", 2, false, write_tnef},
    {"ole", 1, false, write_ole},
    {"cms-signed", 1, false, write_cms_signed},
    {"cms-pieces", 2, false, write_cms_pieces},
    {"cms-compressed", 1, false, write_cms_compressed},
    {"cms-enveloped", 1, false, write_cms_enveloped},
    {0},
};
