/* Directories of an ISO 9660 image: records, names, extents. */
#include "scan/archive/archive_text.h"
#include "scan/archive/iso9660/iso9660_reader.h"

/* Reports a member whose content is not waited for. */
static void report_at_once(struct iso9660_reader *reader, struct slice name, struct slice long_name,
                           bool is_folder)
{
    struct archive_member member = {.name = name, .is_folder = is_folder};
    if (!archive_walk_member(&reader->walk, &member))
        return;
    archive_walk_other_name(&reader->walk, long_name);
    archive_walk_member_end(&reader->walk);
}

static void add_name_piece(struct iso9660_reader *reader, uint32_t owner,
                           const struct iso9660_system_use *use)
{
    struct iso9660_extent piece = {.from = use->from,
                                   .bytes = use->bytes,
                                   .kind = ISO9660_NAME_PIECE,
                                   .owner = owner,
                                   .names = ISO9660_NONE};
    uint32_t number = iso9660_extents_add(&reader->extents, &piece);
    if (number == ISO9660_NONE ||
        !iso9660_extents_add_name(&reader->extents, number, strbuf_slice(&reader->long_name)))
        iso9660_stop_full(reader);
}

static uint32_t add_extent(struct iso9660_reader *reader, const struct iso9660_record *record,
                           struct slice name, struct slice long_name)
{
    struct iso9660_extent extent = {.from = record->from,
                                    .bytes = record->bytes,
                                    .kind = record->is_folder ? ISO9660_DIRECTORY : ISO9660_FILE,
                                    .charset = reader->charset,
                                    .partial = record->partial,
                                    .names = ISO9660_NONE};
    uint32_t number = iso9660_extents_add(&reader->extents, &extent);
    bool room = number != ISO9660_NONE;
    if (room && !record->is_folder)
        room = iso9660_extents_add_name(&reader->extents, number, name);
    if (room && !record->is_folder && long_name.length > 0)
        room = iso9660_extents_add_name(&reader->extents, number, long_name);
    if (!room)
        iso9660_stop_full(reader);
    return number;
}

static void read_record(struct iso9660_reader *reader, const struct iso9660_record *record)
{
    struct iso9660_system_use use = {0};
    struct slice name = record->name;
    strbuf_reset(&reader->text);
    strbuf_reset(&reader->long_name);
    if (reader->charset == ISO9660_JOLIET) {
        archive_text_append_utf16(&reader->text, name, ARCHIVE_BIG_ENDIAN);
        name = strbuf_slice(&reader->text);
    } else {
        iso9660_system_use_parse(record->system_use, reader->block_bytes, &reader->long_name, &use);
    }
    if (reader->text.failed || reader->long_name.failed) {
        iso9660_stop_full(reader);
        return;
    }
    struct slice long_name = strbuf_slice(&reader->long_name);
    if (use.goes_on && use.name_goes_on)
        long_name.length = 0; /* half a name is none */
    uint32_t owner = ISO9660_NONE;
    bool is_folder = record->is_folder || use.is_relocated;
    if (is_folder || record->bytes == 0)
        report_at_once(reader, name, long_name, is_folder);
    if (!reader->walk.finished && record->bytes > 0 && !use.is_relocated)
        owner = add_extent(reader, record, name, long_name);
    if (!reader->walk.finished && use.goes_on && !is_folder)
        add_name_piece(reader, owner, &use);
}

/* The entries of one sector, or of the part of it that belongs to the directory. */
static void read_records(struct iso9660_reader *reader, struct slice sector)
{
    struct archive_bytes bytes = archive_bytes_of(sector);
    struct iso9660_record record;
    while (!reader->walk.finished && iso9660_record_next(&bytes, reader->block_bytes, &record))
        if (!record.is_dot)
            read_record(reader, &record);
    if (bytes.overrun)
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "a directory of a CD image is damaged");
}

void iso9660_read_sector(struct iso9660_reader *reader, struct slice sector)
{
    read_records(reader, sector);
    if (!reader->walk.finished && !iso9660_expect_sector(reader, iso9660_position(reader)))
        iso9660_go_on(reader);
}

void iso9660_read_stashed(struct iso9660_reader *reader, struct slice bytes, enum iso9660_charset charset)
{
    reader->charset = charset;
    for (size_t at = 0; at < bytes.length; at += ISO9660_SECTOR_BYTES) {
        size_t left = bytes.length - at;
        read_records(reader,
                     slice_part(bytes, at, at + (left < ISO9660_SECTOR_BYTES ? left : ISO9660_SECTOR_BYTES)));
    }
}

/* The name goes to the file it belongs to, or is reported by itself where that one has passed already. */
void iso9660_read_name_piece(struct iso9660_reader *reader, struct slice area)
{
    const struct iso9660_extent piece = *iso9660_extents_get(&reader->extents, reader->name_piece);
    struct iso9660_system_use use;
    uint32_t names = piece.names;
    strbuf_reset(&reader->long_name);
    strbuf_append_slice(&reader->long_name, iso9660_extents_name(&reader->extents, &names));
    iso9660_system_use_parse(area, reader->block_bytes, &reader->long_name, &use);
    bool waits = piece.owner != ISO9660_NONE && !iso9660_extents_get(&reader->extents, piece.owner)->reported;
    struct slice name = strbuf_slice(&reader->long_name);
    if (reader->long_name.failed)
        iso9660_stop_full(reader);
    else if (use.goes_on)
        add_name_piece(reader, piece.owner, &use);
    else if (use.has_name && !waits)
        report_at_once(reader, name, slice_make("", 0), false);
    else if (use.has_name && !iso9660_extents_add_name(&reader->extents, piece.owner, name))
        iso9660_stop_full(reader);
    if (!reader->walk.finished)
        iso9660_go_on(reader);
}
