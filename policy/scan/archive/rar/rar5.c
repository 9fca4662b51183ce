/*
 * RAR 5: a chain of headers, each followed by its data.
 *
 * Packed files are unpacked as far as a bound (rar_unpack.h).
 *
 * A volume of several is not whole, which is reported; its own headers name what is in it. A
 * "quick open" service block holds copies of the headers, which unpackers may show instead of the true ones;
 * so the names reported are kept, and a copy that differs is reported too, and contradictory.
 */
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_buffer.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"
#include "scan/archive/rar/rar.h"
#include "scan/archive/rar/rar5_header.h"
#include "scan/archive/rar/rar_unpack.h"

#include <talloc.h>

static const char signature[] = "Rar!\x1A\x07\x01"; /* with its NUL */

enum rar5_state {
    RAR5_AT_SIGNATURE,
    RAR5_AT_PREFIX,
    RAR5_AT_REST,
    RAR5_AT_PACKED,
};

/* A file header that was reported, by where it is. */
struct rar5_reported {
    uint64_t position;
    size_t name_at; /* in `names` */
    size_t name_bytes;
};

struct rar5_reader {
    struct archive_walk walk;
    enum rar5_state state;
    uint64_t position;       /* of the header, or quick open record, being read */
    struct strbuf header;    /* its bytes */
    uint64_t quick_position; /* of the quick open block's header */
    uint64_t quick_left;     /* bytes of its records still to come */
    struct archive_buffer reported;
    size_t reported_count;
    struct archive_buffer names;
    size_t names_bytes;
    struct rar_packed_file packed;
};

static bool rar5_recognise(struct slice probe)
{
    return probe.length >= sizeof signature && memcmp(probe.data, signature, sizeof signature) == 0;
}

static int rar5_deinit(struct rar5_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->header);
    return 0;
}

static void *rar5_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct rar5_reader *reader = talloc_zero(owner, struct rar5_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    strbuf_init(&reader->header, 0);
    archive_buffer_init(&reader->reported, reader, budget);
    archive_buffer_init(&reader->names, reader, budget);
    talloc_set_destructor(reader, rar5_deinit);
    archive_walk_record(&reader->walk, sizeof signature);
    return reader;
}

static void stop_damaged(struct rar5_reader *reader)
{
    archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "a RAR header is damaged");
}

static void remember_name(struct rar5_reader *reader, struct slice name)
{
    if (!archive_buffer_reserve(&reader->reported,
                                (reader->reported_count + 1) * sizeof(struct rar5_reported)) ||
        !archive_buffer_reserve(&reader->names, reader->names_bytes + name.length + 1)) {
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "too many names to keep");
        return;
    }
    struct rar5_reported *known =
        (struct rar5_reported *)(void *)reader->reported.bytes + reader->reported_count++;
    *known = (struct rar5_reported){reader->position, reader->names_bytes, name.length};
    if (name.length > 0)
        memcpy(reader->names.bytes + reader->names_bytes, name.data, name.length);
    reader->names_bytes += name.length;
}

