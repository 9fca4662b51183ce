#include "scan/archive/ole/ole_file.h"

#include <assert.h>
#include <talloc.h>

static const char signature[] = {(char)0xD0, (char)0xCF, 0x11, (char)0xE0,
                                 (char)0xA1, (char)0xB1, 0x1A, (char)0xE1};

enum {
    SECTOR_SHIFT_AT = 30,
    FAT_COUNT_AT = 44,
    DIRECTORY_AT = 48,
    MINI_FAT_AT = 60,
    FAT_LIST_MORE_AT = 68,
    FAT_LIST_AT = 76,
    FAT_LIST_COUNT = 109,
    MINI_SECTOR_BYTES = 64,
    MINI_STREAM_BELOW = 4096,
    END_OF_CHAIN = 0xFFFFFFFE,
    SECTOR_LARGEST = 0xFFFFFFF9, /* above are marks: end of chain, free, tables */
};

static uint32_t number_at(struct slice bytes, size_t at)
{
    return (uint32_t)archive_le(bytes.data + at, 4);
}

static uint32_t sector_size(struct slice header)
{
    unsigned shift = (unsigned)archive_le(header.data + SECTOR_SHIFT_AT, 2);
    return shift == 9 || shift == 12 ? 1u << shift : 0;
}

bool ole_directory_position(struct slice header, uint64_t *position)
{
    if (header.length < OLE_HEADER_BYTES || memcmp(header.data, signature, sizeof signature) != 0 ||
        sector_size(header) == 0)
        return false;
    *position = ((uint64_t)number_at(header, DIRECTORY_AT) + 1) * sector_size(header);
    return true;
}

/* The bytes of a sector; fewer at the end of a file that is cut short, none beyond. */
static struct slice sector_of(const struct ole_file *file, uint32_t sector)
{
    uint64_t from = ((uint64_t)sector + 1) * file->sector_bytes;
    if (sector >= file->sector_count)
        return slice_make("", 0);
    uint64_t left = file->bytes.length - from;
    return slice_part(file->bytes, (size_t)from,
                      (size_t)(from + (left < file->sector_bytes ? left : file->sector_bytes)));
}

/* What follows `number` in a table of sectors that is itself kept in sectors. */
static uint32_t table_next(const struct ole_file *file, const struct ole_chain *table, uint32_t number)
{
    uint32_t per_sector = file->sector_bytes / 4;
    if (number / per_sector >= table->count)
        return OLE_NONE;
    struct slice sector = sector_of(file, table->sectors[number / per_sector]);
    size_t at = (size_t)(number % per_sector) * 4;
    return sector.length >= 4 && at <= sector.length - 4 ? number_at(sector, at) : OLE_NONE;
}

/* Lists a chain of sectors. False: it leaves the file, goes round, or does not end as chains do. */
static bool list_chain(void *owner, const struct ole_file *file, uint32_t first, struct ole_chain *chain)
{
    chain->sectors = talloc_array(owner, uint32_t, file->sector_count + 1);
    if (chain->sectors == NULL)
        return false;
    uint32_t sector = first;
    for (; sector <= SECTOR_LARGEST; sector = table_next(file, &file->fat, sector)) {
        if (sector >= file->sector_count || chain->count == file->sector_count)
            return false;
        chain->sectors[chain->count++] = sector;
    }
    return sector == END_OF_CHAIN;
}

/* Takes sector numbers of the sector table out of the header or a sector that continues its list. */
static void take_fat_sectors(struct ole_file *file, struct slice numbers)
{
    for (size_t at = 0; at + 4 <= numbers.length && file->fat.count < file->sector_count; at += 4)
        if (number_at(numbers, at) <= SECTOR_LARGEST)
            file->fat.sectors[file->fat.count++] = number_at(numbers, at);
}

static bool list_fat(void *owner, struct ole_file *file)
{
    struct slice header = file->bytes;
    file->fat.sectors = talloc_array(owner, uint32_t, file->sector_count + 1);
    if (file->fat.sectors == NULL)
        return false;
    take_fat_sectors(file, slice_part(header, FAT_LIST_AT, FAT_LIST_AT + 4 * FAT_LIST_COUNT));
    uint32_t more = number_at(header, FAT_LIST_MORE_AT);
    for (uint32_t i = 0; more <= SECTOR_LARGEST && i < file->sector_count; i++) {
        struct slice sector = sector_of(file, more);
        if (sector.length != file->sector_bytes)
            break;
        take_fat_sectors(file, slice_part(sector, 0, sector.length - 4));
        more = number_at(sector, sector.length - 4);
    }
    return true;
}

