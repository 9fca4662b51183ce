#include "scan/archive/tar/tar_header.h"

/* Where the fields are (POSIX, pax interchange format, ustar header block). */
enum {
    NAME_AT = 0,
    NAME_BYTES = 100,
    SIZE_AT = 124,
    SIZE_BYTES = 12,
    SUM_AT = 148,
    SUM_BYTES = 8,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    PREFIX_AT = 345,
    PREFIX_BYTES = 155,
    GNU_SPARSE_EXTENDED_AT = 482,
};

bool tar_block_is_zero(struct slice block)
{
    return block.length > 0 && block.data[0] == 0 &&
           memcmp(block.data, block.data + 1, block.length - 1) == 0;
}

/* Spaces, octal digits, then anything. False: no digit, or more than 63 bits. */
static bool tar_read_octal(struct slice field, uint64_t *value)
{
    size_t at = 0, digits = 0;
    uint64_t number = 0;
    while (at < field.length && (field.data[at] == ' ' || field.data[at] == '\t'))
        at++;
    for (; at < field.length && field.data[at] >= '0' && field.data[at] <= '7'; at++, digits++) {
        if (number >> 60 != 0)
            return false;
        number = number << 3 | (uint64_t)(field.data[at] - '0');
    }
    *value = number;
    return digits > 0;
}

/* GNU and star write what octal digits cannot hold as a binary number with the top bit set. */
static bool tar_read_number(struct slice field, uint64_t *value)
{
    uint64_t number = (unsigned char)field.data[0] & 0x7fU;
    if (((unsigned char)field.data[0] & 0x80U) == 0)
        return tar_read_octal(field, value);
    for (size_t at = 1; at < field.length; at++) {
        if (number >> 55 != 0)
            return false;
        number = number << 8 | (unsigned char)field.data[at];
    }
    *value = number;
    return true;
}

bool tar_block_is_header(struct slice block)
{
    uint64_t stored;
    uint32_t as_unsigned = 0;
    int32_t as_signed = 0;
    if (block.length < TAR_BLOCK_BYTES)
        return false;
    if (!tar_read_octal(slice_part(block, SUM_AT, SUM_AT + SUM_BYTES), &stored))
        return false;
    for (size_t at = 0; at < TAR_BLOCK_BYTES; at++) {
        bool is_sum = at >= SUM_AT && at < SUM_AT + SUM_BYTES;
        char c = block.data[at];
        if (is_sum)
            c = ' '; /* as which the sum's own field counts */
        as_unsigned += (unsigned char)c;
        as_signed += (signed char)c;
    }
    return stored == as_unsigned || (as_signed >= 0 && stored == (uint64_t)as_signed);
}

/* A field that ends at a NUL or where it is full. */
static struct slice tar_text_field(struct slice block, size_t at, size_t length)
{
    struct slice field = slice_part(block, at, at + length);
    field.length = slice_find(field, '\0');
    return field;
}

struct tar_header tar_header_read(struct slice block)
{
    struct tar_header header = {
        .name = tar_text_field(block, NAME_AT, NAME_BYTES),
        .type = block.data[TYPE_AT],
        .is_sparse_extended = block.data[GNU_SPARSE_EXTENDED_AT] != 0,
    };
    header.is_size_valid =
        tar_read_number(slice_part(block, SIZE_AT, SIZE_AT + SIZE_BYTES), &header.size_bytes);
    /* GNU's magic ends in blanks, and other things than a prefix are at its place. */
    if (memcmp(block.data + MAGIC_AT, "ustar", 5) == 0 && block.data[MAGIC_AT + 5] != ' ')
        header.prefix = tar_text_field(block, PREFIX_AT, PREFIX_BYTES);
    return header;
}

void tar_header_append_name(const struct tar_header *header, struct strbuf *name)
{
    if (header->prefix.length > 0) {
        strbuf_append_slice(name, header->prefix);
        strbuf_append_byte(name, '/');
    }
    strbuf_append_slice(name, header->name);
}

/* Digits from `at` on; moves `*at` behind them. False: none, or too large a number. */
static bool tar_read_decimal(struct slice text, size_t *at, uint64_t *value)
{
    size_t start = *at;
    uint64_t number = 0;
    for (; *at < text.length && ascii_is_digit(text.data[*at]); ++*at) {
        if (number > UINT64_MAX / 16)
            return false;
        number = number * 10 + (uint64_t)(text.data[*at] - '0');
    }
    *value = number;
    return *at > start;
}

static void tar_pax_take(struct tar_pax *pax, struct slice key, struct slice value)
{
    size_t at = 0;
    if (slice_equal(key, slice_of("path")) || slice_equal(key, slice_of("GNU.sparse.name"))) {
        strbuf_append_slice(pax->names, value);
        strbuf_append_byte(pax->names, '\0');
    } else if (slice_equal(key, slice_of("size"))) {
        pax->has_size = tar_read_decimal(value, &at, &pax->size_bytes);
    }
}

/* Records are "LENGTH KEY=VALUE\n", the length being that of the whole record in decimal. */
bool tar_pax_read(struct slice text, struct tar_pax *pax)
{
    while (text.length > 0 && text.data[0] != '\0') {
        uint64_t length;
        size_t at = 0;
        if (!tar_read_decimal(text, &at, &length) || at >= text.length || text.data[at] != ' ')
            return false;
        if (length > text.length || length < at + 2 || text.data[length - 1] != '\n')
            return false;
        struct slice record = slice_part(text, at + 1, (size_t)length - 1);
        size_t equals = slice_find(record, '=');
        if (equals == record.length)
            return false;
        tar_pax_take(pax, slice_part(record, 0, equals), slice_part(record, equals + 1, record.length));
        text = slice_part(text, (size_t)length, text.length);
    }
    return true;
}
