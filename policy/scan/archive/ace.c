/*
 * ACE: a chain of headers, each followed by its data; there is no end mark. After the description that came
 * with ACE 1 and 2. A volume of several is not whole, which is reported.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <talloc.h>

static const char signature[] = {'*', '*', 'A', 'C', 'E', '*', '*'};

enum {
    PREFIX_BYTES = 4, /* CRC and size of what follows */
    HEADER_BYTES_LEAST = 3,
    SIGNATURE_AT = 7,
    PROBE_BYTES = SIGNATURE_AT + sizeof signature,

    TYPE_FILE = 1,
    TYPE_LARGE_FILE = 3,
    FLAG_HAS_DATA = 0x0001,
    TYPE_MAIN = 0,
    FLAG_VOLUME = 0x0800,
    FLAG_CONTINUED = 0x1000,
    FLAG_CONTINUES = 0x2000,
    FLAG_ENCRYPTED = 0x4000,
    METHOD_STORED = 0,
    ATTRIBUTE_FOLDER = 0x10,
};

struct ace_reader {
    struct archive_walk walk;
    bool at_header; /* behind its prefix */
    bool has_header;
};

static bool ace_recognise(struct slice probe)
{
    return probe.length >= PROBE_BYTES && memcmp(probe.data + SIGNATURE_AT, signature, sizeof signature) == 0;
}

static int ace_deinit(struct ace_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *ace_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct ace_reader *reader = talloc_zero(owner, struct ace_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, ace_deinit);
    archive_walk_record(&reader->walk, PREFIX_BYTES);
    return reader;
}

static void stop_damaged(struct ace_reader *reader)
{
    archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "an ACE header is damaged");
}

/* A file's header behind type and flags. */
static void read_file(struct ace_reader *reader, struct archive_bytes bytes, unsigned type, unsigned flags)
{
    struct archive_walk *walk = &reader->walk;
    unsigned size_bytes = type == TYPE_LARGE_FILE ? 8 : 4;
    uint64_t data_bytes = archive_bytes_le(&bytes, size_bytes);
    archive_bytes_take(&bytes, size_bytes + 4); /* unpacked size, time */
    uint32_t attributes = archive_bytes_u32(&bytes);
    archive_bytes_u32(&bytes);
    unsigned method = archive_bytes_u8(&bytes);
    archive_bytes_take(&bytes, 1 + 2 + 2);
    struct archive_member member = {.encrypted = (flags & FLAG_ENCRYPTED) != 0,
                                    .is_folder = (attributes & ATTRIBUTE_FOLDER) != 0};
    member.name = archive_bytes_take(&bytes, archive_bytes_u16(&bytes));
    if (bytes.overrun) {
        stop_damaged(reader);
        return;
    }
    if (!archive_walk_member(walk, &member))
        return;
    if (method == METHOD_STORED && (flags & (FLAG_ENCRYPTED | FLAG_CONTINUED)) == 0) {
        archive_walk_content(walk, data_bytes);
        if ((flags & FLAG_CONTINUES) != 0)
            archive_walk_content_missing(walk);
        return;
    }
    if (data_bytes > 0)
        archive_walk_content_missing(walk);
    archive_walk_skip(walk, data_bytes);
}

static void read_header(struct ace_reader *reader, struct slice record)
{
    struct archive_bytes bytes = archive_bytes_of(record);
    unsigned type = archive_bytes_u8(&bytes);
    unsigned flags = archive_bytes_u16(&bytes);
    archive_walk_member_end(&reader->walk);
    reader->has_header = true;
    if (type == TYPE_MAIN && (flags & FLAG_VOLUME) != 0)
        archive_walk_report(&reader->walk, ARCHIVE_UNSUPPORTED,
                            "a piece of an ACE archive that is split over several files");
    if (type == TYPE_FILE || type == TYPE_LARGE_FILE)
        read_file(reader, bytes, type, flags);
    else if ((flags & FLAG_HAS_DATA) != 0)
        archive_walk_skip(&reader->walk, archive_bytes_u32(&bytes));
}

static void ace_step(void *context, struct slice record)
{
    struct ace_reader *reader = context;
    size_t size = PREFIX_BYTES;
    if (reader->at_header)
        read_header(reader, record);
    else
        size = (size_t)archive_le(record.data + 2, 2);
    reader->at_header = !reader->at_header;
    if (size < HEADER_BYTES_LEAST)
        stop_damaged(reader);
    if (!reader->walk.finished)
        archive_walk_record(&reader->walk, size);
}

static bool ace_push(void *context, struct slice bytes)
{
    struct ace_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, ace_step, reader);
}

static void ace_end(void *context)
{
    struct ace_reader *reader = context;
    archive_walk_end(&reader->walk, !reader->at_header && reader->has_header);
}

const struct archive_format ace_format = {
    .name = "ace",
    .extensions = "ace",
    .traits = ARCHIVE_NAME_BINDS | ARCHIVE_HAS_OWN_METHODS,
    .probe_bytes = PROBE_BYTES,
    .recognise = ace_recognise,
    .create = ace_create,
    .push = ace_push,
    .end = ace_end,
};
