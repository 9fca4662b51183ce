/*
 * RAR 1.5 to 4: a chain of headers, each followed by its data. After RARLAB's technote.txt.
 *
 * A volume of several is not whole, which is reported; its own headers name what is in it. The end header is
 * younger than the format, so an archive may end without one.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_text.h"
#include "scan/archive/archive_walk.h"
#include "scan/archive/rar/rar.h"
#include "scan/archive/rar/rar4_name.h"
#include "scan/archive/rar/rar_unpack.h"

#include <lzma.h>
#include <talloc.h>

static const char signature[] = "Rar!\x1A\x07"; /* with its NUL */
static const char old_signature[] = {'R', 'E', '~', '^'};

enum {
    BASE_BYTES = 7, /* CRC, type, flags, size: what every header begins with */

    TYPE_MAIN = 0x73,
    TYPE_FILE = 0x74,
    TYPE_OLD_SERVICE = 0x77,
    TYPE_SERVICE = 0x7A,
    TYPE_END = 0x7B,
    TYPE_FIRST = 0x72,

    FLAG_HAS_DATA = 0x8000,
    MAIN_IS_VOLUME = 0x0001,
    MAIN_HAS_COMMENT = 0x0002,
    MAIN_ENCRYPTED = 0x0080,
    FILE_SPLIT_BEFORE = 0x0001,
    FILE_SPLIT_AFTER = 0x0002,
    FILE_ENCRYPTED = 0x0004,
    FILE_HAS_COMMENT = 0x0008,
    FILE_SOLID = 0x0010,
    FILE_FOLDER_BITS = 0x00E0,
    FILE_LARGE = 0x0100,
    FILE_UNICODE = 0x0200,
    METHOD_STORED = 0x30,
    VERSION_LZ3 = 29, /* 2.9 */
    VERSION_LZ3_LAST = 36,
};

enum rar4_state {
    RAR4_AT_SIGNATURE,
    RAR4_AT_BASE,
    RAR4_AT_REST,
    RAR4_AT_PACKED,
};

struct rar4_reader {
    struct archive_walk walk;
    enum rar4_state state;
    bool has_header; /* at least one came */
    struct strbuf header;
    struct strbuf name; /* the Unicode one */
    struct rar_packed_file packed;
};

struct rar4_file {
    unsigned flags;
    uint64_t data_bytes;
    uint64_t unpacked_bytes;
    unsigned version;
    bool stored;
    struct slice name;
};

static bool rar4_recognise(struct slice probe)
{
    return (probe.length >= sizeof signature && memcmp(probe.data, signature, sizeof signature) == 0) ||
           (probe.length >= sizeof old_signature &&
            memcmp(probe.data, old_signature, sizeof old_signature) == 0);
}

static int rar4_deinit(struct rar4_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->header);
    strbuf_deinit(&reader->name);
    return 0;
}

static void *rar4_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct rar4_reader *reader = talloc_zero(owner, struct rar4_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    strbuf_init(&reader->header, 0);
    strbuf_init(&reader->name, 0);
    talloc_set_destructor(reader, rar4_deinit);
    archive_walk_record(&reader->walk, sizeof signature);
    return reader;
}

static void stop_damaged(struct rar4_reader *reader)
{
    archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "a RAR header is damaged");
}

static void expect_base(struct rar4_reader *reader)
{
    if (reader->walk.finished)
        return;
    reader->state = RAR4_AT_BASE;
    archive_walk_record(&reader->walk, BASE_BYTES);
}

/* Begins the member, under its names. */
static bool report_names(struct rar4_reader *reader, const struct rar4_file *file)
{
    struct slice plain = slice_part(file->name, 0, slice_find(file->name, '\0'));
    struct archive_member member = {
        .name = file->name,
        .encrypted = (file->flags & FILE_ENCRYPTED) != 0,
        .is_folder = (file->flags & FILE_FOLDER_BITS) == FILE_FOLDER_BITS,
    };
    if ((file->flags & FILE_UNICODE) == 0 || plain.length == file->name.length)
        return archive_walk_member(&reader->walk, &member);
    strbuf_reset(&reader->name);
    rar4_name_unpack(plain, slice_part(file->name, plain.length + 1, file->name.length), &reader->name);
    if (reader->name.failed) {
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for a RAR name");
        return false;
    }
    member.name = reader->name.length > 0 ? strbuf_slice(&reader->name) : plain;
    if (!archive_walk_member(&reader->walk, &member))
        return false;
    archive_walk_other_name(&reader->walk, plain);
    return true;
}

