#include "scan/archive/zip/zip_headers.h"
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_text.h"

static uint16_t u16(struct slice s, size_t at)
{
    return (uint16_t)archive_le(s.data + at, 2);
}

static uint32_t u32(struct slice s, size_t at)
{
    return (uint32_t)archive_le(s.data + at, 4);
}

static uint64_t u64(struct slice s, size_t at)
{
    return archive_le(s.data + at, 8);
}

enum zip_signature zip_signature_at(struct slice s)
{
    if (s.length < ZIP_SIGNATURE_BYTES || s.data[0] != 'P' || s.data[1] != 'K')
        return ZIP_NO_SIGNATURE;
    switch (u16(s, 2)) {
    case ZIP_CENTRAL:
    case ZIP_LOCAL:
    case ZIP_DIGITAL_SIGNATURE:
    case ZIP_END:
    case ZIP64_END:
    case ZIP64_LOCATOR:
    case ZIP_ARCHIVE_EXTRA:
    case ZIP_DESCRIPTOR:
    case ZIP_SPANNED:
        return (enum zip_signature)u16(s, 2);
    default:
        return ZIP_NO_SIGNATURE;
    }
}

/* Sixteen bytes at once, on any processor that can (a vector type of GCC and clang). */
typedef uint8_t zip_lanes __attribute__((vector_size(16)));

enum { ZIP_RUN_BYTES = 4 * sizeof(zip_lanes) };

/* Not 0 where "PK" begins; the byte behind the sixteen is read too. */
static inline zip_lanes zip_initials(const char *bytes)
{
    zip_lanes first, second;
    memcpy(&first, bytes, sizeof first);
    memcpy(&second, bytes + 1, sizeof second);
    return (zip_lanes)(first == (uint8_t)'P') & (zip_lanes)(second == (uint8_t)'K');
}

