/*
 * AppleSingle and AppleDouble (RFC 1740): a table of entries, of which the real name and the data fork
 * matter.
 *
 * The second kind stands beside the file, in a part of its own, and says only what it is called. Entries are
 * read in the order of their bytes, so the name may come behind the content.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <stdlib.h>
#include <talloc.h>

enum {
    HEADER_BYTES = 26,
    COUNT_AT = 24,
    ENTRY_BYTES = 12,
    ENTRIES_MOST = 64,
    NAME_BYTES_MOST = 1024,
    ENTRY_DATA = 1,
    ENTRY_NAME = 3,
};

enum apple_state {
    APPLE_AT_HEADER,
    APPLE_AT_ENTRIES,
    APPLE_AT_NAME,
    APPLE_AT_CONTENT_END,
};

struct apple_entry {
    uint32_t id;
    uint32_t offset;
    uint32_t length;
};

struct apple_reader {
    struct archive_walk walk;
    enum apple_state state;
    unsigned entry_count; /* of those that matter */
    unsigned next;
    struct apple_entry entries[ENTRIES_MOST];
};

static uint32_t apple_be(const char *bytes, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static bool apple_recognise(struct slice probe)
{
    if (probe.length < HEADER_BYTES)
        return false;
    uint32_t magic = apple_be(probe.data, 4), version = apple_be(probe.data + 4, 4);
    uint32_t count = apple_be(probe.data + COUNT_AT, 2);
    return (magic == 0x00051600 || magic == 0x00051607) && (version == 0x00010000 || version == 0x00020000) &&
           count > 0 && count <= ENTRIES_MOST;
}

static int apple_deinit(struct apple_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *apple_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct apple_reader *reader = talloc_zero(owner, struct apple_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, apple_deinit);
    archive_walk_record(&reader->walk, HEADER_BYTES);
    return reader;
}

static int compare_entries(const void *first, const void *second)
{
    const struct apple_entry *a = first, *b = second;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Goes on to the next entry, or to the end of the file. */
static void expect_entry(struct apple_reader *reader)
{
    struct archive_walk *walk = &reader->walk;
    while (reader->next < reader->entry_count) {
        const struct apple_entry *entry = &reader->entries[reader->next++];
        uint64_t here = walk->position + walk->skip_left + walk->content_left;
        if (entry->offset < here || (entry->id == ENTRY_NAME && entry->length > NAME_BYTES_MOST)) {
            archive_walk_stop(walk, ARCHIVE_DAMAGED, "the entries of an AppleSingle file make no sense");
            return;
        }
        archive_walk_skip(walk, entry->offset - here);
        if (entry->id == ENTRY_NAME) {
            reader->state = APPLE_AT_NAME;
            archive_walk_record(walk, entry->length);
            return;
        }
        reader->state = APPLE_AT_CONTENT_END;
        archive_walk_content(walk, entry->length);
        archive_walk_call_back(walk);
        return;
    }
    archive_walk_finish(walk);
}

static void read_entries(struct apple_reader *reader, struct slice record)
{
    for (size_t at = 0; at + ENTRY_BYTES <= record.length; at += ENTRY_BYTES) {
        const char *bytes = record.data + at;
        struct apple_entry entry = {apple_be(bytes, 4), apple_be(bytes + 4, 4), apple_be(bytes + 8, 4)};
        if (entry.length > 0 && (entry.id == ENTRY_DATA || entry.id == ENTRY_NAME))
            reader->entries[reader->entry_count++] = entry;
    }
    qsort(reader->entries, reader->entry_count, sizeof reader->entries[0], compare_entries);
    struct archive_member member = {.name = slice_of("")};
    if (reader->entry_count == 0)
        archive_walk_finish(&reader->walk); /* a resource fork alone */
    else if (archive_walk_member(&reader->walk, &member))
        expect_entry(reader);
}

static void apple_step(void *context, struct slice record)
{
    struct apple_reader *reader = context;
    unsigned count;
    switch (reader->state) {
    case APPLE_AT_HEADER:
        count = apple_be(record.data + COUNT_AT, 2);
        reader->state = APPLE_AT_ENTRIES;
        if (count == 0 || count > ENTRIES_MOST)
            archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED,
                              "the entries of an AppleSingle file make no sense");
        else
            archive_walk_record(&reader->walk, (size_t)count * ENTRY_BYTES);
        return;
    case APPLE_AT_ENTRIES:
        read_entries(reader, record);
        return;
    case APPLE_AT_NAME:
        archive_walk_other_name(&reader->walk, record);
        expect_entry(reader);
        return;
    case APPLE_AT_CONTENT_END:
        expect_entry(reader);
        return;
    }
}

static bool apple_push(void *context, struct slice bytes)
{
    struct apple_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, apple_step, reader);
}

static void apple_end(void *context)
{
    struct apple_reader *reader = context;
    bool may_end = reader->state == APPLE_AT_CONTENT_END && reader->next == reader->entry_count;
    archive_walk_end(&reader->walk, may_end);
}

const struct archive_format apple_single_format = {
    .name = "apple-single",
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = HEADER_BYTES,
    .recognise = apple_recognise,
    .create = apple_create,
    .push = apple_push,
    .end = apple_end,
};