static void report_file(struct rar4_reader *reader, const struct rar4_file *file)
{
    struct archive_walk *walk = &reader->walk;
    if (!report_names(reader, file))
        return;
    if (file->stored && (file->flags & (FILE_ENCRYPTED | FILE_SPLIT_BEFORE)) == 0) {
        archive_walk_content(walk, file->data_bytes);
        if ((file->flags & FILE_SPLIT_AFTER) != 0)
            archive_walk_content_missing(walk);
        return;
    }
    bool is_known = file->version >= VERSION_LZ3 && file->version <= VERSION_LZ3_LAST;
    const struct rar_packing packing = {.method = is_known ? RAR_METHOD_LZ3 : RAR_METHOD_UNKNOWN,
                                        .is_solid = (file->flags & FILE_SOLID) != 0,
                                        .unpacked_bytes = file->unpacked_bytes};
    bool is_whole =
        !file->stored && (file->flags & (FILE_ENCRYPTED | FILE_SPLIT_BEFORE | FILE_SPLIT_AFTER)) == 0;
    if (rar_packed_file_begin(&reader->packed, reader, &packing, file->data_bytes, is_whole, walk))
        reader->state = RAR4_AT_PACKED;
}

/* An NTFS stream: its name, in UTF-16, is what stands between the header's own fields and its end. */
static void report_stream(struct rar4_reader *reader, struct rar4_file *file, struct slice name)
{
    strbuf_reset(&reader->name);
    archive_text_append_utf16(&reader->name, name, ARCHIVE_LITTLE_ENDIAN);
    file->flags &= ~(unsigned)(FILE_UNICODE | FILE_FOLDER_BITS);
    file->name = strbuf_slice(&reader->name);
    report_file(reader, file);
}

/* As report_stream, in the block of RAR 2 and 3: type, level, unpacked size, version, method, CRC, name. */
static void read_old_stream(struct rar4_reader *reader, struct archive_bytes bytes)
{
    enum { OLD_STREAM = 0x0105 };
    uint32_t data_bytes = archive_bytes_u32(&bytes);
    struct rar4_file file = {.data_bytes = data_bytes};
    unsigned type = archive_bytes_u16(&bytes);
    archive_bytes_take(&bytes, 1 + 4 + 1);
    file.stored = archive_bytes_u8(&bytes) == METHOD_STORED;
    archive_bytes_take(&bytes, 4);
    size_t name_bytes = archive_bytes_u16(&bytes);
    file.name = archive_bytes_take(&bytes, name_bytes);
    if (type == OLD_STREAM && !bytes.overrun)
        report_file(reader, &file);
    else
        archive_walk_skip(&reader->walk, data_bytes);
}

/* A file or service header. False: fields lie beyond its end. */
static bool read_file(struct rar4_reader *reader, unsigned type, unsigned flags, struct archive_bytes bytes)
{
    struct rar4_file file = {.flags = flags};
    file.data_bytes = archive_bytes_u32(&bytes);
    file.unpacked_bytes = archive_bytes_u32(&bytes);
    archive_bytes_take(&bytes, 1 + 4 + 4); /* system, CRC, time */
    file.version = archive_bytes_u8(&bytes);
    file.stored = archive_bytes_u8(&bytes) == METHOD_STORED;
    size_t name_bytes = archive_bytes_u16(&bytes);
    archive_bytes_take(&bytes, 4); /* attributes */
    if ((flags & FILE_LARGE) != 0) {
        file.data_bytes |= (uint64_t)archive_bytes_u32(&bytes) << 32;
        file.unpacked_bytes |= (uint64_t)archive_bytes_u32(&bytes) << 32;
    }
    file.name = archive_bytes_take(&bytes, name_bytes);
    if (bytes.overrun)
        return false;
    bool is_stream = type == TYPE_SERVICE && slice_equal(file.name, slice_of("STM"));
    if (is_stream)
        report_stream(reader, &file, bytes.left);
    else if (type == TYPE_FILE)
        report_file(reader, &file);
    else
        archive_walk_skip(&reader->walk, file.data_bytes);
    return true;
}

/* Headers of old versions carry comments inside, which their CRC leaves out; blocks of other types have CRCs
 * of their own kinds. */
