#include "scan/archive/pdf/pdf_decode.h"

#include <talloc.h>

enum { PIECE_BYTES = 1024, ZLIB_HEADER_BYTES = 2 };

/* Digits on their way into bytes. */
struct digits {
    enum pdf_filter filter;
    uint32_t value;
    unsigned count;
    bool is_over;
};

struct pdf_decode {
    struct archive_sink sink;
    struct digits digits[PDF_FILTERS_MAX];
    unsigned digits_count;
    struct unpack *unpack; /* NULL: the rest is content as it is */
    bool is_flate;
    unsigned header_left; /* of zlib's */
    enum unpack_result result;
};

void pdf_filters_add(struct pdf_filters *filters, const char *name)
{
    static const struct {
        const char *name;
        enum pdf_filter filter;
    } known[] = {
        {"ASCIIHexDecode", PDF_FILTER_HEX}, {"AHx", PDF_FILTER_HEX},
        {"ASCII85Decode", PDF_FILTER_85},   {"A85", PDF_FILTER_85},
        {"FlateDecode", PDF_FILTER_FLATE},  {"Fl", PDF_FILTER_FLATE},
    };
    enum pdf_filter filter = PDF_FILTER_OTHER;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i].name) == 0)
            filter = known[i].filter;
    if (filters->count < PDF_FILTERS_MAX)
        filters->items[filters->count] = filter;
    filters->count++;
}

static bool is_digits(enum pdf_filter filter)
{
    return filter == PDF_FILTER_HEX || filter == PDF_FILTER_85;
}

bool pdf_filters_are_known(const struct pdf_filters *filters)
{
    if (filters->count > PDF_FILTERS_MAX)
        return false;
    for (unsigned i = 0; i < filters->count; i++)
        if (!is_digits(filters->items[i]) &&
            (filters->items[i] != PDF_FILTER_FLATE || i + 1 < filters->count))
            return false;
    return true;
}

struct pdf_decode *pdf_decode_create(void *owner, const struct pdf_filters *filters,
                                     const struct archive_sink *sink, struct archive_budget *budget)
{
    struct pdf_decode *decode = talloc_zero(owner, struct pdf_decode);
    if (decode == NULL)
        return NULL;
    decode->sink = *sink;
    decode->result = UNPACK_MORE;
    for (unsigned i = 0; i < filters->count; i++)
        if (is_digits(filters->items[i]))
            decode->digits[decode->digits_count++].filter = filters->items[i];
        else
            decode->is_flate = true;
    if (!decode->is_flate)
        return decode;
    decode->header_left = ZLIB_HEADER_BYTES;
    decode->unpack = unpack_create(decode, UNPACK_DEFLATE, budget);
    if (decode->unpack == NULL)
        TALLOC_FREE(decode);
    return decode;
}

/* Content, or what Flate makes it of. */
static void push_last(struct pdf_decode *decode, struct slice bytes)
{
    size_t used, skipped = bytes.length < decode->header_left ? bytes.length : decode->header_left;
    decode->header_left -= (unsigned)skipped;
    bytes = slice_part(bytes, skipped, bytes.length);
    if (bytes.length == 0 || decode->result != UNPACK_MORE)
        return;
    if (decode->is_flate)
        decode->result = unpack_push(decode->unpack, bytes, &decode->sink, &used);
    else if (!decode->sink.member_data(decode->sink.context, bytes))
        decode->result = UNPACK_UNWANTED;
}

/* One character; what it completes is put into `out`, which has room for four bytes. Returns how many. */
static size_t take_hex(struct digits *digits, char c, char *out)
{
    int digit = ascii_hex_value(c);
    digits->is_over = digits->is_over || c == '>';
    if (digit < 0 || digits->is_over)
        return 0;
    digits->value = digits->value << 4 | (uint32_t)digit;
    if (++digits->count < 2)
        return 0;
    out[0] = (char)digits->value;
    digits->count = 0;
    return 1;
}

static size_t put_85(const struct digits *digits, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (char)(digits->value >> (24 - 8 * i));
    return count;
}

static size_t take_85(struct digits *digits, char c, char *out)
{
    if (digits->is_over)
        return 0;
    if (c == 'z' && digits->count == 0) {
        memset(out, 0, 4);
        return 4;
    }
    if (c == '~') {
        size_t count = digits->count;
        digits->is_over = true;
        for (; count > 0 && digits->count < 5; digits->count++)
            digits->value = digits->value * 85 + 84;
        return count > 1 ? put_85(digits, count - 1, out) : 0;
    }
    if (c < '!' || c > 'u')
        return 0;
    digits->value = digits->value * 85 + (uint32_t)(c - '!');
    if (++digits->count < 5)
        return 0;
    size_t made = put_85(digits, 4, out);
    digits->value = 0;
    digits->count = 0;
    return made;
}

/* Undoes the filters from `number` on. */
static void push_from(struct pdf_decode *decode, unsigned number, struct slice bytes)
{
    if (number == decode->digits_count) {
        push_last(decode, bytes);
        return;
    }
    struct digits *digits = &decode->digits[number];
    char piece[PIECE_BYTES];
    size_t length = 0;
    for (size_t i = 0; i < bytes.length; i++) {
        length += digits->filter == PDF_FILTER_HEX ? take_hex(digits, bytes.data[i], piece + length)
                                                   : take_85(digits, bytes.data[i], piece + length);
        if (length + 4 > sizeof piece) {
            push_from(decode, number + 1, slice_make(piece, length));
            length = 0;
        }
    }
    push_from(decode, number + 1, slice_make(piece, length));
}

void pdf_decode_push(struct pdf_decode *decode, struct slice bytes)
{
    if (decode->result == UNPACK_MORE)
        push_from(decode, 0, bytes);
}

enum unpack_result pdf_decode_end(const struct pdf_decode *decode)
{
    if (decode->result == UNPACK_MORE)
        return decode->is_flate ? UNPACK_DAMAGED : UNPACK_END;
    return decode->result == UNPACK_UNWANTED ? UNPACK_END : decode->result;
}
