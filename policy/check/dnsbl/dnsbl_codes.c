#include "check/dnsbl/dnsbl_codes.h"

struct octet_range {
    unsigned first, last;
};

static bool take_number(struct slice *rest, unsigned *number)
{
    size_t digits = 0;
    *number = 0;
    while (digits < rest->length && digits < 3 && ascii_is_digit(rest->data[digits]))
        *number = *number * 10 + (unsigned)(rest->data[digits++] - '0');
    *rest = slice_part(*rest, digits, rest->length);
    return digits > 0 && *number <= 255;
}

static bool take_byte(struct slice *rest, char byte)
{
    if (rest->length == 0 || rest->data[0] != byte)
        return false;
    *rest = slice_part(*rest, 1, rest->length);
    return true;
}

/* "4" or "[2-20]". */
static bool take_octet(struct slice *rest, struct octet_range *octet)
{
    bool bracketed = take_byte(rest, '[');
    if (!take_number(rest, &octet->first))
        return false;
    octet->last = octet->first;
    if (!bracketed)
        return true;
    return take_byte(rest, '-') && take_number(rest, &octet->last) && octet->first <= octet->last &&
           take_byte(rest, ']');
}

static bool take_octets(struct slice *rest, struct octet_range octets[4])
{
    for (unsigned i = 0; i < 4; i++)
        if ((i > 0 && !take_byte(rest, '.')) || !take_octet(rest, &octets[i]))
            return false;
    return true;
}

static void add_range(struct dnsbl_ranges *ranges, struct list_code_range range)
{
    if (ranges->count == DNSBL_RANGES_MAX)
        ranges->full = true;
    else
        ranges->items[ranges->count++] = range;
}

static uint32_t code_of(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (uint32_t)a << 24 | (uint32_t)b << 16 | (uint32_t)c << 8 | (uint32_t)d;
}

/* One range for each choice of the first three octets. */
static void add_pattern(struct dnsbl_ranges *ranges, const struct octet_range o[4])
{
    for (unsigned a = o[0].first; a <= o[0].last && !ranges->full; a++)
        for (unsigned b = o[1].first; b <= o[1].last && !ranges->full; b++)
            for (unsigned c = o[2].first; c <= o[2].last && !ranges->full; c++)
                add_range(ranges, (struct list_code_range){code_of(a, b, c, o[3].first),
                                                           code_of(a, b, c, o[3].last)});
}

static bool is_single(const struct octet_range octets[4])
{
    for (unsigned i = 0; i < 4; i++)
        if (octets[i].first != octets[i].last)
            return false;
    return true;
}

bool dnsbl_ranges_add(struct dnsbl_ranges *ranges, struct slice text)
{
    struct octet_range first[4], last[4];
    struct slice rest = slice_trim(text);
    if (!take_octets(&rest, first))
        return false;
    if (rest.length == 0) {
        add_pattern(ranges, first);
        return !ranges->full;
    }
    if (!is_single(first) || !take_byte(&rest, '-') || !take_octets(&rest, last) || !is_single(last) ||
        rest.length > 0)
        return false;
    struct list_code_range range = {code_of(first[0].first, first[1].first, first[2].first, first[3].first),
                                    code_of(last[0].first, last[1].first, last[2].first, last[3].first)};
    if (range.first > range.last)
        return false;
    add_range(ranges, range);
    return !ranges->full;
}

struct dnsbl_ranges dnsbl_ranges_common(const struct dnsbl_ranges *a, const struct dnsbl_ranges *b)
{
    struct dnsbl_ranges common = {.count = 0};
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++) {
            struct list_code_range x = a->items[i], y = b->items[j];
            struct list_code_range both = {x.first > y.first ? x.first : y.first,
                                           x.last < y.last ? x.last : y.last};
            if (both.first <= both.last)
                add_range(&common, both);
        }
    return common;
}

struct dnsbl_ranges dnsbl_ranges_without(const struct dnsbl_ranges *a, struct list_code_range b)
{
    struct dnsbl_ranges rest = {.count = 0};
    for (size_t i = 0; i < a->count; i++) {
        struct list_code_range x = a->items[i];
        if (x.last < b.first || x.first > b.last) {
            add_range(&rest, x);
            continue;
        }
        if (x.first < b.first)
            add_range(&rest, (struct list_code_range){x.first, b.first - 1});
        if (x.last > b.last)
            add_range(&rest, (struct list_code_range){b.last + 1, x.last});
    }
    return rest;
}
