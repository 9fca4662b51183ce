#include "scan/archive/iso9660/iso9660_records.h"

enum {
    DESCRIPTOR_PRIMARY = 1,
    DESCRIPTOR_SUPPLEMENTARY = 2,
    DESCRIPTOR_TERMINATOR = 255,
    ESCAPES_AT = 88,
    BLOCK_BYTES_AT = 128,
    ROOT_RECORD_AT = 156,

    RECORD_BYTES_LEAST = 33,
    FLAG_FOLDER = 0x02,
    FLAG_MORE_EXTENTS = 0x80,

    USE_HEADER_BYTES = 4,
    XA_BYTES = 14, /* of a CD-ROM XA attribute, which may stand before the entries */
    NAME_GOES_ON = 0x01,
    NAME_IS_DOT = 0x02 | 0x04,
};

static bool identifier_is(struct slice sector, const char *identifier)
{
    return memcmp(sector.data + 1, identifier, 5) == 0;
}

static bool is_joliet(struct slice sector)
{
    const char *escapes = sector.data + ESCAPES_AT;
    return escapes[0] == '%' && escapes[1] == '/' &&
           (escapes[2] == '@' || escapes[2] == 'C' || escapes[2] == 'E');
}

static void parse_volume(struct slice sector, unsigned type, struct iso9660_descriptor *descriptor)
{
    struct archive_bytes root = archive_bytes_of(slice_part(sector, ROOT_RECORD_AT + 2, sector.length));
    uint64_t block_bytes = archive_le(sector.data + BLOCK_BYTES_AT, 2);
    descriptor->kind = ISO9660_DESCRIPTOR_VOLUME;
    /* Readers take odd sizes for 2048. */
    descriptor->block_bytes =
        block_bytes == 512 || block_bytes == 1024 ? (uint32_t)block_bytes : ISO9660_SECTOR_BYTES;
    descriptor->charset =
        type == DESCRIPTOR_SUPPLEMENTARY && is_joliet(sector) ? ISO9660_JOLIET : ISO9660_BYTES;
    descriptor->root_from = (uint64_t)archive_bytes_u32(&root) * descriptor->block_bytes;
    archive_bytes_u32(&root);
    descriptor->root_bytes = archive_bytes_u32(&root);
}

void iso9660_descriptor_parse(struct slice sector, struct iso9660_descriptor *descriptor)
{
    unsigned type = (unsigned char)sector.data[0];
    *descriptor = (struct iso9660_descriptor){.kind = ISO9660_DESCRIPTOR_UNKNOWN};
    if (identifier_is(sector, "NSR02") || identifier_is(sector, "NSR03"))
        descriptor->kind = ISO9660_DESCRIPTOR_UDF;
    else if (identifier_is(sector, "BEA01") || identifier_is(sector, "TEA01") ||
             identifier_is(sector, "BOOT2"))
        descriptor->kind = ISO9660_DESCRIPTOR_OTHER;
    else if (!identifier_is(sector, "CD001"))
        return;
    else if (type == DESCRIPTOR_TERMINATOR)
        descriptor->kind = ISO9660_DESCRIPTOR_END;
    else if (type == DESCRIPTOR_PRIMARY || type == DESCRIPTOR_SUPPLEMENTARY)
        parse_volume(sector, type, descriptor);
    else
        descriptor->kind = ISO9660_DESCRIPTOR_OTHER;
}

/* Cuts ";1" off; in Joliet's UTF-16 each character has a zero byte before it. */
static struct slice without_version(struct slice name)
{
    size_t end = name.length;
    while (end > 0 && (ascii_is_digit(name.data[end - 1]) || name.data[end - 1] == '\0'))
        end--;
    if (end == 0 || end == name.length || name.data[end - 1] != ';')
        return name;
    end--;
    bool wide = end > 0 && name.length - end > 1 && name.data[end - 1] == '\0' && name.data[end + 1] == '\0';
    return slice_part(name, 0, wide ? end - 1 : end);
}

bool iso9660_record_next(struct archive_bytes *bytes, uint32_t block_bytes, struct iso9660_record *record)
{
    size_t length = bytes->left.length == 0 ? 0 : (unsigned char)bytes->left.data[0];
    if (length == 0)
        return false; /* records do not cross sectors: the rest is padding */
    struct archive_bytes fields = archive_bytes_of(archive_bytes_take(bytes, length));
    *record = (struct iso9660_record){0};
    archive_bytes_u8(&fields);
    uint64_t attribute_blocks = archive_bytes_u8(&fields);
    record->from = (archive_bytes_u32(&fields) + attribute_blocks) * block_bytes;
    archive_bytes_u32(&fields);
    record->bytes = archive_bytes_u32(&fields);
    archive_bytes_take(&fields, 4 + 7);
    unsigned flags = archive_bytes_u8(&fields);
    bool interleaved = archive_bytes_u16(&fields) != 0;
    archive_bytes_u32(&fields); /* volume of the set */
    size_t name_length = archive_bytes_u8(&fields);
    struct slice name = archive_bytes_take(&fields, name_length);
    if (bytes->overrun || fields.overrun) {
        bytes->overrun = true;
        return false;
    }
    archive_bytes_take(&fields, name_length % 2 == 0 && fields.left.length > 0 ? 1 : 0);
    record->is_folder = (flags & FLAG_FOLDER) != 0;
    record->partial = interleaved || (flags & FLAG_MORE_EXTENTS) != 0;
    record->is_dot = name.length == 1 && (unsigned char)name.data[0] <= 1;
    record->name = without_version(name);
    record->system_use = fields.left;
    return true;
}

static void parse_entry(struct slice entry, uint32_t block_bytes, struct strbuf *name,
                        struct iso9660_system_use *use)
{
    struct archive_bytes fields = archive_bytes_of(slice_part(entry, USE_HEADER_BYTES, entry.length));
    if (memcmp(entry.data, "NM", 2) == 0) {
        unsigned flags = archive_bytes_u8(&fields);
        if ((flags & NAME_IS_DOT) == 0) {
            strbuf_append_slice(name, fields.left);
            use->has_name = true;
            use->name_goes_on = (flags & NAME_GOES_ON) != 0;
        }
    } else if (memcmp(entry.data, "CE", 2) == 0) {
        uint64_t block = archive_bytes_u32(&fields);
        archive_bytes_u32(&fields);
        uint64_t offset = archive_bytes_u32(&fields);
        archive_bytes_u32(&fields);
        use->bytes = archive_bytes_u32(&fields);
        use->from = block * block_bytes + offset;
        use->goes_on = !fields.overrun && use->bytes > 0;
    } else if (memcmp(entry.data, "CL", 2) == 0) {
        use->is_relocated = true;
    }
}

void iso9660_system_use_parse(struct slice area, uint32_t block_bytes, struct strbuf *name,
                              struct iso9660_system_use *use)
{
    struct archive_bytes bytes = archive_bytes_of(area);
    *use = (struct iso9660_system_use){0};
    if (area.length >= XA_BYTES && memcmp(area.data + 6, "XA", 2) == 0)
        archive_bytes_take(&bytes, XA_BYTES);
    while (bytes.left.length >= USE_HEADER_BYTES) {
        size_t length = (unsigned char)bytes.left.data[2];
        if (length < USE_HEADER_BYTES || length > bytes.left.length || memcmp(bytes.left.data, "ST", 2) == 0)
            return;
        parse_entry(archive_bytes_take(&bytes, length), block_bytes, name, use);
    }
}
