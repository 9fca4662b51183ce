/*
 * ARC and PAK: a header of 29 bytes and data, again and again, ended by a header of method 0.
 *
 * The mark is weak (a Ctrl-Z), so a header must also hold a plausible name to be recognised.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <talloc.h>

enum {
    MARK = 0x1A,
    MARK_BYTES = 2, /* with the method */
    FIELDS_BYTES = 27,
    OLD_FIELDS_BYTES = 23, /* of method 1, which lacks the unpacked size */
    NAME_BYTES = 13,
    METHOD_END = 0,
    METHOD_OLD_STORED = 1,
    METHOD_STORED = 2,
    METHOD_LARGEST = 11,
    PROBE_BYTES = MARK_BYTES + FIELDS_BYTES,
};

struct arc_reader {
    struct archive_walk walk;
    bool at_fields; /* behind mark and method */
    unsigned method;
};

/* A name of DOS: printable, ended by a NUL. */
static bool is_name(struct slice field)
{
    size_t length = slice_find(field, '\0');
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)field.data[i] <= ' ' || field.data[i] == 0x7F ||
            strchr("/\\:*?\"<>|", field.data[i]) != NULL)
            return false;
    return length > 0 && length < field.length;
}

static bool arc_recognise(struct slice probe)
{
    if (probe.length < PROBE_BYTES || probe.data[0] != MARK)
        return false;
    unsigned method = (unsigned char)probe.data[1];
    return method > METHOD_END && method <= METHOD_LARGEST &&
           is_name(slice_part(probe, MARK_BYTES, MARK_BYTES + NAME_BYTES));
}

static int arc_deinit(struct arc_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *arc_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct arc_reader *reader = talloc_zero(owner, struct arc_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, arc_deinit);
    archive_walk_record(&reader->walk, MARK_BYTES);
    return reader;
}

static void read_mark(struct arc_reader *reader, struct slice record)
{
    reader->method = (unsigned char)record.data[1];
    archive_walk_member_end(&reader->walk);
    if (record.data[0] != MARK || reader->method > METHOD_LARGEST) {
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "an ARC header is damaged");
    } else if (reader->method == METHOD_END) {
        archive_walk_expect_end(&reader->walk);
    } else {
        reader->at_fields = true;
        archive_walk_record(&reader->walk,
                            reader->method == METHOD_OLD_STORED ? OLD_FIELDS_BYTES : FIELDS_BYTES);
    }
}

static void read_fields(struct arc_reader *reader, struct slice record)
{
    struct slice field = slice_part(record, 0, NAME_BYTES);
    struct archive_member member = {.name = slice_part(field, 0, slice_find(field, '\0'))};
    uint64_t data_bytes = archive_le(record.data + NAME_BYTES, 4);
    reader->at_fields = false;
    if (!archive_walk_member(&reader->walk, &member))
        return;
    if (reader->method == METHOD_OLD_STORED || reader->method == METHOD_STORED) {
        archive_walk_content(&reader->walk, data_bytes);
    } else {
        if (data_bytes > 0)
            archive_walk_content_missing(&reader->walk);
        archive_walk_skip(&reader->walk, data_bytes);
    }
    archive_walk_record(&reader->walk, MARK_BYTES);
}

static void arc_step(void *context, struct slice record)
{
    struct arc_reader *reader = context;
    if (reader->at_fields)
        read_fields(reader, record);
    else
        read_mark(reader, record);
}

static bool arc_push(void *context, struct slice bytes)
{
    struct arc_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, arc_step, reader);
}

static void arc_end(void *context)
{
    struct arc_reader *reader = context;
    archive_walk_end(&reader->walk, false);
}

const struct archive_format arc_format = {
    .name = "arc",
    .traits = ARCHIVE_HAS_OWN_METHODS,
    .probe_bytes = PROBE_BYTES,
    .recognise = arc_recognise,
    .create = arc_create,
    .push = arc_push,
    .end = arc_end,
};
