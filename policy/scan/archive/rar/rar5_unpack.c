/* RAR 5: blocks, each with its length and, if it likes, new codes. */
#include "scan/archive/rar/rar_unpack_private.h"

static const struct rar_counts symbol_counts = {
    .literals = 306, .distances = 64, .low_distances = 16, .repeats = 44};
enum { SYMBOL_FILTER = 256, SYMBOL_LAST, SYMBOL_OLD, SYMBOL_MATCH = SYMBOL_OLD + 4 };
enum { FILTER_BYTES_MAX = 4 << 20 };

struct block {
    size_t last_at; /* its last byte … */
    unsigned bits;  /* … of which so many bits count */
    bool is_last;
};

static bool begin_block(struct rar_unpack *unpack, struct rar_bits *bits, struct block *block)
{
    rar_bits_align(bits);
    uint32_t flags = rar_bits_take(bits, 8), sum = 0x5a ^ flags, size = 0;
    uint32_t told = rar_bits_take(bits, 8), size_bytes = (flags >> 3 & 3) + 1;
    for (uint32_t i = 0; i < size_bytes && i < 3; i++) {
        uint32_t byte = rar_bits_take(bits, 8);
        size |= byte << (8 * i);
        sum ^= byte;
    }
    if (size_bytes > 3 || (sum & 0xff) != told || rar_bits_are_over(bits) || size == 0)
        return false;
    *block = (struct block){bits->at + size - 1, (flags & 7) + 1, (flags & 0x40) != 0};
    if ((flags & 0x80) == 0)
        return unpack->has_tables;
    rar_forget_tables(unpack);
    return rar_take_tables(unpack, bits, &symbol_counts);
}

static uint32_t length_of_slot(uint32_t slot, struct rar_bits *bits)
{
    uint32_t extra = slot < 8 ? 0 : slot / 4 - 1;
    uint32_t base = slot < 8 ? slot : (4 | (slot & 3)) << extra;
    return 2 + base + rar_bits_take(bits, extra);
}

static uint32_t take_distance(const struct rar_unpack *unpack, struct rar_bits *bits)
{
    uint32_t slot = rar_code_take(&unpack->distances, bits);
    uint32_t extra = slot < 4 ? 0 : slot / 2 - 1;
    uint64_t distance = 1 + (slot < 4 ? slot : (uint64_t)(2 | (slot & 1)) << extra);
    if (extra < 4)
        return (uint32_t)distance + rar_bits_take(bits, extra);
    uint32_t high = extra - 4;
    uint64_t middle = 0;
    if (high > 16) {
        middle = (uint64_t)rar_bits_take(bits, 16) << (high - 16);
        high -= 16;
    }
    distance += (middle | rar_bits_take(bits, high)) << 4;
    distance += rar_code_take(&unpack->low_distances, bits);
    return distance > UINT32_MAX ? UINT32_MAX : (uint32_t)distance;
}

static enum rar_end take_match(struct rar_unpack *unpack, struct rar_bits *bits, unsigned symbol)
{
    uint32_t length = length_of_slot(symbol - SYMBOL_MATCH, bits);
    uint32_t distance = take_distance(unpack, bits);
    length += (distance > 0x100 ? 1u : 0u) + (distance > 0x2000 ? 1u : 0u) + (distance > 0x40000 ? 1u : 0u);
    rar_remember(unpack, distance);
    unpack->last_length = length;
    return rar_copy(unpack, distance, length);
}

static uint32_t take_filter_number(struct rar_bits *bits)
{
    uint32_t count = rar_bits_take(bits, 2) + 1, value = 0;
    for (uint32_t i = 0; i < count; i++)
        value |= rar_bits_take(bits, 8) << (8 * i);
    return value;
}

static enum rar_end take_filter(struct rar_unpack *unpack, struct rar_bits *bits)
{
    uint32_t from = take_filter_number(bits), length = take_filter_number(bits);
    uint8_t kind = (uint8_t)rar_bits_take(bits, 3);
    uint8_t channels = kind == 0 ? (uint8_t)(rar_bits_take(bits, 5) + 1) : 0;
    if (length > FILTER_BYTES_MAX || unpack->filter_count == RAR_FILTERS_MAX)
        return RAR_IS_UNKNOWN;
    unpack->filters[unpack->filter_count++] =
        (struct rar_filter){unpack->length + from, length, kind, channels};
    return RAR_GOES_ON;
}

static enum rar_end take_symbol(struct rar_unpack *unpack, struct rar_bits *bits)
{
    unsigned symbol = rar_code_take(&unpack->literals, bits);
    if (symbol < SYMBOL_FILTER)
        return rar_put(unpack, (unsigned char)symbol);
    if (symbol >= SYMBOL_MATCH)
        return take_match(unpack, bits, symbol);
    if (symbol == SYMBOL_FILTER)
        return take_filter(unpack, bits);
    if (symbol == SYMBOL_LAST)
        return unpack->last_length == 0 ? RAR_GOES_ON
                                        : rar_copy(unpack, unpack->old_distances[0], unpack->last_length);
    uint32_t distance = rar_recall(unpack, symbol - SYMBOL_OLD);
    unpack->last_length = length_of_slot(rar_code_take(&unpack->repeats, bits), bits);
    return rar_copy(unpack, distance, unpack->last_length);
}

enum rar_end rar5_unpack(struct rar_unpack *unpack, struct rar_bits *bits)
{
    struct block block;
    enum rar_end end = RAR_GOES_ON;
    do {
        if (!begin_block(unpack, bits, &block))
            return RAR_IS_DAMAGED;
        while (end == RAR_GOES_ON && !rar_bits_are_over(bits) &&
               (bits->at < block.last_at || (bits->at == block.last_at && bits->used < block.bits)))
            end = take_symbol(unpack, bits);
        if (rar_bits_are_over(bits))
            return RAR_IS_DAMAGED;
    } while (end == RAR_GOES_ON && !block.is_last);
    return end == RAR_GOES_ON ? RAR_END : end;
}