static bool crc_is_wrong(struct slice header, unsigned type, unsigned flags)
{
    if ((type == TYPE_MAIN && (flags & MAIN_HAS_COMMENT) != 0) ||
        (type == TYPE_FILE && (flags & FILE_HAS_COMMENT) != 0))
        return false;
    if (type != TYPE_MAIN && type != TYPE_FILE && type != TYPE_SERVICE && type != TYPE_END)
        return false;
    uint32_t crc = lzma_crc32((const uint8_t *)header.data + 2, header.length - 2, 0);
    return archive_le(header.data, 2) != (crc & 0xFFFF);
}

static void read_block(struct rar4_reader *reader)
{
    struct slice header = strbuf_slice(&reader->header);
    struct archive_bytes bytes = archive_bytes_of(slice_part(header, 2, header.length));
    unsigned type = archive_bytes_u8(&bytes);
    unsigned flags = archive_bytes_u16(&bytes);
    archive_bytes_u16(&bytes);
    if (crc_is_wrong(header, type, flags))
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "the checksum of a RAR header does not fit");
    archive_walk_member_end(&reader->walk);
    reader->has_header = true;
    if (type == TYPE_END) {
        archive_walk_expect_end(&reader->walk);
        return;
    }
    if (type == TYPE_MAIN && (flags & MAIN_ENCRYPTED) != 0) {
        archive_walk_stop(&reader->walk, ARCHIVE_INDEX_ENCRYPTED, "the RAR headers need a password");
        return;
    }
    if (type == TYPE_MAIN && (flags & MAIN_IS_VOLUME) != 0)
        archive_walk_report(&reader->walk, ARCHIVE_UNSUPPORTED, rar_is_volume);
    if (type == TYPE_OLD_SERVICE)
        read_old_stream(reader, bytes);
    else if (type == TYPE_FILE || type == TYPE_SERVICE)
        bytes.overrun = !read_file(reader, type, flags, bytes);
    else if ((flags & FLAG_HAS_DATA) != 0)
        archive_walk_skip(&reader->walk, archive_bytes_u32(&bytes));
    if (bytes.overrun)
        stop_damaged(reader);
    else if (reader->state != RAR4_AT_PACKED)
        expect_base(reader);
}

static bool append_header(struct rar4_reader *reader, struct slice bytes)
{
    strbuf_append_slice(&reader->header, bytes);
    if (reader->header.failed)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for a RAR header");
    return !reader->header.failed;
}

static void read_base(struct rar4_reader *reader, struct slice record)
{
    unsigned type = (unsigned char)record.data[2];
    size_t size = (size_t)archive_le(record.data + 5, 2);
    strbuf_reset(&reader->header);
    if (!append_header(reader, record))
        return;
    if (size < BASE_BYTES || type < TYPE_FIRST || type > TYPE_END) {
        stop_damaged(reader);
    } else if (size == BASE_BYTES) {
        read_block(reader);
    } else {
        reader->state = RAR4_AT_REST;
        archive_walk_record(&reader->walk, size - BASE_BYTES);
    }
}

static void rar4_step(void *context, struct slice record)
{
    struct rar4_reader *reader = context;
    switch (reader->state) {
    case RAR4_AT_SIGNATURE:
        if (memcmp(record.data, old_signature, sizeof old_signature) == 0)
            archive_walk_stop(&reader->walk, ARCHIVE_UNSUPPORTED, "RAR before version 1.5");
        else
            expect_base(reader);
        return;
    case RAR4_AT_BASE:
        read_base(reader, record);
        return;
    case RAR4_AT_REST:
        if (append_header(reader, record))
            read_block(reader);
        return;
    case RAR4_AT_PACKED:
        rar_packed_file_read(&reader->packed, record, &reader->walk);
        expect_base(reader);
        return;
    }
}

static bool rar4_push(void *context, struct slice bytes)
{
    struct rar4_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, rar4_step, reader);
}

static void rar4_end(void *context)
{
    struct rar4_reader *reader = context;
    archive_walk_end(&reader->walk, reader->state == RAR4_AT_BASE && reader->has_header);
}

const struct archive_format rar4_format = {
    .name = "rar4",
    .extensions = "rar r00",
    .embedded_mark = {signature, sizeof signature},
    .traits = ARCHIVE_HAS_OWN_METHODS,
    .probe_bytes = sizeof signature,
    .recognise = rar4_recognise,
    .create = rar4_create,
    .push = rar4_push,
    .end = rar4_end,
};
