/* RAR 4 and 5, stored. Options: encrypted, packed (content that is compressed), other=NAME (RAR 4: the
 * Unicode name differs). */
#include "archive_writers.h"

/* ---- RAR 4 ---- */

static void rar4_append_block(struct strbuf *out, struct slice block)
{
    bytes_le(out, bytes_crc32(block) & 0xffff, 2);
    strbuf_append_slice(out, block);
}

static void rar4_append_file(struct strbuf *out, const struct member_options *options, struct slice content)
{
    struct strbuf name, block;
    strbuf_init(&name, 0);
    strbuf_init(&block, 0);
    strbuf_append_slice(&name, options->name);
    if (options->has_other) {
        /* The packed Unicode name: a high byte of 0, then each four characters as plain bytes. */
        bytes_zero(&name, 2);
        for (size_t i = 0; i < options->other.length; i++) {
            if (i % 4 == 0)
                bytes_zero(&name, 1);
            strbuf_append_byte(&name, options->other.data[i]);
        }
    }
    unsigned flags = 0x8000U | (options->is_encrypted ? 4U : 0U) | (options->has_other ? 0x200U : 0U);
    bytes_le(&block, 0x74, 1);
    bytes_le(&block, flags, 2);
    bytes_le(&block, 32 + name.length, 2);
    bytes_le(&block, content.length, 4);
    bytes_le(&block, content.length, 4);
    bytes_le(&block, 2, 1);
    bytes_le(&block, bytes_crc32(content), 4);
    bytes_le(&block, 0x58210000, 4);
    bytes_le(&block, 29, 1);
    bytes_le(&block, options->is_packed ? 0x33 : 0x30, 1);
    bytes_le(&block, name.length, 2);
    bytes_le(&block, 0x20, 4);
    strbuf_append_slice(&block, strbuf_slice(&name));
    rar4_append_block(out, strbuf_slice(&block));
    strbuf_append_slice(out, content);
    strbuf_deinit(&name);
    strbuf_deinit(&block);
}

bool write_rar4(const struct template_call *call, struct strbuf *out)
{
    struct member_options options;
    if (!member_options_read(call->arguments[0], &options))
        return false;
    strbuf_append(out, "Rar!\x1a\x07\0", 7);
    /* Without an index that can be read, what follows is noise. */
    rar4_append_block(out, options.is_only_listed ? slice_make("\x73\x80\0\x0d\0\0\0\0\0\0\0", 11)
                                                  : slice_make("\x73\0\0\x0d\0\0\0\0\0\0\0", 11));
    for (size_t i = 0; i + 1 < call->count && !options.is_only_listed; i += 2) {
        if (!member_options_read(call->arguments[i], &options))
            return false;
        rar4_append_file(out, &options, call->arguments[i + 1]);
    }
    if (options.is_only_listed)
        strbuf_append_slice(out, call->arguments[1]);
    else
        rar4_append_block(out, slice_make("\x7b\0\x40\x07\0", 5));
    return call->count % 2 == 0;
}

/* ---- RAR 5 ---- */

static void rar5_number(struct strbuf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        bytes_le(out, (value & 0x7f) | 0x80, 1);
    bytes_le(out, value, 1);
}

static void rar5_append_block(struct strbuf *out, struct slice block)
{
    struct strbuf sized;
    strbuf_init(&sized, 0);
    rar5_number(&sized, block.length);
    strbuf_append_slice(&sized, block);
    bytes_le(out, bytes_crc32(strbuf_slice(&sized)), 4);
    strbuf_append_slice(out, strbuf_slice(&sized));
    strbuf_deinit(&sized);
}

static void rar5_append_file(struct strbuf *out, const struct member_options *options, struct slice content)
{
    enum { ENCRYPTION_BYTES = 36 };
    struct strbuf block;
    strbuf_init(&block, 0);
    rar5_number(&block, 2);
    rar5_number(&block, options->is_encrypted ? 3 : 2);
    if (options->is_encrypted)
        rar5_number(&block, ENCRYPTION_BYTES + 1);
    rar5_number(&block, content.length);
    rar5_number(&block, 4);
    rar5_number(&block, content.length);
    rar5_number(&block, 0x20);
    bytes_le(&block, bytes_crc32(content), 4);
    rar5_number(&block, options->is_packed ? 0x180 : 0);
    rar5_number(&block, 0);
    rar5_number(&block, options->name.length);
    strbuf_append_slice(&block, options->name);
    if (options->is_encrypted) {
        rar5_number(&block, ENCRYPTION_BYTES);
        rar5_number(&block, 1);
        bytes_zero(&block, ENCRYPTION_BYTES - 1);
    }
    rar5_append_block(out, strbuf_slice(&block));
    strbuf_append_slice(out, content);
    strbuf_deinit(&block);
}

/* Option "listed" of the first member: the headers themselves are encrypted. */
bool write_rar5(const struct template_call *call, struct strbuf *out)
{
    struct member_options options;
    if (!member_options_read(call->arguments[0], &options))
        return false;
    strbuf_append(out, "Rar!\x1a\x07\x01\0", 8);
    if (options.is_only_listed) {
        rar5_append_block(out, slice_make("\4\0\0\0\x0f"
                                          "0123456789abcdef",
                                          21));
        strbuf_append_slice(out, call->arguments[1]);
        return true;
    }
    rar5_append_block(out, slice_make("\1\0\0", 3));
    for (size_t i = 0; i + 1 < call->count; i += 2) {
        if (!member_options_read(call->arguments[i], &options))
            return false;
        rar5_append_file(out, &options, call->arguments[i + 1]);
    }
    rar5_append_block(out, slice_make("\5\0\0", 3));
    return call->count % 2 == 0;
}
