/* In what order directories of an image come, which is read once and forward only. */
#include "scan/archive/iso9660/iso9660_reader.h"

enum { NAME_PIECE_BYTES_MOST = 4096 };

/* A directory in the list of those that were read. */
static uint64_t directory_mark(uint64_t from, enum iso9660_charset charset)
{
    return from << 1 | charset;
}

/* Whether the directory at `from` was read; `charset` is set to how. */
static bool directory_was_read(const struct iso9660_reader *reader, uint64_t from,
                               enum iso9660_charset *charset)
{
    const uint64_t *marks = (const uint64_t *)(const void *)reader->directories.bytes;
    size_t low = 0;
    size_t high = reader->directory_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (marks[middle] >> 1 < from)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == reader->directory_count || marks[low] >> 1 != from)
        return false;
    *charset = (marks[low] & 1) != 0 ? ISO9660_JOLIET : ISO9660_BYTES;
    return true;
}

/* A directory that passed before anything named it. */
static struct iso9660_stashed *find_stashed(const struct iso9660_reader *reader, uint64_t from)
{
    struct iso9660_stashed *stashed = (struct iso9660_stashed *)(void *)reader->stashed.bytes;
    size_t low = 0;
    size_t high = reader->stashed_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stashed[middle].from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reader->stashed_count && stashed[low].from == from ? &stashed[low] : NULL;
}

/* A directory that passed already. One that was read is named twice, no harm, unless as what it is not. */
static void take_passed_directory(struct iso9660_reader *reader, const struct iso9660_extent *directory)
{
    enum iso9660_charset charset = directory->charset;
    bool was_read = directory_was_read(reader, directory->from, &charset);
    struct iso9660_stashed *stashed = was_read ? NULL : find_stashed(reader, directory->from);
    if (stashed != NULL && stashed->was_read) {
        was_read = true;
        charset = stashed->charset;
    }
    if (was_read && charset != directory->charset) {
        archive_walk_report(&reader->walk, ARCHIVE_CONTRADICTORY,
                            "a CD image with one directory in two trees");
    } else if (!was_read && (stashed == NULL || stashed->bytes < directory->bytes)) {
        archive_walk_report(&reader->walk, ARCHIVE_UNSUPPORTED,
                            "a CD image with a directory before its parent");
    } else if (!was_read) {
        stashed->was_read = true;
        stashed->charset = directory->charset;
        struct slice bytes = slice_make(reader->stash.bytes + stashed->at, (size_t)directory->bytes);
        iso9660_read_stashed(reader, bytes, directory->charset);
    }
}

bool iso9660_expect_sector(struct iso9660_reader *reader, uint64_t from)
{
    uint64_t room = ISO9660_SECTOR_BYTES - from % ISO9660_SECTOR_BYTES;
    uint64_t count = reader->directory_left < room ? reader->directory_left : room;
    if (count == 0)
        return false;
    reader->state = ISO9660_AT_DIRECTORY;
    reader->directory_left -= count;
    archive_walk_record(&reader->walk, (size_t)count);
    return true;
}

/* True: the directory is read next. */
static bool begin_directory(struct iso9660_reader *reader, const struct iso9660_extent *directory)
{
    if (directory->from < iso9660_position(reader)) {
        take_passed_directory(reader, directory);
        return false;
    }
    if (!archive_buffer_reserve(&reader->directories, (reader->directory_count + 1) * sizeof(uint64_t))) {
        iso9660_stop_full(reader);
        return false;
    }
    uint64_t *marks = (uint64_t *)(void *)reader->directories.bytes;
    marks[reader->directory_count++] = directory_mark(directory->from, directory->charset);
    archive_walk_skip(&reader->walk, directory->from - iso9660_position(reader));
    reader->charset = directory->charset;
    reader->directory_left = directory->bytes;
    return iso9660_expect_sector(reader, directory->from);
}

/* Reports the names of one more extent for the open member. */
static void report_names(struct iso9660_reader *reader, uint32_t names)
{
    while (names != ISO9660_NONE)
        archive_walk_other_name(&reader->walk, iso9660_extents_name(&reader->extents, &names));
}

bool iso9660_report_file(struct iso9660_reader *reader, struct iso9660_extent *whole)
{
    struct iso9660_extents *extents = &reader->extents;
    struct iso9660_extent *file = iso9660_extents_get(extents, iso9660_extents_pop(extents));
    uint32_t names = file->names;
    struct archive_member member = {.name = iso9660_extents_name(extents, &names)};
    file->reported = true;
    *whole = *file;
    if (!archive_walk_member(&reader->walk, &member))
        return false;
    report_names(reader, names);
    for (;;) {
        uint32_t next = iso9660_extents_first(extents);
        file = next == ISO9660_NONE ? NULL : iso9660_extents_get(extents, next);
        if (file == NULL || file->kind != ISO9660_FILE || file->from != whole->from)
            return true;
        iso9660_extents_pop(extents);
        file->reported = true;
        report_names(reader, file->names);
        whole->bytes = file->bytes > whole->bytes ? file->bytes : whole->bytes;
        whole->partial = whole->partial || file->partial;
    }
}

