#include "scan/archive/seven_zip/seven_zip_index.h"
#include "scan/archive/seven_zip/seven_zip_streams.h"

static void skip_archive_properties(struct archive_bytes *bytes)
{
    while (seven_zip_number(bytes) != SEVEN_ZIP_END && !bytes->overrun)
        seven_zip_skip_property(bytes);
}

static uint64_t count_bits(struct slice bits, uint64_t most)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < most && i / 8 < bits.length; i++)
        count += seven_zip_bit(bits, i);
    return count;
}

static enum seven_zip_status set_names(struct seven_zip_index *index, struct slice property)
{
    struct archive_bytes bytes = archive_bytes_of(property);
    if (index->has_names)
        return SEVEN_ZIP_DAMAGED;
    if (archive_bytes_u8(&bytes) != 0)
        return bytes.overrun ? SEVEN_ZIP_DAMAGED : SEVEN_ZIP_UNSUPPORTED;
    index->has_names = true;
    index->names = bytes.left;
    return index->names.length / 2 >= index->file_count ? SEVEN_ZIP_OK : SEVEN_ZIP_DAMAGED;
}

static enum seven_zip_status set_property(struct seven_zip_index *index, uint64_t type, struct slice property)
{
    switch (type) {
    case SEVEN_ZIP_NAMES:
        return set_names(index, property);
    case SEVEN_ZIP_EMPTY_STREAM:
        index->empty_stream = property;
        return property.length >= (index->file_count + 7) / 8 ? SEVEN_ZIP_OK : SEVEN_ZIP_DAMAGED;
    case SEVEN_ZIP_EMPTY_FILE:
        index->empty_file = property;
        return property.length >= (count_bits(index->empty_stream, index->file_count) + 7) / 8
                   ? SEVEN_ZIP_OK
                   : SEVEN_ZIP_DAMAGED;
    default:
        return SEVEN_ZIP_OK;
    }
}

static enum seven_zip_status parse_files(struct archive_bytes *bytes, struct seven_zip_index *index)
{
    enum seven_zip_status status = SEVEN_ZIP_OK;
    index->file_count = seven_zip_number(bytes);
    if (index->file_count > UINT32_MAX)
        return SEVEN_ZIP_DAMAGED;
    while (status == SEVEN_ZIP_OK) {
        uint64_t type = seven_zip_number(bytes);
        if (bytes->overrun)
            return SEVEN_ZIP_DAMAGED;
        if (type == SEVEN_ZIP_END)
            break;
        struct slice property = archive_bytes_take(bytes, seven_zip_number(bytes));
        status = bytes->overrun ? SEVEN_ZIP_DAMAGED : set_property(index, type, property);
    }
    return status;
}

static enum seven_zip_status parse_header(void *owner, struct archive_bytes *bytes,
                                          struct seven_zip_index *index)
{
    struct seven_zip_streams additional = {0};
    enum seven_zip_status status = SEVEN_ZIP_OK;
    while (status == SEVEN_ZIP_OK) {
        uint64_t type = seven_zip_number(bytes);
        if (bytes->overrun)
            return SEVEN_ZIP_DAMAGED;
        if (type == SEVEN_ZIP_END)
            break;
        if (type == SEVEN_ZIP_ARCHIVE_PROPERTIES)
            skip_archive_properties(bytes);
        else if (type == SEVEN_ZIP_ADDITIONAL_STREAMS && additional.packed_bytes == NULL)
            status = seven_zip_streams_parse(owner, bytes, &additional);
        else if (type == SEVEN_ZIP_MAIN_STREAMS && index->streams.packed_bytes == NULL)
            status = seven_zip_streams_parse(owner, bytes, &index->streams);
        else if (type == SEVEN_ZIP_FILES && index->file_count == 0)
            status = parse_files(bytes, index);
        else
            return SEVEN_ZIP_DAMAGED;
    }
    return status;
}

enum seven_zip_status seven_zip_index_parse(void *owner, struct slice bytes, struct seven_zip_index *index)
{
    struct archive_bytes cursor = archive_bytes_of(bytes);
    *index = (struct seven_zip_index){0};
    uint64_t type = seven_zip_number(&cursor);
    if (type == SEVEN_ZIP_HEADER)
        return parse_header(owner, &cursor, index);
    if (type != SEVEN_ZIP_PACKED_INDEX)
        return SEVEN_ZIP_DAMAGED;
    index->packed = true;
    return seven_zip_streams_parse(owner, &cursor, &index->streams);
}
