/*
 * Microsoft cabinets: header, folder table, file table, data. After [MS-CAB].
 *
 * Content is given where it is packed by MSZIP or not at all; Quantum and LZX are not read here. A cabinet of
 * a set is not whole, which is reported; it lists every file that has data in it.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/cab/cab_reader.h"

#include <talloc.h>

static const char signature[] = {'M', 'S', 'C', 'F'};

enum {
    HEADER_BYTES = 36,
    RESERVE_BYTES = 4,
    NAME_BYTES_MOST = 1024, /* the specification allows 256 */
    SIGNATURE_RESERVE_BYTES = 20,

    FLAG_PREVIOUS = 1,
    FLAG_NEXT = 2,
    FLAG_RESERVE = 4,
};

/* How a folder is packed: the low bits of its type. */
enum cab_method {
    METHOD_MASK = 0x000f,
    METHOD_NONE = 0,
    METHOD_MSZIP = 1,
};

static bool cab_recognise(struct slice probe)
{
    return probe.length >= sizeof signature && memcmp(probe.data, signature, sizeof signature) == 0;
}

static int cab_deinit(struct cab_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *cab_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct cab_reader *reader = talloc_zero(owner, struct cab_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    archive_buffer_init(&reader->folders, reader, budget);
    archive_buffer_init(&reader->files, reader, budget);
    archive_buffer_init(&reader->names, reader, budget);
    talloc_set_destructor(reader, cab_deinit);
    archive_walk_record(&reader->walk, HEADER_BYTES);
    return reader;
}

bool cab_skip_to(struct cab_reader *reader, uint64_t position)
{
    uint64_t here = reader->walk.position + reader->walk.skip_left;
    if (position < here) {
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "the parts of a cabinet overlap");
        return false;
    }
    archive_walk_skip(&reader->walk, position - here);
    return true;
}

void cab_expect_end(struct cab_reader *reader)
{
    if (!cab_skip_to(reader, reader->cabinet_bytes))
        return;
    archive_walk_skip(&reader->walk, reader->signature_bytes);
    archive_walk_expect_end(&reader->walk);
}

static void expect_file(struct cab_reader *reader)
{
    if (reader->files_left > 0)
        cab_expect(reader, CAB_AT_FILE, CAB_FILE_BYTES);
    else
        cab_data_begin(reader);
}

static void expect_folder(struct cab_reader *reader)
{
    if (reader->folders_left > 0)
        cab_expect(reader, CAB_AT_FOLDER, CAB_FOLDER_BYTES + reader->folder_reserve_bytes);
    else if (cab_skip_to(reader, reader->files_position))
        expect_file(reader);
}

static void expect_cabinet_name(struct cab_reader *reader)
{
    if (reader->cabinet_names_left > 0) {
        reader->cabinet_names_left--;
        reader->state = CAB_AT_CABINET_NAME;
        archive_walk_text(&reader->walk, NAME_BYTES_MOST);
        return;
    }
    expect_folder(reader);
}

/* A folder that there is no memory to keep is one whose content is not read. */
static void read_folder(struct cab_reader *reader, struct slice record)
{
    struct archive_bytes bytes = archive_bytes_of(record);
    struct cab_folder folder = {.position = archive_bytes_u32(&bytes)};
    folder.block_count = archive_bytes_u16(&bytes);
    unsigned method = archive_bytes_u16(&bytes) & METHOD_MASK;
    folder.is_readable = method == METHOD_NONE || method == METHOD_MSZIP;
    folder.is_packed = method == METHOD_MSZIP;
    reader->folders_left--;
    if (archive_buffer_reserve(&reader->folders, (reader->folder_count + 1) * sizeof folder))
        ((struct cab_folder *)(void *)reader->folders.bytes)[reader->folder_count++] = folder;
    expect_folder(reader);
}

