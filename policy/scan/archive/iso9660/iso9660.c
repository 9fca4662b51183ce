/*
 * CD images: ISO 9660, with the names of Joliet and Rock Ridge.
 *
 * The stream begins at the volume descriptors, sector 16. Directories and files are taken as they pass,
 * whatever the order in which directories name them; a directory that lies before the one that names it
 * cannot be read. Trees share their files, so all names of one place are reported as one member. Of UDF,
 * which such an image may have besides, the names are reported that are in no other tree; an image of UDF
 * alone is reported as unsupported too.
 */
#include "scan/archive/archive_formats.h"
#include "scan/archive/iso9660/iso9660_reader.h"

#include <talloc.h>

enum {
    DESCRIPTORS_MOST = 64,
    IDENTIFIER_END = 14, /* High Sierra has its identifier a little later */
};

static bool iso9660_recognise(struct slice probe)
{
    static const char *const identifiers[] = {"CD001", "BEA01", "NSR02", "NSR03"};
    if (probe.length < IDENTIFIER_END)
        return false;
    for (size_t i = 0; i < sizeof identifiers / sizeof identifiers[0]; i++)
        if (memcmp(probe.data + 1, identifiers[i], 5) == 0)
            return true;
    return memcmp(probe.data + 9, "CDROM", 5) == 0;
}

static int iso9660_deinit(struct iso9660_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->text);
    strbuf_deinit(&reader->long_name);
    udf_names_deinit(&reader->udf);
    return 0;
}

/* ---- names reported, which the UDF file system may have too ---- */

static bool tap_member(void *context, const struct archive_member *member)
{
    struct iso9660_reader *reader = context;
    if (reader->has_udf)
        udf_names_note(&reader->udf, member->name);
    return reader->sink->member(reader->sink->context, member);
}

static void tap_other_name(void *context, struct slice name)
{
    struct iso9660_reader *reader = context;
    if (reader->has_udf)
        udf_names_note(&reader->udf, name);
    if (reader->sink->other_name != NULL)
        reader->sink->other_name(reader->sink->context, name);
}

static bool tap_member_data(void *context, struct slice data)
{
    struct iso9660_reader *reader = context;
    return reader->sink->member_data(reader->sink->context, data);
}

static void tap_member_end(void *context, bool complete)
{
    struct iso9660_reader *reader = context;
    reader->sink->member_end(reader->sink->context, complete);
}

static void tap_outcome(void *context, enum archive_outcome outcome, const char *why)
{
    struct iso9660_reader *reader = context;
    reader->sink->outcome(reader->sink->context, outcome, why);
}

static void *iso9660_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct iso9660_reader *reader = talloc_zero(owner, struct iso9660_reader);
    if (reader == NULL)
        return NULL;
    reader->sink = sink;
    reader->tap = (struct archive_sink){reader,          tap_member,     tap_other_name,
                                        tap_member_data, tap_member_end, tap_outcome};
    archive_walk_init(&reader->walk, &reader->tap, budget);
    udf_names_init(&reader->udf, reader, budget);
    iso9660_extents_init(&reader->extents, reader, budget);
    archive_buffer_init(&reader->directories, reader, budget);
    archive_buffer_init(&reader->stashed, reader, budget);
    archive_buffer_init(&reader->stash, reader, budget);
    strbuf_init(&reader->text, 0);
    strbuf_init(&reader->long_name, 0);
    talloc_set_destructor(reader, iso9660_deinit);
    archive_walk_record(&reader->walk, ISO9660_SECTOR_BYTES);
    return reader;
}

void iso9660_stop_full(struct iso9660_reader *reader)
{
    archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "too many files in a CD image");
}

static void add_root(struct iso9660_reader *reader, const struct iso9660_descriptor *descriptor)
{
    struct iso9660_extent root = {.from = descriptor->root_from,
                                  .bytes = descriptor->root_bytes,
                                  .kind = ISO9660_DIRECTORY,
                                  .charset = descriptor->charset,
                                  .names = ISO9660_NONE};
    if (reader->block_bytes != 0 && reader->block_bytes != descriptor->block_bytes)
        archive_walk_report(&reader->walk, ARCHIVE_CONTRADICTORY, "a CD image with blocks of two sizes");
    reader->block_bytes = descriptor->block_bytes;
    if (iso9660_extents_add(&reader->extents, &root) == ISO9660_NONE)
        iso9660_stop_full(reader);
}

