/*
 * TNEF (winmail.dat): a chain of attributes; those of an attachment follow each other.
 *
 * The content of an attachment commonly comes before its names, so a member may begin without a name and be
 * reported all of them later. Checksums are not looked at: no client insists on them.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_padding.h"
#include "scan/archive/tnef/tnef_reader.h"

#include <talloc.h>

static const char signature[] = {0x78, (char)0x9F, 0x3E, 0x22};

enum {
    SIGNATURE_BYTES = 6, /* with the key that follows */
    ATTRIBUTE_BYTES = 9,
    CHECKSUM_BYTES = 2,
    LEVEL_MESSAGE = 1,
    LEVEL_ATTACHMENT = 2,
    /* The lower halves of the attributes' numbers; the upper ones tell a type that readers ignore. */
    ATTACH_BEGIN = 0x9002, /* attAttachRenddata */
    ATTACH_TITLE = 0x8010,
    ATTACH_DATA = 0x800F,
    ATTACH_PROPERTIES = 0x9005, /* attAttachment */
};

static bool tnef_recognise(struct slice probe)
{
    return probe.length >= sizeof signature && memcmp(probe.data, signature, sizeof signature) == 0;
}

static int tnef_deinit(struct tnef_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->names);
    return 0;
}

static void *tnef_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct tnef_reader *reader = talloc_zero(owner, struct tnef_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    strbuf_init(&reader->names, TNEF_NAMES_BYTES_MOST);
    talloc_set_destructor(reader, tnef_deinit);
    archive_walk_record(&reader->walk, SIGNATURE_BYTES);
    return reader;
}

static bool name_counts(const struct tnef_reader *reader, char kind)
{
    return kind == TNEF_FILE_NAME || !reader->is_message;
}

/* Begins a member under the names there are so far. */
static void begin_member(struct tnef_reader *reader)
{
    struct archive_member member = {.name = slice_of("")};
    struct archive_bytes names = archive_bytes_of(strbuf_slice(&reader->names));
    while (names.left.length > 0 && member.name.length == 0) {
        char kind = (char)archive_bytes_u8(&names);
        struct slice name = archive_bytes_text(&names);
        if (name_counts(reader, kind))
            member.name = name;
    }
    reader->was_reported = true;
    reader->has_content = false;
    if (!archive_walk_member(&reader->walk, &member))
        return;
    while (names.left.length > 0) {
        char kind = (char)archive_bytes_u8(&names);
        struct slice name = archive_bytes_text(&names);
        if (name_counts(reader, kind))
            archive_walk_other_name(&reader->walk, name);
    }
}

static void end_attachment(struct tnef_reader *reader)
{
    if (reader->in_attachment && !reader->was_reported && reader->names.length > 0)
        begin_member(reader);
    archive_walk_member_end(&reader->walk);
    reader->in_attachment = reader->was_reported = reader->has_content = reader->is_message = false;
    strbuf_reset(&reader->names);
}

/* Keeps one name, without NUL inside. */
static void keep_name(struct tnef_reader *reader, enum tnef_name_kind kind, struct slice name)
{
    if (name.length == 0)
        return;
    strbuf_append_byte(&reader->names, (char)kind);
    strbuf_append_slice(&reader->names, name);
    strbuf_append_byte(&reader->names, '\0');
    if (reader->names.failed)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET,
                          "the names of an attachment are too long to keep");
    else if (reader->walk.member_open && name_counts(reader, (char)kind))
        archive_walk_other_name(&reader->walk, name);
}

void tnef_add_name(struct tnef_reader *reader, enum tnef_name_kind kind, struct slice name)
{
    while (name.length > 0 && !reader->walk.finished) {
        size_t length = slice_find(name, '\0');
        keep_name(reader, kind, slice_part(name, 0, length));
        name = slice_part(name, length < name.length ? length + 1 : length, name.length);
    }
}

void tnef_begin_content(struct tnef_reader *reader, bool is_message, uint64_t byte_count)
{
    if (!reader->walk.member_open || reader->has_content || reader->is_message != is_message) {
        reader->is_message = is_message;
        begin_member(reader);
    }
    reader->has_content = true;
    archive_walk_content(&reader->walk, byte_count);
}

