#include "scan/archive/rar/rar_code.h"

#include <assert.h>

static uint32_t byte_at(const struct rar_bits *bits, size_t at)
{
    return at < bits->bytes.length ? (unsigned char)bits->bytes.data[at] : 0;
}

uint32_t rar_bits_peek(const struct rar_bits *bits, unsigned count)
{
    uint32_t next =
        byte_at(bits, bits->at) << 16 | byte_at(bits, bits->at + 1) << 8 | byte_at(bits, bits->at + 2);
    assert(count <= 16);
    return (next << bits->used & 0xffffff) >> (24 - count);
}

uint32_t rar_bits_take(struct rar_bits *bits, unsigned count)
{
    uint32_t value = rar_bits_peek(bits, count);
    bits->at += (bits->used + count) / 8;
    bits->used = (bits->used + count) % 8;
    return value;
}

void rar_bits_align(struct rar_bits *bits)
{
    bits->at += bits->used > 0 ? 1 : 0;
    bits->used = 0;
}

bool rar_bits_are_over(const struct rar_bits *bits)
{
    return bits->at > bits->bytes.length || (bits->at == bits->bytes.length && bits->used > 0);
}

void rar_code_build(struct rar_code *code, const uint8_t *lengths, size_t count)
{
    uint16_t next[RAR_CODE_BITS_MAX + 1] = {0};
    assert(count <= RAR_CODE_SYMBOLS_MAX);
    *code = (struct rar_code){.count = (uint16_t)count};
    for (size_t i = 0; i < count; i++)
        next[lengths[i] & RAR_CODE_BITS_MAX]++;
    next[0] = 0;
    uint32_t limit = 0;
    uint16_t first = 0;
    for (unsigned length = 1; length <= RAR_CODE_BITS_MAX; length++) {
        limit += (uint32_t)next[length] << (16 - length);
        code->limits[length] = limit;
        code->first[length] = first;
        first = (uint16_t)(first + next[length]);
        next[length] = code->first[length];
    }
    for (size_t i = 0; i < count; i++)
        if ((lengths[i] & RAR_CODE_BITS_MAX) != 0)
            code->symbols[next[lengths[i] & RAR_CODE_BITS_MAX]++] = (uint16_t)i;
}

unsigned rar_code_take(const struct rar_code *code, struct rar_bits *bits)
{
    uint32_t next = rar_bits_peek(bits, 16);
    unsigned length = 1;
    while (length < RAR_CODE_BITS_MAX && next >= code->limits[length])
        length++;
    rar_bits_take(bits, length);
    uint32_t below = code->limits[length - 1];
    uint32_t at = code->first[length] + ((next - (next < below ? next : below)) >> (16 - length));
    return code->symbols[at < code->count ? at : 0];
}

void rar_code_take_lengths(struct rar_code *code, struct rar_bits *bits)
{
    uint8_t lengths[RAR_LENGTHS] = {0};
    for (size_t i = 0; i < RAR_LENGTHS; i++) {
        uint8_t length = (uint8_t)rar_bits_take(bits, 4);
        uint32_t zeros = length == 15 ? rar_bits_take(bits, 4) : 0;
        lengths[i] = zeros > 0 ? 0 : length;
        i += zeros > 0 ? zeros + 1 : 0;
    }
    rar_code_build(code, lengths, RAR_LENGTHS);
}
