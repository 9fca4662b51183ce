#define ZLIB_CONST /* its input is const */

#include "scan/archive/cab/cab_reader.h"
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_bytes.h"

#include <stdlib.h>
#include <talloc.h>
#include <zlib.h>

enum {
    BLOCK_UNPACKED_MOST = 32768,
    ZLIB_BYTES = 48 * 1024,
    FOLDER_INTO_NEXT = 0xfffe, /* the last folder, going on in the next cabinet */
};

static const char block_mark[] = {'C', 'K'};

/* MSZIP: every block a deflate stream of its own, which may refer to the block before. */
struct cab_block {
    struct archive_budget *budget;
    z_stream zlib;
    size_t length;
    char bytes[BLOCK_UNPACKED_MOST];
};

static int block_destroy(struct cab_block *block)
{
    inflateEnd(&block->zlib);
    archive_budget_give_back_kept(block->budget, sizeof *block + ZLIB_BYTES);
    return 0;
}

static struct cab_block *block_create(struct cab_reader *reader)
{
    struct archive_budget *budget = reader->walk.budget;
    if (!archive_budget_take_kept(budget, sizeof(struct cab_block) + ZLIB_BYTES))
        return NULL;
    struct cab_block *block = talloc_zero(reader, struct cab_block);
    if (block != NULL && inflateInit2(&block->zlib, -MAX_WBITS) == Z_OK) {
        block->budget = budget;
        talloc_set_destructor(block, block_destroy);
        return block;
    }
    talloc_free(block);
    archive_budget_give_back_kept(budget, sizeof(struct cab_block) + ZLIB_BYTES);
    return NULL;
}

/* ---- the files kept ---- */

static struct cab_file *files_of(const struct cab_reader *reader)
{
    return (struct cab_file *)(void *)reader->files.bytes;
}

/* The next file to tell, if it is in the folder that passes. */
static const struct cab_file *next_file(const struct cab_reader *reader)
{
    const struct cab_file *file = &files_of(reader)[reader->reported_count];
    bool is_here = reader->reported_count < reader->file_count && file->folder == reader->folder_number;
    return is_here ? file : NULL;
}

static struct slice name_of(const struct cab_reader *reader, const struct cab_file *file)
{
    return slice_make(reader->names.bytes + file->name_at, file->name_length);
}