static bool zip_has_initials(const char *run)
{
    uint64_t halves[2];
    zip_lanes found =
        zip_initials(run) | zip_initials(run + 16) | zip_initials(run + 32) | zip_initials(run + 48);
    memcpy(halves, &found, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

/* The first "PK" that begins in [from, to); `to` where there is none. The byte at `to` is there. */
static size_t zip_find_initials(struct slice s, size_t from, size_t to)
{
    while (to - from >= ZIP_RUN_BYTES && !zip_has_initials(s.data + from))
        from += ZIP_RUN_BYTES;
    while (from < to && (s.data[from] != 'P' || s.data[from + 1] != 'K'))
        from++;
    return from;
}

size_t zip_signature_find(struct slice s, size_t from)
{
    while (s.length - from >= ZIP_SIGNATURE_BYTES) {
        size_t last = s.length - (ZIP_SIGNATURE_BYTES - 1);
        from = zip_find_initials(s, from, last);
        enum zip_signature signature = zip_signature_at(slice_part(s, from, s.length));
        if (from == last || (signature != ZIP_NO_SIGNATURE && signature != ZIP_SPANNED))
            return from;
        from++;
    }
    return from;
}

size_t zip_local_length(struct slice fixed)
{
    return ZIP_LOCAL_BYTES + (size_t)u16(fixed, 26) + u16(fixed, 28);
}

size_t zip_central_length(struct slice fixed)
{
    return ZIP_CENTRAL_BYTES + (size_t)u16(fixed, 28) + u16(fixed, 30) + u16(fixed, 32);
}

/* Zip64 (4.5.3): 8-byte values, in this order, for those fields that are at their maximum. */
static void zip_header_read_zip64(struct zip_header *header, struct slice field)
{
    struct archive_bytes bytes = archive_bytes_of(field);
    uint64_t *const values[] = {&header->unpacked_bytes, &header->packed_bytes, &header->offset};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (*values[i] == UINT32_MAX && bytes.left.length >= 8)
            *values[i] = archive_bytes_u64(&bytes);
}

enum zip_extra_field {
    FIELD_ZIP64 = 0x0001,
    FIELD_XCEED_NAME = 0x554e,
    FIELD_ZIPARCHIVE_NAME = 0x5a4c,
    FIELD_UNICODE_PATH = 0x7075,
};

/* The next field of `extra`; false at its end. */
static bool zip_extra_next(struct archive_bytes *extra, uint16_t *id, struct slice *field)
{
    if (extra->left.length < 4)
        return false;
    *id = archive_bytes_u16(extra);
    *field = archive_bytes_take(extra, archive_bytes_u16(extra));
    return !extra->overrun;
}

static void zip_header_read_extra(struct zip_header *header, struct slice extra)
{
    struct archive_bytes bytes = archive_bytes_of(extra);
    uint16_t id;
    struct slice field;
    header->extra = extra;
    while (zip_extra_next(&bytes, &id, &field))
        if (id == FIELD_ZIP64)
            zip_header_read_zip64(header, field);
}

static void zip_names_append(struct strbuf *names, struct slice name)
{
    for (unsigned i = 0; i < 4; i++)
        strbuf_append_byte(names, (char)(name.length >> (8 * i) & 0xff));
    strbuf_append_slice(names, name);
}

struct slice zip_names_next(struct slice *names)
{
    struct archive_bytes bytes = archive_bytes_of(*names);
    struct slice name = archive_bytes_take(&bytes, archive_bytes_u32(&bytes));
    *names = bytes.left;
    return name;
}

/* Everything between control characters that has a dot in it. */
static void zip_names_append_runs(struct strbuf *names, struct slice text)
{
    for (size_t at = 0; at < text.length;) {
        size_t end = at;
        while (end < text.length && (unsigned char)text.data[end] >= ' ')
            end++;
        struct slice run = slice_part(text, at, end);
        if (slice_find(run, '.') < run.length)
            zip_names_append(names, run);
        at = end + 1;
    }
}

/* A name somewhere in a field, in bytes or in UTF-16. */
static void zip_names_append_any(struct strbuf *names, struct slice field)
{
    zip_names_append_runs(names, field);
    for (size_t from = 0; from < 2; from++) {
        struct strbuf text;
        strbuf_init(&text, 0);
        archive_text_append_utf16(&text, slice_part(field, from, field.length), ARCHIVE_LITTLE_ENDIAN);
        zip_names_append_runs(names, strbuf_slice(&text));
        if (text.failed)
            names->failed = true;
        strbuf_deinit(&text);
    }
}

void zip_extra_names(struct slice extra, struct strbuf *names)
{
    enum { UNICODE_PATH_FIXED_BYTES = 5 };
    struct archive_bytes bytes = archive_bytes_of(extra);
    uint16_t id;
    struct slice field;
    while (zip_extra_next(&bytes, &id, &field)) {
        if (id == FIELD_UNICODE_PATH && field.length > UNICODE_PATH_FIXED_BYTES)
            zip_names_append(names, slice_part(field, UNICODE_PATH_FIXED_BYTES, field.length));
        else if (id == FIELD_XCEED_NAME || id == FIELD_ZIPARCHIVE_NAME)
            zip_names_append_any(names, field);
    }
}

struct zip_header zip_local_read(struct slice bytes)
{
    size_t name_end = ZIP_LOCAL_BYTES + (size_t)u16(bytes, 26);
    struct zip_header header = {
        .flags = u16(bytes, 6),
        .method = u16(bytes, 8),
        .crc = u32(bytes, 14),
        .packed_bytes = u32(bytes, 18),
        .unpacked_bytes = u32(bytes, 22),
        .name = slice_part(bytes, ZIP_LOCAL_BYTES, name_end),
        .length = zip_local_length(bytes),
    };
    zip_header_read_extra(&header, slice_part(bytes, name_end, header.length));
    return header;
}

struct zip_header zip_central_read(struct slice bytes)
{
    size_t name_end = ZIP_CENTRAL_BYTES + (size_t)u16(bytes, 28);
    struct zip_header header = {
        .flags = u16(bytes, 8),
        .method = u16(bytes, 10),
        .crc = u32(bytes, 16),
        .packed_bytes = u32(bytes, 20),
        .unpacked_bytes = u32(bytes, 24),
        .offset = u32(bytes, 42),
        .name = slice_part(bytes, ZIP_CENTRAL_BYTES, name_end),
        .length = zip_central_length(bytes),
    };
    zip_header_read_extra(&header, slice_part(bytes, name_end, name_end + u16(bytes, 30)));
    return header;
}

struct zip_end zip_end_read(struct slice bytes)
{
    return (struct zip_end){
        .disk = u16(bytes, 4),
        .directory_disk = u16(bytes, 6),
        .entries_here = u16(bytes, 8),
        .entries = u16(bytes, 10),
        .directory_bytes = u32(bytes, 12),
        .directory_offset = u32(bytes, 16),
        .comment_bytes = u16(bytes, 20),
    };
}

struct zip_end zip64_end_read(struct slice bytes)
{
    return (struct zip_end){
        .disk = u32(bytes, 16),
        .directory_disk = u32(bytes, 20),
        .entries_here = u64(bytes, 24),
        .entries = u64(bytes, 32),
        .directory_bytes = u64(bytes, 40),
        .directory_offset = u64(bytes, 48),
    };
}

uint64_t zip64_end_length(struct slice bytes)
{
    uint64_t length;
    return __builtin_add_overflow(u64(bytes, 4), 12U, &length) ? UINT64_MAX : length;
}

/* Writers that cannot seek leave zeroes, or all ones with a zip64 field of zeroes. */
bool zip_local_size_is_unknown(const struct zip_header *header)
{
    if ((header->flags & ZIP_FLAG_DESCRIPTOR) == 0)
        return false;
    return header->method != ZIP_STORED || header->packed_bytes == 0 || header->packed_bytes == UINT32_MAX;
}

bool zip_header_is_encrypted(const struct zip_header *header)
{
    enum { METHOD_AES = 99 };
    return (header->flags & ZIP_FLAG_ENCRYPTED) != 0 || header->method == METHOD_AES;
}

bool zip_name_is_folder(struct slice name)
{
    return name.length > 0 && name.data[name.length - 1] == '/';
}

/* Whether the next record begins at `at`, as far as can be seen. */
static bool zip_record_follows(struct slice bytes, size_t at)
{
    return bytes.length >= at + 2 && bytes.data[at] == 'P' && bytes.data[at + 1] == 'K';
}

size_t zip_descriptor_length(struct slice bytes, uint64_t packed_bytes, bool *agrees)
{
    size_t sizes_at = zip_signature_at(bytes) == ZIP_DESCRIPTOR ? 8 : 4;
    bool has_short = bytes.length >= sizes_at + 8, has_long = bytes.length >= sizes_at + 16;
    bool short_agrees = has_short && u32(bytes, sizes_at) == packed_bytes;
    bool long_agrees = has_long && u64(bytes, sizes_at) == packed_bytes;
    bool short_fits = zip_record_follows(bytes, sizes_at + 8),
         long_fits = zip_record_follows(bytes, sizes_at + 16);
    bool is_long = long_fits ? !short_fits || !short_agrees : long_agrees && !short_fits;
    *agrees = is_long ? long_agrees : short_agrees;
    if (sizes_at == 4 && !(*agrees && (is_long ? long_fits : short_fits)))
        return 0;
    if (!has_short)
        return 0;
    return is_long ? sizes_at + 16 : sizes_at + 8;
}

size_t zip_bare_descriptor_before(struct slice before, uint64_t distance)
{
    enum { SHORT_BYTES = 12, LONG_BYTES = 20 };
    if (distance >= SHORT_BYTES && before.length >= SHORT_BYTES &&
        u32(before, before.length - 8) == distance - SHORT_BYTES)
        return SHORT_BYTES;
    if (distance >= LONG_BYTES && before.length >= LONG_BYTES &&
        u64(before, before.length - 16) == distance - LONG_BYTES)
        return LONG_BYTES;
    return 0;
}