static void read_header(struct cab_reader *reader, struct slice record)
{
    struct archive_bytes bytes = archive_bytes_of(slice_part(record, 8, HEADER_BYTES));
    reader->cabinet_bytes = archive_bytes_u32(&bytes);
    archive_bytes_u32(&bytes);
    reader->files_position = archive_bytes_u32(&bytes);
    archive_bytes_take(&bytes, 4 + 2); /* reserved, version */
    reader->folders_left = archive_bytes_u16(&bytes);
    reader->files_left = archive_bytes_u16(&bytes);
    reader->flags = archive_bytes_u16(&bytes);
    reader->goes_on = (reader->flags & FLAG_NEXT) != 0;
    if ((reader->flags & (FLAG_PREVIOUS | FLAG_NEXT)) != 0)
        archive_walk_report(&reader->walk, ARCHIVE_UNSUPPORTED, "one cabinet of several");
    reader->cabinet_names_left =
        ((reader->flags & FLAG_PREVIOUS) != 0 ? 2 : 0) + ((reader->flags & FLAG_NEXT) != 0 ? 2 : 0);
    if ((reader->flags & FLAG_RESERVE) != 0)
        cab_expect(reader, CAB_AT_RESERVE, RESERVE_BYTES);
    else
        expect_cabinet_name(reader);
}

static void read_reserve(struct cab_reader *reader, struct slice record)
{
    struct archive_bytes bytes = archive_bytes_of(record);
    unsigned header_reserve_bytes = archive_bytes_u16(&bytes);
    reader->folder_reserve_bytes = archive_bytes_u8(&bytes);
    reader->block_reserve_bytes = archive_bytes_u8(&bytes);
    if (header_reserve_bytes == SIGNATURE_RESERVE_BYTES) {
        cab_expect(reader, CAB_AT_SIGNATURE_PLACE, SIGNATURE_RESERVE_BYTES);
        return;
    }
    archive_walk_skip(&reader->walk, header_reserve_bytes);
    expect_cabinet_name(reader);
}

/* Where Authenticode keeps the place of its signature: 4 bytes, position, size, 8 bytes. */
static void read_signature_place(struct cab_reader *reader, struct slice record)
{
    if (archive_le(record.data + 4, 4) == reader->cabinet_bytes)
        reader->signature_bytes = archive_le(record.data + 8, 4);
    expect_cabinet_name(reader);
}

static void read_file(struct cab_reader *reader, struct slice record)
{
    struct archive_bytes bytes = archive_bytes_of(record);
    reader->file = (struct cab_file){.size = archive_bytes_u32(&bytes)};
    reader->file.offset = archive_bytes_u32(&bytes);
    reader->file.folder = archive_bytes_u16(&bytes);
    reader->state = CAB_AT_NAME;
    archive_walk_text(&reader->walk, NAME_BYTES_MOST);
}

static void read_name(struct cab_reader *reader, struct slice record)
{
    if (record.data[record.length - 1] != '\0') {
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "a name in a cabinet does not end");
        return;
    }
    struct archive_member member = {.name = slice_part(record, 0, record.length - 1)};
    if (!cab_data_keep(reader, member.name)) {
        if (!archive_walk_member(&reader->walk, &member))
            return;
        if (reader->file.size != 0)
            archive_walk_content_missing(&reader->walk);
        archive_walk_member_end(&reader->walk);
    }
    reader->files_left--;
    expect_file(reader);
}

static void cab_step(void *context, struct slice record)
{
    struct cab_reader *reader = context;
    switch (reader->state) {
    case CAB_AT_HEADER:
        read_header(reader, record);
        return;
    case CAB_AT_RESERVE:
        read_reserve(reader, record);
        return;
    case CAB_AT_SIGNATURE_PLACE:
        read_signature_place(reader, record);
        return;
    case CAB_AT_CABINET_NAME:
        expect_cabinet_name(reader);
        return;
    case CAB_AT_FOLDER:
        read_folder(reader, record);
        return;
    case CAB_AT_FILE:
        read_file(reader, record);
        return;
    case CAB_AT_NAME:
        read_name(reader, record);
        return;
    case CAB_AT_BLOCK:
        cab_data_read_block(reader, record);
        return;
    case CAB_AT_BLOCK_DATA:
        cab_data_read_block_data(reader, record);
        return;
    }
}

static bool cab_push(void *context, struct slice bytes)
{
    struct cab_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, cab_step, reader);
}

static void cab_end(void *context)
{
    struct cab_reader *reader = context;
    cab_data_report_rest(reader);
    archive_walk_end(&reader->walk, false);
}

const struct archive_format cab_format = {
    .name = "cab",
    .extensions = "cab",
    .embedded_mark = {"MSCF\0\0\0\0", 8},
    .traits = ARCHIVE_HAS_OWN_METHODS,
    .probe_bytes = sizeof signature,
    .recognise = cab_recognise,
    .create = cab_create,
    .push = cab_push,
    .end = cab_end,
};