bool cab_data_keep(struct cab_reader *reader, struct slice name)
{
    struct cab_file file = reader->file;
    const struct cab_folder *folders = (const struct cab_folder *)(void *)reader->folders.bytes;
    size_t number = file.folder == FOLDER_INTO_NEXT ? reader->folder_count - 1 : file.folder;
    if (file.size == 0 || number >= reader->folder_count || !folders[number].is_readable ||
        !archive_buffer_reserve(&reader->files, (reader->file_count + 1) * sizeof file) ||
        !archive_buffer_reserve(&reader->names, reader->names_length + name.length + 1))
        return false;
    file.folder = (uint16_t)number;
    file.position = folders[number].position;
    file.name_at = (uint32_t)reader->names_length;
    file.name_length = (uint16_t)name.length;
    if (name.length > 0)
        memcpy(reader->names.bytes + reader->names_length, name.data, name.length);
    reader->names_length += name.length;
    files_of(reader)[reader->file_count++] = file;
    return true;
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_files(const void *first, const void *second)
{
    const struct cab_file *a = first, *b = second;
    int order = compare_numbers(a->position, b->position);
    if (order == 0)
        order = compare_numbers(a->folder, b->folder);
    if (order == 0)
        order = compare_numbers(a->offset, b->offset);
    if (order == 0)
        order = compare_numbers(a->size, b->size);
    return order != 0 ? order : compare_numbers(a->name_at, b->name_at);
}

/* Begins the next file as a member, with the names of others that are the very same bytes. False: there are
 * too many members. */
static bool begin_file(struct cab_reader *reader)
{
    const struct cab_file *file = &files_of(reader)[reader->reported_count];
    const struct archive_member member = {.name = name_of(reader, file)};
    if (!archive_walk_member(&reader->walk, &member))
        return false;
    reader->file_left = file->size;
    for (reader->reported_count++; next_file(reader) != NULL; reader->reported_count++) {
        const struct cab_file *same = next_file(reader);
        if (same->offset != file->offset || same->size != file->size)
            break;
        archive_walk_other_name(&reader->walk, name_of(reader, same));
    }
    return true;
}

static void end_file(struct cab_reader *reader)
{
    if (reader->file_left > 0)
        archive_walk_content_missing(&reader->walk);
    reader->file_left = 0;
    archive_walk_member_end(&reader->walk);
}

void cab_data_report_rest(struct cab_reader *reader)
{
    end_file(reader);
    while (reader->reported_count < reader->file_count) {
        reader->folder_number = files_of(reader)[reader->reported_count].folder;
        if (!begin_file(reader))
            return;
        end_file(reader);
    }
}

/* ---- folders ---- */

static void expect_block(struct cab_reader *reader)
{
    cab_expect(reader, CAB_AT_BLOCK, CAB_BLOCK_BYTES + reader->block_reserve_bytes);
}

static void begin_folder(struct cab_reader *reader)
{
    while (reader->reported_count < reader->file_count && !reader->walk.finished) {
        const struct cab_file *file = &files_of(reader)[reader->reported_count];
        reader->folder = ((const struct cab_folder *)(void *)reader->folders.bytes)[file->folder];
        reader->folder_number = file->folder;
        reader->unpacked_at = 0;
        reader->has_previous = false;
        if (reader->folder.block_count > 0) {
            if (cab_skip_to(reader, reader->folder.position))
                expect_block(reader);
            return;
        }
        if (begin_file(reader))
            end_file(reader);
    }
    if (!reader->walk.finished)
        cab_expect_end(reader);
}

void cab_data_begin(struct cab_reader *reader)
{
    if (reader->file_count > 1)
        qsort(reader->files.bytes, reader->file_count, sizeof(struct cab_file), compare_files);
    begin_folder(reader);
}

/* No more of this folder is to be had, or wanted. */
static void end_folder(struct cab_reader *reader)
{
    end_file(reader);
    while (next_file(reader) != NULL && begin_file(reader))
        end_file(reader);
    if (!reader->walk.finished)
        begin_folder(reader);
}

static void fail_folder(struct cab_reader *reader, enum archive_outcome outcome, const char *why)
{
    archive_walk_report(&reader->walk, outcome, why);
    end_folder(reader);
}

void cab_data_read_block(struct cab_reader *reader, struct slice record)
{
    size_t packed = (size_t)archive_le(record.data + 4, 2);
    reader->block_unpacked = (unsigned)archive_le(record.data + 6, 2);
    if (packed > 0 && reader->block_unpacked > 0)
        cab_expect(reader, CAB_AT_BLOCK_DATA, packed);
    else
        end_folder(reader); /* a block that is completed in the next cabinet */
}

/* Begins the next file, whose content should begin at `at` of the folder. False: there are too many members.
 */
static bool begin_file_at(struct cab_reader *reader, uint32_t at)
{
    const struct cab_file *file = next_file(reader);
    uint32_t missed = at - file->offset;
    if (missed > 0)
        archive_walk_report(&reader->walk, ARCHIVE_CONTRADICTORY, "files in a cabinet overlap");
    if (!begin_file(reader))
        return false;
    if (missed > 0)
        archive_walk_content_missing(&reader->walk);
    reader->file_left = missed < file->size ? file->size - missed : 0;
    return true;
}

/* Gives what files have of `bytes`, which are the folder's next. */
static void give_files(struct cab_reader *reader, struct slice bytes)
{
    uint32_t begins = reader->unpacked_at, at = begins, end = begins + (uint32_t)bytes.length;
    reader->unpacked_at = end;
    while (at < end) {
        const struct cab_file *next = next_file(reader);
        if (!reader->walk.member_open) {
            if (next == NULL || next->offset >= end)
                return;
            at = next->offset < at ? at : next->offset;
            if (!begin_file_at(reader, at))
                return;
        }
        uint32_t count = reader->file_left < end - at ? reader->file_left : end - at;
        archive_walk_data(&reader->walk, slice_part(bytes, at - begins, at - begins + count));
        at += count;
        reader->file_left -= count;
        if (reader->file_left == 0)
            end_file(reader);
    }
}

/* Unpacks a block of MSZIP into reader->block. */
static bool unpack_block(struct cab_reader *reader, struct slice record)
{
    struct cab_block *block = reader->block;
    z_stream *zlib = &block->zlib;
    inflateReset(zlib);
    if (reader->has_previous)
        inflateSetDictionary(zlib, (const Bytef *)block->bytes, (uInt)block->length);
    zlib->next_in = (const Bytef *)record.data + sizeof block_mark;
    zlib->avail_in = (uInt)(record.length - sizeof block_mark);
    zlib->next_out = (Bytef *)block->bytes;
    zlib->avail_out = reader->block_unpacked;
    int status = inflate(zlib, Z_SYNC_FLUSH);
    block->length = reader->block_unpacked - zlib->avail_out;
    reader->has_previous = true;
    return (status == Z_OK || status == Z_STREAM_END) && zlib->avail_out == 0;
}

/* Before it is unpacked: after a block that was too much the next folder would begin with another. */
static bool pay_for_block(struct cab_reader *reader, struct slice record)
{
    return !reader->folder.is_packed || archive_budget_take_work(reader->walk.budget, archive_work_deflate,
                                                                 record.length, reader->block_unpacked);
}

/* The block's content; `*is_whole`: nothing is wrong with it. False: there is no memory for it. */
static bool block_content(struct cab_reader *reader, struct slice record, struct slice *content,
                          bool *is_whole)
{
    *content = record;
    *is_whole = reader->folder.is_packed ? record.length > sizeof block_mark &&
                                               memcmp(record.data, block_mark, sizeof block_mark) == 0 &&
                                               reader->block_unpacked <= BLOCK_UNPACKED_MOST
                                         : record.length == reader->block_unpacked;
    if (!reader->folder.is_packed)
        return true;
    if (reader->block == NULL)
        reader->block = block_create(reader);
    if (reader->block == NULL)
        return false;
    *is_whole = *is_whole && unpack_block(reader, record);
    *content = slice_make(reader->block->bytes, reader->has_previous ? reader->block->length : 0);
    return true;
}

void cab_data_read_block_data(struct cab_reader *reader, struct slice record)
{
    struct slice content;
    bool is_whole;
    if (!pay_for_block(reader, record)) {
        fail_folder(reader, ARCHIVE_OVER_BUDGET, "too much to unpack");
        return;
    }
    if (!block_content(reader, record, &content, &is_whole)) {
        fail_folder(reader, ARCHIVE_OVER_BUDGET, "no memory to unpack the cabinet");
        return;
    }
    if (reader->folder.is_packed && !archive_budget_take_unpacked(reader->walk.budget, content.length)) {
        fail_folder(reader, ARCHIVE_OVER_BUDGET, "more content than may be unpacked");
        return;
    }
    give_files(reader, content);
    if (reader->walk.finished)
        return;
    if (!is_whole) {
        fail_folder(reader, ARCHIVE_DAMAGED, "a block of the cabinet is damaged");
        return;
    }
    bool is_wanted = next_file(reader) != NULL || (reader->walk.member_open && reader->walk.member_wanted);
    reader->folder.block_count--;
    if (reader->folder.block_count > 0 && is_wanted && reader->unpacked_at <= INT32_MAX)
        expect_block(reader);
    else if (is_wanted && !reader->goes_on)
        fail_folder(reader, ARCHIVE_DAMAGED, "a folder of the cabinet ends before its files");
    else
        end_folder(reader);
}