/* After the last descriptor: marks of UDF follow at once, unless something else is known to be there. */
static void after_descriptors(struct iso9660_reader *reader)
{
    uint32_t first = iso9660_extents_first(&reader->extents);
    bool room = first == ISO9660_NONE || iso9660_extents_get(&reader->extents, first)->from >=
                                             iso9660_position(reader) + ISO9660_SECTOR_BYTES;
    if (reader->descriptor_count < DESCRIPTORS_MOST && room) {
        reader->state = ISO9660_AT_UDF_MARK;
        archive_walk_record(&reader->walk, ISO9660_SECTOR_BYTES);
    } else {
        iso9660_go_on(reader);
    }
}

static void read_descriptor(struct iso9660_reader *reader, struct slice sector)
{
    struct iso9660_descriptor descriptor;
    iso9660_descriptor_parse(sector, &descriptor);
    reader->descriptor_count++;
    if (descriptor.kind == ISO9660_DESCRIPTOR_UDF)
        reader->has_udf = true;
    if (reader->state == ISO9660_AT_UDF_MARK) {
        if (descriptor.kind == ISO9660_DESCRIPTOR_UNKNOWN)
            iso9660_go_on(reader);
        else
            after_descriptors(reader);
        return;
    }
    if (descriptor.kind == ISO9660_DESCRIPTOR_VOLUME)
        add_root(reader, &descriptor);
    if (reader->walk.finished)
        return;
    if (descriptor.kind == ISO9660_DESCRIPTOR_UNKNOWN)
        archive_walk_stop(&reader->walk, ARCHIVE_UNSUPPORTED, "a CD image of a kind that is not read here");
    else if (descriptor.kind == ISO9660_DESCRIPTOR_END)
        after_descriptors(reader);
    else if (reader->descriptor_count == DESCRIPTORS_MOST)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "too many volume descriptors in a CD image");
    else
        archive_walk_record(&reader->walk, ISO9660_SECTOR_BYTES);
}

static void iso9660_step(void *context, struct slice record)
{
    struct iso9660_reader *reader = context;
    switch (reader->state) {
    case ISO9660_AT_DESCRIPTOR:
    case ISO9660_AT_UDF_MARK:
        read_descriptor(reader, record);
        return;
    case ISO9660_AT_GAP:
        iso9660_read_gap(reader, record);
        return;
    case ISO9660_AT_DIRECTORY:
        iso9660_read_sector(reader, record);
        return;
    case ISO9660_AT_NAME_PIECE:
        iso9660_read_name_piece(reader, record);
        return;
    case ISO9660_AFTER_FILE:
        iso9660_go_on(reader);
        return;
    }
}

static bool iso9660_push(void *context, struct slice bytes)
{
    struct iso9660_reader *reader = context;
    bool is_wanted = archive_walk_push(&reader->walk, bytes, iso9660_step, reader);
    udf_names_push(&reader->udf, bytes);
    return is_wanted || reader->has_udf;
}

/* The files that did not come are reported by their names. */
static void iso9660_end(void *context)
{
    struct iso9660_reader *reader = context;
    struct iso9660_extents *extents = &reader->extents;
    bool all_came = reader->state > ISO9660_AT_UDF_MARK && iso9660_extents_first(extents) == ISO9660_NONE &&
                    (reader->state == ISO9660_AFTER_FILE || reader->walk.wanted == 0);
    struct iso9660_extent file;
    if (reader->walk.content_left > 0)
        archive_walk_content_missing(&reader->walk);
    while (!reader->walk.finished && iso9660_extents_first(extents) != ISO9660_NONE) {
        if (iso9660_extents_get(extents, iso9660_extents_first(extents))->kind != ISO9660_FILE)
            iso9660_extents_pop(extents);
        else if (iso9660_report_file(reader, &file))
            archive_walk_content_missing(&reader->walk);
    }
    if (reader->has_udf)
        udf_names_report(&reader->udf, &reader->walk);
    archive_walk_end(&reader->walk, all_came);
}

const struct archive_format iso9660_format = {
    .name = "iso9660",
    .extensions = "iso img udf nrg",
    .traits = ARCHIVE_NAME_BINDS,
    .probe_offset = ISO9660_FIRST_BYTE,
    .probe_bytes = IDENTIFIER_END,
    .recognise = iso9660_recognise,
    .create = iso9660_create,
    .push = iso9660_push,
    .end = iso9660_end,
};