static void expect_attribute(struct tnef_reader *reader)
{
    reader->state = TNEF_AT_ATTRIBUTE;
    if (!reader->walk.finished)
        archive_walk_record(&reader->walk, ATTRIBUTE_BYTES);
}

void tnef_end_attribute(struct tnef_reader *reader)
{
    archive_walk_skip(&reader->walk, reader->attribute_left);
    reader->attribute_left = 0;
    reader->state = TNEF_AT_CHECKSUM;
    if (!reader->walk.finished)
        archive_walk_record(&reader->walk, CHECKSUM_BYTES);
}

static void read_attachment_attribute(struct tnef_reader *reader, unsigned id)
{
    uint64_t length = reader->attribute_left;
    if (id == ATTACH_BEGIN)
        end_attachment(reader);
    reader->in_attachment = true;
    if (id == ATTACH_TITLE && length > TNEF_NAMES_BYTES_MOST) {
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET,
                          "the name of an attachment is too long to keep");
    } else if (id == ATTACH_TITLE && length > 0) {
        reader->state = TNEF_AT_TITLE;
        archive_walk_record(&reader->walk, (size_t)length);
    } else if (id == ATTACH_DATA && length > 0) {
        tnef_begin_content(reader, false, length);
        reader->attribute_left = 0;
        tnef_end_attribute(reader);
    } else if (id == ATTACH_PROPERTIES && length > 0) {
        reader->state = TNEF_AT_PROPERTIES;
        tnef_properties_begin(reader);
    } else {
        tnef_end_attribute(reader);
    }
}

static bool is_padding(struct slice bytes)
{
    return archive_padding_length(bytes) == bytes.length;
}

static void read_attribute(struct tnef_reader *reader, struct slice record)
{
    struct archive_bytes bytes = archive_bytes_of(record);
    unsigned level = archive_bytes_u8(&bytes);
    unsigned id = archive_bytes_u32(&bytes) & 0xFFFF;
    reader->attribute_left = archive_bytes_u32(&bytes);
    if (level == LEVEL_ATTACHMENT) {
        reader->has_attribute = true;
        read_attachment_attribute(reader, id);
    } else if (level == LEVEL_MESSAGE) {
        reader->has_attribute = true;
        end_attachment(reader);
        tnef_end_attribute(reader);
    } else if (is_padding(record)) {
        end_attachment(reader);
        archive_walk_expect_end(&reader->walk);
    } else {
        end_attachment(reader);
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "a TNEF attribute is damaged");
    }
}

static void tnef_step(void *context, struct slice record)
{
    struct tnef_reader *reader = context;
    switch (reader->state) {
    case TNEF_AT_SIGNATURE:
    case TNEF_AT_CHECKSUM:
        expect_attribute(reader);
        return;
    case TNEF_AT_ATTRIBUTE:
        read_attribute(reader, record);
        return;
    case TNEF_AT_TITLE:
        reader->attribute_left = 0;
        tnef_add_name(reader, TNEF_LABEL, record);
        tnef_end_attribute(reader);
        return;
    case TNEF_AT_PROPERTIES:
        tnef_properties_step(reader, record);
        return;
    }
}

static bool tnef_push(void *context, struct slice bytes)
{
    struct tnef_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, tnef_step, reader);
}

static void tnef_end(void *context)
{
    struct tnef_reader *reader = context;
    bool between = reader->state == TNEF_AT_ATTRIBUTE && reader->has_attribute &&
                   reader->walk.skip_left == 0 && is_padding(strbuf_slice(&reader->walk.record));
    if (!reader->walk.finished && !(reader->walk.member_open && reader->walk.content_left > 0))
        end_attachment(reader);
    if (between)
        archive_walk_finish(&reader->walk);
    archive_walk_end(&reader->walk, false);
}

const struct archive_format tnef_format = {
    .name = "tnef",
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = sizeof signature,
    .recognise = tnef_recognise,
    .create = tnef_create,
    .push = tnef_push,
    .end = tnef_end,
};