/* Whether the file header at `position` has this name. */
static bool name_was_reported(const struct rar5_reader *reader, uint64_t position, struct slice name)
{
    const struct rar5_reported *known = (const struct rar5_reported *)(const void *)reader->reported.bytes;
    size_t low = 0;
    size_t high = reader->reported_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (known[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low < reader->reported_count && known[low].position == position &&
           slice_equal(slice_make(reader->names.bytes + known[low].name_at, known[low].name_bytes), name);
}

/* What comes next: a record of the quick open block, or a header. */
static void expect_prefix(struct rar5_reader *reader)
{
    if (reader->quick_left > 0 && reader->quick_left < RAR5_PREFIX_BYTES) {
        archive_walk_skip(&reader->walk, reader->quick_left);
        reader->quick_left = 0;
    }
    reader->state = RAR5_AT_PREFIX;
    archive_walk_record(&reader->walk, RAR5_PREFIX_BYTES);
}

static void report_file(struct rar5_reader *reader, const struct rar5_header *header)
{
    struct archive_walk *walk = &reader->walk;
    struct archive_member member = {
        .name = header->name, .encrypted = header->encrypted, .is_folder = header->is_folder};
    if (!archive_walk_member(walk, &member))
        return;
    remember_name(reader, header->name);
    if (header->stored && !header->encrypted && !header->split_before) {
        archive_walk_content(walk, header->data_bytes);
        if (header->split_after)
            archive_walk_content_missing(walk);
        return;
    }
    const struct rar_packing packing = {.method = header->version == 0 ? RAR_METHOD_LZ5 : RAR_METHOD_UNKNOWN,
                                        .is_solid = header->solid,
                                        .unpacked_bytes = header->unpacked_bytes};
    bool is_whole = !header->stored && !header->encrypted && !header->split_before && !header->split_after;
    if (rar_packed_file_begin(&reader->packed, reader, &packing, header->data_bytes, is_whole, walk))
        reader->state = RAR5_AT_PACKED;
}

/* An NTFS stream (STM): its name stands in the service's data, and unpackers have written it wherever that
 * led. */
static void report_stream(struct rar5_reader *reader, const struct rar5_header *header)
{
    struct archive_walk *walk = &reader->walk;
    struct archive_member member = {.name = header->service_data, .encrypted = header->encrypted};
    if (!archive_walk_member(walk, &member))
        return;
    bool is_content = header->stored && !header->encrypted && !header->split_before;
    if (is_content)
        archive_walk_content(walk, header->data_bytes);
    else
        archive_walk_skip(walk, header->data_bytes);
    if (!is_content || header->split_after)
        archive_walk_content_missing(walk);
}

static void read_header(struct rar5_reader *reader, const struct rar5_header *header)
{
    struct archive_walk *walk = &reader->walk;
    if (!header->intact)
        archive_walk_report(walk, ARCHIVE_DAMAGED, "the checksum of a RAR header does not fit");
    switch (header->type) {
    case RAR5_ENCRYPTION:
        archive_walk_stop(walk, ARCHIVE_INDEX_ENCRYPTED, "the RAR headers need a password");
        return;
    case RAR5_END:
        archive_walk_expect_end(walk);
        return;
    case RAR5_FILE:
        reader->state = RAR5_AT_REST;
        report_file(reader, header);
        if (reader->state == RAR5_AT_PACKED)
            return;
        break;
    default:
        archive_walk_member_end(walk);
        if (header->is_volume)
            archive_walk_report(walk, ARCHIVE_UNSUPPORTED, rar_is_volume);
        if (header->type == RAR5_SERVICE && slice_equal(header->name, slice_of("STM"))) {
            report_stream(reader, header);
            break;
        }
        if (header->type == RAR5_SERVICE && header->stored && !header->encrypted && header->data_bytes > 0 &&
            slice_equal(header->name, slice_of("QO"))) {
            reader->quick_left = header->data_bytes;
            reader->quick_position = reader->position;
        } else {
            archive_walk_skip(walk, header->data_bytes);
        }
    }
    if (!walk->finished)
        expect_prefix(reader);
}

/* A quick open record: CRC, size, flags, how far before the block the header copied here is, its size, its
 * bytes. */
static bool read_quick_record(struct rar5_reader *reader, struct slice record)
{
    struct archive_bytes bytes = archive_bytes_of(record);
    struct rar5_header header;
    archive_bytes_u32(&bytes);
    rar5_number(&bytes);
    rar5_number(&bytes);
    uint64_t distance = rar5_number(&bytes);
    struct slice copy = archive_bytes_take(&bytes, rar5_number(&bytes));
    if (bytes.overrun || !rar5_header_parse(copy, &header))
        return false;
    if (header.type != RAR5_FILE || name_was_reported(reader, reader->quick_position - distance, header.name))
        return true;
    struct archive_member member = {
        .name = header.name, .encrypted = header.encrypted, .is_folder = header.is_folder};
    if (archive_walk_member(&reader->walk, &member)) {
        archive_walk_content_missing(&reader->walk);
        archive_walk_member_end(&reader->walk);
        archive_walk_report(&reader->walk, ARCHIVE_CONTRADICTORY, "the RAR quick open list has other names");
    }
    return true;
}

static void read_whole(struct rar5_reader *reader)
{
    struct slice bytes = strbuf_slice(&reader->header);
    struct rar5_header header;
    if (reader->header.failed) {
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for a RAR header");
    } else if (reader->quick_left > 0) {
        reader->quick_left -= bytes.length;
        if (!read_quick_record(reader, bytes))
            stop_damaged(reader);
        else if (!reader->walk.finished)
            expect_prefix(reader);
    } else if (rar5_header_parse(bytes, &header)) {
        read_header(reader, &header);
    } else {
        stop_damaged(reader);
    }
}

static void read_prefix(struct rar5_reader *reader, struct slice record)
{
    size_t rest_bytes;
    reader->position = reader->walk.position - RAR5_PREFIX_BYTES;
    strbuf_reset(&reader->header);
    strbuf_append_slice(&reader->header, record);
    if (!rar5_header_rest(record, &rest_bytes) ||
        (reader->quick_left > 0 && rest_bytes > reader->quick_left - RAR5_PREFIX_BYTES)) {
        stop_damaged(reader);
    } else if (rest_bytes == 0) {
        read_whole(reader);
    } else {
        reader->state = RAR5_AT_REST;
        archive_walk_record(&reader->walk, rest_bytes);
    }
}

static void rar5_step(void *context, struct slice record)
{
    struct rar5_reader *reader = context;
    switch (reader->state) {
    case RAR5_AT_SIGNATURE:
        expect_prefix(reader);
        return;
    case RAR5_AT_PREFIX:
        read_prefix(reader, record);
        return;
    case RAR5_AT_REST:
        strbuf_append_slice(&reader->header, record);
        read_whole(reader);
        return;
    case RAR5_AT_PACKED:
        rar_packed_file_read(&reader->packed, record, &reader->walk);
        if (!reader->walk.finished)
            expect_prefix(reader);
        return;
    }
}

static bool rar5_push(void *context, struct slice bytes)
{
    struct rar5_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, rar5_step, reader);
}

static void rar5_end(void *context)
{
    struct rar5_reader *reader = context;
    archive_walk_end(&reader->walk, false);
}

const struct archive_format rar5_format = {
    .name = "rar5",
    .extensions = "rar r00",
    .embedded_mark = {signature, sizeof signature},
    .traits = ARCHIVE_HAS_OWN_METHODS,
    .probe_bytes = sizeof signature,
    .recognise = rar5_recognise,
    .create = rar5_create,
    .push = rar5_push,
    .end = rar5_end,
};
