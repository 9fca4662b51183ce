/* RAR 2.9 to 4 without PPMd and without its virtual machine. */
#include "scan/archive/rar/rar_unpack_private.h"

enum { REPEATS = 28 };
static const struct rar_counts symbol_counts = {
    .literals = 299, .distances = 60, .low_distances = 17, .repeats = REPEATS};
enum { SYMBOL_END = 256, SYMBOL_PROGRAM, SYMBOL_LAST, SYMBOL_OLD, SYMBOL_SHORT = 263, SYMBOL_MATCH = 271 };
enum { LOW_DISTANCE_REPEATS = 16 };

static const uint8_t length_bases[REPEATS] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  10,  12,  14,  16,  20,
                                              24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224};
static const uint8_t length_bits[REPEATS] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2,
                                             2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5};

/* New codes, told as what they differ by from those before. */
static enum rar_end take_table(struct rar_unpack *unpack, struct rar_bits *bits)
{
    rar_bits_align(bits);
    uint32_t flags = rar_bits_peek(bits, 2);
    if ((flags & 2) != 0)
        return RAR_IS_UNKNOWN; /* PPMd */
    rar_bits_take(bits, 2);
    if ((flags & 1) == 0)
        rar_forget_tables(unpack);
    unpack->last_low_distance = unpack->low_distance_repeats = 0;
    return rar_take_tables(unpack, bits, &symbol_counts) ? RAR_GOES_ON : RAR_IS_DAMAGED;
}

/* The base of a distance, and how many bits follow it. */
static uint32_t distance_base(unsigned slot, uint32_t *bits)
{
    static const uint8_t counts[] = {4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 14, 0, 12};
    uint32_t base = 0;
    for (*bits = 0; *bits + 1 < sizeof counts && slot >= counts[*bits]; ++*bits) {
        base += (uint32_t)counts[*bits] << *bits;
        slot -= counts[*bits];
    }
    return base + ((uint32_t)slot << *bits);
}

static uint32_t take_low_distance(struct rar_unpack *unpack, struct rar_bits *bits)
{
    if (unpack->low_distance_repeats > 0) {
        unpack->low_distance_repeats--;
        return unpack->last_low_distance;
    }
    unsigned low = rar_code_take(&unpack->low_distances, bits);
    if (low == 16)
        unpack->low_distance_repeats = LOW_DISTANCE_REPEATS - 1;
    else
        unpack->last_low_distance = low;
    return unpack->last_low_distance;
}

static enum rar_end take_match(struct rar_unpack *unpack, struct rar_bits *bits, unsigned slot)
{
    uint32_t length = length_bases[slot] + 3u + rar_bits_take(bits, length_bits[slot]), extra;
    unsigned distance_slot = rar_code_take(&unpack->distances, bits);
    uint32_t distance = 1 + distance_base(distance_slot, &extra);
    if (distance_slot > 9) {
        distance += extra > 4 ? rar_bits_take(bits, extra - 4) << 4 : 0;
        distance += take_low_distance(unpack, bits);
    } else {
        distance += rar_bits_take(bits, extra);
    }
    length += (distance >= 0x2000 ? 1u : 0u) + (distance >= 0x40000 ? 1u : 0u);
    rar_remember(unpack, distance);
    unpack->last_length = length;
    return rar_copy(unpack, distance, length);
}

static enum rar_end take_short(struct rar_unpack *unpack, struct rar_bits *bits, unsigned slot)
{
    static const uint8_t bases[] = {0, 4, 8, 16, 32, 64, 128, 192}, extra[] = {2, 2, 3, 4, 5, 6, 6, 6};
    uint32_t distance = 1u + bases[slot] + rar_bits_take(bits, extra[slot]);
    rar_remember(unpack, distance);
    unpack->last_length = 2;
    return rar_copy(unpack, distance, 2);
}

/* The end of a block, or of the file. */
static enum rar_end take_end(struct rar_unpack *unpack, struct rar_bits *bits)
{
    if (rar_bits_take(bits, 1) != 0)
        return take_table(unpack, bits);
    unpack->has_tables = rar_bits_take(bits, 1) == 0;
    return RAR_END;
}

static enum rar_end take_symbol(struct rar_unpack *unpack, struct rar_bits *bits)
{
    unsigned symbol = rar_code_take(&unpack->literals, bits);
    if (symbol < SYMBOL_END)
        return rar_put(unpack, (unsigned char)symbol);
    if (symbol >= SYMBOL_MATCH)
        return take_match(unpack, bits, symbol - SYMBOL_MATCH);
    if (symbol >= SYMBOL_SHORT)
        return take_short(unpack, bits, symbol - SYMBOL_SHORT);
    if (symbol == SYMBOL_END)
        return take_end(unpack, bits);
    if (symbol == SYMBOL_PROGRAM)
        return RAR_IS_UNKNOWN;
    if (symbol == SYMBOL_LAST)
        return unpack->last_length == 0 ? RAR_GOES_ON
                                        : rar_copy(unpack, unpack->old_distances[0], unpack->last_length);
    uint32_t distance = rar_recall(unpack, symbol - SYMBOL_OLD);
    unsigned slot = rar_code_take(&unpack->repeats, bits);
    unpack->last_length = length_bases[slot] + 2u + rar_bits_take(bits, length_bits[slot]);
    return rar_copy(unpack, distance, unpack->last_length);
}

enum rar_end rar3_unpack(struct rar_unpack *unpack, struct rar_bits *bits)
{
    enum rar_end end = unpack->has_tables ? RAR_GOES_ON : take_table(unpack, bits);
    while (end == RAR_GOES_ON)
        end = rar_bits_are_over(bits) ? RAR_IS_DAMAGED : take_symbol(unpack, bits);
    return end;
}