/* True: the content of a file comes next. */
static bool begin_file(struct iso9660_reader *reader)
{
    struct iso9660_extent file;
    if (!iso9660_report_file(reader, &file))
        return false;
    if (file.partial || file.from < iso9660_position(reader))
        archive_walk_content_missing(&reader->walk);
    if (file.from < iso9660_position(reader))
        return false;
    archive_walk_skip(&reader->walk, file.from - iso9660_position(reader));
    archive_walk_content(&reader->walk, file.bytes);
    archive_walk_call_back(&reader->walk);
    reader->state = ISO9660_AFTER_FILE;
    return true;
}

/* True: a piece of a name comes next. */
static bool begin_name_piece(struct iso9660_reader *reader, uint32_t number)
{
    const struct iso9660_extent *piece = iso9660_extents_get(&reader->extents, number);
    if (piece->bytes > NAME_PIECE_BYTES_MOST) {
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "a name in a CD image is damaged");
        return false;
    }
    if (piece->from < iso9660_position(reader)) {
        archive_walk_report(&reader->walk, ARCHIVE_UNSUPPORTED,
                            "a CD image with a name before its directory");
        return false;
    }
    reader->name_piece = number;
    reader->state = ISO9660_AT_NAME_PIECE;
    archive_walk_skip(&reader->walk, piece->from - iso9660_position(reader));
    archive_walk_record(&reader->walk, (size_t)piece->bytes);
    return true;
}

/* True: a sector that nothing named comes before `next`, and is looked at. */
static bool begin_gap(struct iso9660_reader *reader, uint64_t next)
{
    uint64_t here = iso9660_position(reader);
    uint64_t sector = (here + ISO9660_SECTOR_BYTES - 1) / ISO9660_SECTOR_BYTES * ISO9660_SECTOR_BYTES;
    if (next < sector + ISO9660_SECTOR_BYTES) {
        reader->stash_left = 0;
        return false;
    }
    if (sector > here)
        reader->stash_left = 0;
    archive_walk_skip(&reader->walk, sector - here);
    reader->state = ISO9660_AT_GAP;
    archive_walk_record(&reader->walk, ISO9660_SECTOR_BYTES);
    return true;
}

/* Whether a sector is the first of a directory: its first entry names itself. Its size is set. */
static bool is_directory(const struct iso9660_reader *reader, struct slice sector, uint64_t *bytes)
{
    struct archive_bytes cursor = archive_bytes_of(sector);
    struct iso9660_record record;
    if (!iso9660_record_next(&cursor, reader->block_bytes, &record) || !record.is_dot || !record.is_folder)
        return false;
    *bytes = record.bytes;
    return record.bytes > 0 && record.from == iso9660_position(reader) - ISO9660_SECTOR_BYTES;
}

/* Keeps a directory's sector for the case that a later one names it. Where there is no room it is not kept,
 * and being named then is an outcome. */
static void stash_sector(struct iso9660_reader *reader, struct slice sector)
{
    struct iso9660_stashed *last =
        (struct iso9660_stashed *)(void *)reader->stashed.bytes + (reader->stashed_count - 1);
    if (!archive_buffer_reserve(&reader->stash, reader->stash_bytes + sector.length)) {
        reader->stash_left = 0;
        return;
    }
    memcpy(reader->stash.bytes + reader->stash_bytes, sector.data, sector.length);
    reader->stash_bytes += sector.length;
    last->bytes += sector.length;
    reader->stash_left -= reader->stash_left < sector.length ? reader->stash_left : sector.length;
}

void iso9660_read_gap(struct iso9660_reader *reader, struct slice sector)
{
    uint64_t bytes;
    if (is_directory(reader, sector, &bytes) &&
        archive_buffer_reserve(&reader->stashed,
                               (reader->stashed_count + 1) * sizeof(struct iso9660_stashed))) {
        struct iso9660_stashed *stashed =
            (struct iso9660_stashed *)(void *)reader->stashed.bytes + reader->stashed_count++;
        *stashed = (struct iso9660_stashed){.from = iso9660_position(reader) - ISO9660_SECTOR_BYTES,
                                            .at = reader->stash_bytes};
        reader->stash_left = bytes < ISO9660_STASH_BYTES_MOST ? bytes : ISO9660_STASH_BYTES_MOST;
    }
    if (reader->stash_left > 0)
        stash_sector(reader, sector);
    iso9660_go_on(reader);
}

void iso9660_go_on(struct iso9660_reader *reader)
{
    struct iso9660_extents *extents = &reader->extents;
    bool under_way = false;
    while (!under_way && !reader->walk.finished) {
        uint32_t first = iso9660_extents_first(extents);
        if (first == ISO9660_NONE) {
            archive_walk_finish(&reader->walk);
            return;
        }
        struct iso9660_extent extent = *iso9660_extents_get(extents, first);
        if (begin_gap(reader, extent.from)) {
            archive_walk_member_end(&reader->walk);
            return;
        }
        if (extent.kind == ISO9660_FILE) {
            under_way = begin_file(reader);
            continue;
        }
        archive_walk_member_end(&reader->walk);
        iso9660_extents_pop(extents);
        under_way = extent.kind == ISO9660_DIRECTORY ? begin_directory(reader, &extent)
                                                     : begin_name_piece(reader, first);
    }
}
