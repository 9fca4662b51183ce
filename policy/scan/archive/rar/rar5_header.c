#include "scan/archive/rar/rar5_header.h"

#include <lzma.h>

enum {
    CRC_BYTES = 4,
    FLAG_EXTRA = 0x01,
    FLAG_DATA = 0x02,
    FLAG_SPLIT_BEFORE = 0x08,
    FLAG_SPLIT_AFTER = 0x10,
    FILE_IS_FOLDER = 0x01,
    FILE_HAS_TIME = 0x02,
    FILE_HAS_CRC = 0x04,
    FILE_HAS_NO_SIZE = 0x08,
    EXTRA_ENCRYPTION = 1,
    EXTRA_SERVICE_DATA = 7,
    MAIN_IS_VOLUME = 0x01,
    NUMBER_BYTES_MOST = 10,
};

uint64_t rar5_number(struct archive_bytes *bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < NUMBER_BYTES_MOST; i++) {
        unsigned byte = archive_bytes_u8(bytes);
        if (i == NUMBER_BYTES_MOST - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if ((byte & 0x80) == 0)
            return value;
    }
    bytes->overrun = true;
    return 0;
}

bool rar5_header_rest(struct slice prefix, size_t *rest_bytes)
{
    struct archive_bytes bytes = archive_bytes_of(slice_part(prefix, CRC_BYTES, RAR5_PREFIX_BYTES));
    uint64_t size = rar5_number(&bytes);
    if (bytes.overrun || size < bytes.left.length)
        return false;
    *rest_bytes = (size_t)size - bytes.left.length;
    return true;
}

/* The extra area: records of a size, a type and whatever the type says. */
static bool parse_extra(struct slice extra, struct rar5_header *header)
{
    struct archive_bytes bytes = archive_bytes_of(extra);
    while (bytes.left.length > 0) {
        struct archive_bytes record = archive_bytes_of(archive_bytes_take(&bytes, rar5_number(&bytes)));
        uint64_t type = rar5_number(&record);
        if (bytes.overrun || record.overrun)
            return false;
        header->encrypted = header->encrypted || type == EXTRA_ENCRYPTION;
        if (type == EXTRA_SERVICE_DATA)
            header->service_data = record.left;
    }
    return true;
}

static bool parse_file(struct archive_bytes *bytes, struct rar5_header *header)
{
    uint64_t flags = rar5_number(bytes);
    header->unpacked_bytes = rar5_number(bytes);
    if ((flags & FILE_HAS_NO_SIZE) != 0)
        header->unpacked_bytes = UINT64_MAX;
    rar5_number(bytes); /* attributes */
    archive_bytes_take(bytes, (flags & FILE_HAS_TIME) != 0 ? 4 : 0);
    archive_bytes_take(bytes, (flags & FILE_HAS_CRC) != 0 ? 4 : 0);
    uint64_t compression = rar5_number(bytes);
    rar5_number(bytes); /* system it was made on */
    header->name = archive_bytes_take(bytes, rar5_number(bytes));
    header->is_folder = (flags & FILE_IS_FOLDER) != 0;
    header->stored = (compression >> 7 & 7) == 0;
    header->solid = (compression >> 6 & 1) != 0;
    header->version = compression & 0x3f;
    return !bytes->overrun;
}

bool rar5_header_parse(struct slice bytes, struct rar5_header *header)
{
    struct archive_bytes cursor = archive_bytes_of(bytes);
    *header = (struct rar5_header){0};
    uint32_t crc = archive_bytes_u32(&cursor);
    header->intact = lzma_crc32((const uint8_t *)cursor.left.data, cursor.left.length, 0) == crc;
    uint64_t size = rar5_number(&cursor);
    if (cursor.overrun || size != cursor.left.length)
        return false;
    header->type = rar5_number(&cursor);
    uint64_t flags = rar5_number(&cursor);
    uint64_t extra_bytes = (flags & FLAG_EXTRA) != 0 ? rar5_number(&cursor) : 0;
    header->data_bytes = (flags & FLAG_DATA) != 0 ? rar5_number(&cursor) : 0;
    header->split_before = (flags & FLAG_SPLIT_BEFORE) != 0;
    header->split_after = (flags & FLAG_SPLIT_AFTER) != 0;
    if (cursor.overrun || extra_bytes > cursor.left.length)
        return false;
    if (header->type == RAR5_MAIN)
        header->is_volume = (rar5_number(&cursor) & MAIN_IS_VOLUME) != 0;
    if (header->type != RAR5_FILE && header->type != RAR5_SERVICE)
        return true;
    size_t extra_from = cursor.left.length - (size_t)extra_bytes;
    struct slice extra = slice_part(cursor.left, extra_from, cursor.left.length);
    cursor.left = slice_part(cursor.left, 0, extra_from);
    return parse_file(&cursor, header) && parse_extra(extra, header);
}
