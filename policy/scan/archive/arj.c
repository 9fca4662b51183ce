/*
 * ARJ: a main header, then a header and data per file. After ARJ's technote ("TECHNOTE.TXT"). A volume of
 * several is judged by its own headers.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <lzma.h>
#include <talloc.h>

enum {
    PREFIX_BYTES = 4, /* signature and size of the basic header */
    SIGNATURE = 0xEA60,
    BASIC_BYTES_LEAST = 30,
    BASIC_BYTES_MOST = 2600,
    CRC_BYTES = 4,
    EXTENDED_SIZE_BYTES = 2,
    PROBE_BYTES = 11,

    FLAG_ENCRYPTED = 0x01,
    FLAG_CONTINUES = 0x04,
    FLAG_CONTINUED = 0x08,
    METHOD_STORED = 0,
    TYPE_MAIN = 2,
    TYPE_FOLDER = 3,
    TYPE_LABEL = 4,
};

enum arj_state {
    ARJ_AT_PREFIX,
    ARJ_AT_BASIC,
    ARJ_AT_EXTENDED, /* the size of an extended header, 0 for none */
};

struct arj_reader {
    struct archive_walk walk;
    enum arj_state state;
    bool data_is_content;
    uint32_t data_bytes; /* after the header being read */
};

static bool arj_recognise(struct slice probe)
{
    if (probe.length < PROBE_BYTES || archive_le(probe.data, 2) != SIGNATURE)
        return false;
    uint64_t size = archive_le(probe.data + 2, 2);
    return size >= BASIC_BYTES_LEAST && size <= BASIC_BYTES_MOST && (unsigned char)probe.data[4] <= size &&
           probe.data[10] == TYPE_MAIN;
}

static int arj_deinit(struct arj_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *arj_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct arj_reader *reader = talloc_zero(owner, struct arj_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, arj_deinit);
    archive_walk_record(&reader->walk, PREFIX_BYTES);
    return reader;
}

static void stop_damaged(struct arj_reader *reader)
{
    archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "an ARJ header is damaged");
}

static void expect(struct arj_reader *reader, enum arj_state state, size_t byte_count)
{
    reader->state = state;
    if (!reader->walk.finished)
        archive_walk_record(&reader->walk, byte_count);
}

static void read_prefix(struct arj_reader *reader, struct slice record)
{
    size_t size = (size_t)archive_le(record.data + 2, 2);
    archive_walk_member_end(&reader->walk);
    if (archive_le(record.data, 2) != SIGNATURE || (size != 0 && size < BASIC_BYTES_LEAST) ||
        size > BASIC_BYTES_MOST)
        stop_damaged(reader);
    else if (size == 0)
        archive_walk_expect_end(&reader->walk);
    else
        expect(reader, ARJ_AT_BASIC, size + CRC_BYTES);
}

static void report_file(struct arj_reader *reader, struct slice name, unsigned type, unsigned flags,
                        unsigned method)
{
    struct archive_member member = {
        .name = name, .encrypted = (flags & FLAG_ENCRYPTED) != 0, .is_folder = type == TYPE_FOLDER};
    if (!archive_walk_member(&reader->walk, &member))
        return;
    reader->data_is_content = method == METHOD_STORED && (flags & (FLAG_ENCRYPTED | FLAG_CONTINUED)) == 0;
    if ((!reader->data_is_content && reader->data_bytes > 0) || (flags & FLAG_CONTINUES) != 0)
        archive_walk_content_missing(&reader->walk);
}

static void read_basic(struct arj_reader *reader, struct slice record)
{
    struct slice header = slice_part(record, 0, record.length - CRC_BYTES);
    if (lzma_crc32((const uint8_t *)header.data, header.length, 0) !=
        archive_le(record.data + header.length, 4))
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "the checksum of an ARJ header does not fit");
    struct archive_bytes bytes = archive_bytes_of(header);
    size_t name_at = archive_bytes_u8(&bytes);
    archive_bytes_take(&bytes, 3);
    unsigned flags = archive_bytes_u8(&bytes);
    unsigned method = archive_bytes_u8(&bytes);
    unsigned type = archive_bytes_u8(&bytes);
    archive_bytes_take(&bytes, 1 + 4);
    reader->data_bytes = type == TYPE_MAIN ? 0 : archive_bytes_u32(&bytes);
    reader->data_is_content = false;
    if (name_at < BASIC_BYTES_LEAST || name_at >= header.length) {
        stop_damaged(reader);
        return;
    }
    struct archive_bytes names = archive_bytes_of(slice_part(header, name_at, header.length));
    struct slice name = archive_bytes_text(&names);
    if (type == TYPE_MAIN && (flags & FLAG_CONTINUES) != 0)
        archive_walk_report(&reader->walk, ARCHIVE_UNSUPPORTED,
                            "a piece of an ARJ archive that is split over several files");
    if (type != TYPE_MAIN && type != TYPE_LABEL)
        report_file(reader, name, type, flags, method);
    expect(reader, ARJ_AT_EXTENDED, EXTENDED_SIZE_BYTES);
}

static void read_extended(struct arj_reader *reader, struct slice record)
{
    uint64_t size = archive_le(record.data, 2);
    if (size > 0) {
        archive_walk_skip(&reader->walk, size + CRC_BYTES);
        expect(reader, ARJ_AT_EXTENDED, EXTENDED_SIZE_BYTES);
        return;
    }
    if (reader->data_is_content)
        archive_walk_content(&reader->walk, reader->data_bytes);
    else
        archive_walk_skip(&reader->walk, reader->data_bytes);
    expect(reader, ARJ_AT_PREFIX, PREFIX_BYTES);
}

static void arj_step(void *context, struct slice record)
{
    struct arj_reader *reader = context;
    switch (reader->state) {
    case ARJ_AT_PREFIX:
        read_prefix(reader, record);
        return;
    case ARJ_AT_BASIC:
        read_basic(reader, record);
        return;
    case ARJ_AT_EXTENDED:
        read_extended(reader, record);
        return;
    }
}

static bool arj_push(void *context, struct slice bytes)
{
    struct arj_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, arj_step, reader);
}

static void arj_end(void *context)
{
    struct arj_reader *reader = context;
    archive_walk_end(&reader->walk, false);
}

const struct archive_format arj_format = {
    .name = "arj",
    .extensions = "arj",
    .traits = ARCHIVE_NAME_BINDS | ARCHIVE_HAS_OWN_METHODS,
    .probe_bytes = PROBE_BYTES,
    .recognise = arj_recognise,
    .create = arj_create,
    .push = arj_push,
    .end = arj_end,
};
