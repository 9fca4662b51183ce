/* What RAR 5 does to programs, sound and pictures before it packs them, undone. */
#include "scan/archive/rar/rar_unpack_private.h"

#include "scan/archive/archive_bytes.h"

enum { FILTER_DELTA, FILTER_E8, FILTER_E8E9, FILTER_ARM };

/* Each channel's bytes stand together, as differences. */
static void undo_delta(struct slice bytes, size_t channels, char *out)
{
    size_t at = 0;
    for (size_t channel = 0; channel < channels; channel++) {
        unsigned char last = 0;
        for (size_t to = channel; to < bytes.length; to += channels) {
            last = (unsigned char)(last - (unsigned char)bytes.data[at++]);
            out[to] = (char)last;
        }
    }
}

static void put_number(char *out, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (char)(value >> (8 * i));
}

/* Where calls lead to, counted from the file's beginning. */
static void undo_calls(char *out, size_t length, uint32_t offset, bool with_jumps)
{
    enum { FILE_BYTES = 1 << 24 };
    for (size_t at = 0; at + 4 < length;) {
        unsigned char code = (unsigned char)out[at++];
        if (code != 0xe8 && !(with_jumps && code == 0xe9))
            continue;
        uint32_t from = (uint32_t)(at + offset) % FILE_BYTES, address = (uint32_t)archive_le(out + at, 4);
        if ((address & 0x80000000) != 0) {
            if (((address + from) & 0x80000000) == 0)
                put_number(out + at, address + FILE_BYTES, 4);
        } else if (((address - FILE_BYTES) & 0x80000000) != 0) {
            put_number(out + at, address - from, 4);
        }
        at += 4;
    }
}

static void undo_arm(char *out, size_t length, uint32_t offset)
{
    for (size_t at = 0; at + 3 < length; at += 4)
        if ((unsigned char)out[at + 3] == 0xeb)
            put_number(out + at, (uint32_t)archive_le(out + at, 3) - (uint32_t)(offset + at) / 4, 3);
}

bool rar5_filter_undo(const struct rar_filter *filter, struct slice bytes, uint32_t offset, char *out)
{
    if (filter->kind == FILTER_DELTA) {
        undo_delta(bytes, filter->channels, out);
        return true;
    }
    memcpy(out, bytes.data, bytes.length);
    if (filter->kind == FILTER_E8 || filter->kind == FILTER_E8E9)
        undo_calls(out, bytes.length, offset, filter->kind == FILTER_E8E9);
    else if (filter->kind == FILTER_ARM)
        undo_arm(out, bytes.length, offset);
    return filter->kind <= FILTER_ARM;
}