/* Small streams that cannot be found are damage only to who wants them. */
bool ole_file_open(void *owner, struct slice bytes, struct ole_file *file)
{
    uint64_t position;
    struct ole_entry root;
    *file = (struct ole_file){.bytes = bytes};
    if (!ole_directory_position(bytes, &position))
        return false;
    file->sector_bytes = sector_size(bytes);
    assert(file->sector_bytes > 0); /* the header was checked */
    uint64_t count = (bytes.length + file->sector_bytes - 1) / file->sector_bytes;
    file->sector_count = count < 2 || count > INT32_MAX ? 0 : (uint32_t)count - 1;
    if (!list_fat(owner, file) ||
        !list_chain(owner, file, number_at(bytes, DIRECTORY_AT), &file->directory) ||
        file->directory.count == 0)
        return false;
    file->entry_count = file->directory.count * (file->sector_bytes / OLE_ENTRY_BYTES);
    ole_file_entry(file, 0, &root);
    list_chain(owner, file, number_at(bytes, MINI_FAT_AT), &file->mini_fat);
    list_chain(owner, file, root.first_sector, &file->mini_stream);
    return root.type == OLE_ROOT && file->mini_fat.sectors != NULL && file->mini_stream.sectors != NULL;
}

void ole_entry_parse(struct slice bytes, struct ole_entry *entry)
{
    size_t name_bytes = (size_t)archive_le(bytes.data + 64, 2);
    entry->name = slice_part(bytes, 0, name_bytes >= 2 && name_bytes <= 64 ? name_bytes - 2 : 0);
    entry->type = (unsigned char)bytes.data[66];
    entry->left = number_at(bytes, 68);
    entry->right = number_at(bytes, 72);
    entry->child = number_at(bytes, 76);
    entry->first_sector = number_at(bytes, 116);
    entry->bytes = archive_le(bytes.data + 120, 4); /* the upper half is rubbish in old files */
}

void ole_file_entry(const struct ole_file *file, uint32_t number, struct ole_entry *entry)
{
    uint32_t per_sector = file->sector_bytes / OLE_ENTRY_BYTES;
    struct slice sector = sector_of(file, file->directory.sectors[number / per_sector]);
    size_t at = (size_t)(number % per_sector) * OLE_ENTRY_BYTES;
    *entry = (struct ole_entry){.left = OLE_NONE, .right = OLE_NONE, .child = OLE_NONE};
    if (at + OLE_ENTRY_BYTES <= sector.length)
        ole_entry_parse(slice_part(sector, at, at + OLE_ENTRY_BYTES), entry);
}

bool ole_name_begins(const struct ole_entry *entry, const char *text)
{
    size_t length = strlen(text);
    if (entry->name.length < 2 * length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (ascii_lower(entry->name.data[2 * i]) != ascii_lower(text[i]) ||
            entry->name.data[2 * i + 1] != '\0')
            return false;
    return true;
}

bool ole_name_is(const struct ole_entry *entry, const char *text)
{
    return entry->name.length == 2 * strlen(text) && ole_name_begins(entry, text);
}

void ole_stream_begin(struct ole_stream *stream, const struct ole_file *file, const struct ole_entry *entry)
{
    bool fits = entry->bytes <= file->bytes.length;
    *stream = (struct ole_stream){.file = file,
                                  .is_mini = entry->bytes < MINI_STREAM_BELOW,
                                  .sector = entry->first_sector,
                                  .bytes_left = fits ? entry->bytes : 0,
                                  .damaged = !fits};
}

static struct slice mini_sector_of(const struct ole_file *file, uint32_t sector)
{
    uint64_t from = (uint64_t)sector * MINI_SECTOR_BYTES;
    uint64_t number = from / file->sector_bytes;
    size_t at = (size_t)(from % file->sector_bytes);
    if (number >= file->mini_stream.count)
        return slice_make("", 0);
    struct slice whole = sector_of(file, file->mini_stream.sectors[number]);
    return at + MINI_SECTOR_BYTES <= whole.length ? slice_part(whole, at, at + MINI_SECTOR_BYTES)
                                                  : slice_make("", 0);
}

struct slice ole_stream_next(struct ole_stream *stream)
{
    const struct ole_file *file = stream->file;
    if (stream->bytes_left == 0)
        return slice_make("", 0);
    struct slice piece =
        stream->is_mini ? mini_sector_of(file, stream->sector) : sector_of(file, stream->sector);
    if (piece.length > stream->bytes_left)
        piece.length = (size_t)stream->bytes_left;
    stream->damaged = piece.length == 0;
    stream->bytes_left = stream->damaged ? 0 : stream->bytes_left - piece.length;
    stream->sector = table_next(file, stream->is_mini ? &file->mini_fat : &file->fat, stream->sector);
    return piece;
}
