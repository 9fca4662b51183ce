/*
 * Images of ext2, ext3 and ext4, which 7-Zip opens as archives. What stands where is not followed through
 * inodes: a block that is a chain of directory entries gives names, whoever uses it, and every other block
 * may begin a file, for files begin with blocks. That is more than is in any directory (the journal's copies,
 * what was deleted), and needs no more memory than a block. After the kernel's description (Documentation/
 * filesystems/ext4).
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <talloc.h>

enum {
    SUPERBLOCK_AT = 1024,
    SUPERBLOCK_BYTES = 1024,
    PROBE_BYTES = 104,
    BLOCKS_AT = 4,
    FIRST_BLOCK_AT = 20,
    BLOCK_SIZE_AT = 24, /* binary logarithm, of kilobytes */
    MAGIC_AT = 56,
    REVISION_AT = 76,
    INCOMPATIBLE_AT = 96,
    COMPRESSED = 1 << 0,
    INLINE_DATA = 1 << 15, /* small files and directories stand in inodes */
    BLOCK_SIZE_MOST = 2,   /* pages of most processors */
    ENTRY_BYTES = 8,
    ENTRY_IS_FOLDER = 2,
};

struct ext_reader {
    struct archive_walk walk;
    bool has_superblock;
    size_t block_bytes;
    uint64_t blocks_left;
};

static uint32_t field(struct slice superblock, size_t at)
{
    return (uint32_t)archive_le(superblock.data + at, 4);
}

static bool ext_recognise(struct slice probe)
{
    if (probe.length < PROBE_BYTES || memcmp(probe.data + MAGIC_AT, "\x53\xef", 2) != 0)
        return false;
    uint32_t size = field(probe, BLOCK_SIZE_AT);
    return size <= 6 && field(probe, FIRST_BLOCK_AT) == (size == 0 ? 1 : 0) && field(probe, 0) > 0 &&
           field(probe, BLOCKS_AT) > 0 && field(probe, REVISION_AT) <= 1;
}

static int ext_deinit(struct ext_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *ext_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct ext_reader *reader = talloc_zero(owner, struct ext_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, ext_deinit);
    archive_walk_record(&reader->walk, SUPERBLOCK_BYTES);
    return reader;
}

static void expect_block(struct ext_reader *reader)
{
    if (reader->walk.finished)
        return;
    if (reader->blocks_left == 0) {
        archive_walk_expect_end(&reader->walk);
        return;
    }
    reader->blocks_left--;
    archive_walk_record(&reader->walk, reader->block_bytes);
}

static void read_superblock(struct ext_reader *reader, struct slice superblock)
{
    uint32_t size = field(superblock, BLOCK_SIZE_AT), blocks = field(superblock, BLOCKS_AT);
    bool is_read = size <= BLOCK_SIZE_MOST &&
                   (field(superblock, INCOMPATIBLE_AT) & (uint32_t)(COMPRESSED | INLINE_DATA)) == 0;
    reader->has_superblock = true;
    if (!is_read) {
        archive_walk_stop(&reader->walk, ARCHIVE_UNSUPPORTED, "a disk image cannot be looked into");
        return;
    }
    reader->block_bytes = (size_t)SUPERBLOCK_BYTES << size;
    size_t end = SUPERBLOCK_AT + SUPERBLOCK_BYTES; /* of what was read, and with the rest of its block */
    size_t block_end = (end + reader->block_bytes - 1) / reader->block_bytes * reader->block_bytes;
    uint64_t blocks_read = block_end / reader->block_bytes;
    reader->blocks_left = blocks > blocks_read ? blocks - blocks_read : 0;
    archive_walk_skip(&reader->walk, block_end - end);
    expect_block(reader);
}

/* One entry of a directory, and what is behind it. False: there is none. */
static bool take_entry(struct slice *block, uint32_t *inode, struct archive_member *member)
{
    struct archive_bytes bytes = archive_bytes_of(*block);
    *inode = archive_bytes_u32(&bytes);
    size_t length = archive_bytes_u16(&bytes), name_length = archive_bytes_u8(&bytes);
    unsigned type = archive_bytes_u8(&bytes);
    bool is_entry =
        !bytes.overrun && length >= ENTRY_BYTES + name_length && length % 4 == 0 && length <= block->length;
    if (!is_entry)
        return false;
    *member = (struct archive_member){.name = archive_bytes_take(&bytes, name_length),
                                      .is_folder = type == ENTRY_IS_FOLDER};
    *block = slice_part(*block, length, block->length);
    return true;
}

/* Whether entries, one of them in use, fill the block to its end. */
static bool is_directory(struct slice block)
{
    struct archive_member member;
    uint32_t inode;
    bool is_used = false;
    while (block.length > 0) {
        if (!take_entry(&block, &inode, &member))
            return false;
        is_used = is_used || (inode != 0 && member.name.length > 0);
    }
    return is_used;
}

static void report_names(struct ext_reader *reader, struct slice block)
{
    struct archive_member member;
    uint32_t inode;
    while (take_entry(&block, &inode, &member)) {
        if (inode == 0 || member.name.length == 0 || member.is_folder)
            continue;
        if (!archive_walk_member(&reader->walk, &member))
            return;
        archive_walk_content_missing(&reader->walk); /* it is among the blocks */
        archive_walk_member_end(&reader->walk);
    }
}

/* What begins with zeros runs nowhere and is no archive. */
static bool may_begin_file(struct slice block)
{
    return archive_le(block.data, 8) != 0;
}

static void report_block(struct ext_reader *reader, struct slice block)
{
    struct archive_member member = {.name = slice_make("", 0)};
    if (!may_begin_file(block) || !archive_walk_member(&reader->walk, &member))
        return;
    archive_walk_data(&reader->walk, block);
    archive_walk_content_missing(&reader->walk); /* there may be more of it */
    archive_walk_member_end(&reader->walk);
}

static void ext_step(void *context, struct slice record)
{
    struct ext_reader *reader = context;
    if (!reader->has_superblock) {
        read_superblock(reader, record);
        return;
    }
    if (is_directory(record))
        report_names(reader, record);
    else
        report_block(reader, record);
    expect_block(reader);
}

static bool ext_push(void *context, struct slice bytes)
{
    struct ext_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, ext_step, reader);
}

static void ext_end(void *context)
{
    struct ext_reader *reader = context;
    archive_walk_end(&reader->walk, false);
}

const struct archive_format ext_format = {
    .name = "ext",
    .extensions = "ext2 ext3 ext4",
    .probe_offset = SUPERBLOCK_AT,
    .probe_bytes = PROBE_BYTES,
    .recognise = ext_recognise,
    .create = ext_create,
    .push = ext_push,
    .end = ext_end,
};
