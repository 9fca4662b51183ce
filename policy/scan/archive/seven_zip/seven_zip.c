/*
 * 7z: a signature header, packed streams, and the index behind them.
 *
 * Only the index says how content is packed, so packed bytes must be kept until it comes: all of them up to
 * SEVEN_ZIP_KEPT_BYTES, half of these from the beginning and half from the end in a larger archive. What can
 * be unpacked from them is given to the sink. Names need no more than the end, where a packed index lies.
 */
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/seven_zip/seven_zip_reader.h"

#include <lzma.h>
#include <talloc.h>

enum {
    SIGNATURE_HEADER_BYTES = 32,
    SEVEN_ZIP_KEPT_BYTES = 8 << 20,
    INDEX_LAYERS_MOST = 4, /* packed indexes in packed indexes */
};

static const char signature[] = {'7', 'z', (char)0xBC, (char)0xAF, 0x27, 0x1C};

static bool seven_zip_recognise(struct slice probe)
{
    return probe.length >= sizeof signature && memcmp(probe.data, signature, sizeof signature) == 0;
}

static int seven_zip_deinit(struct seven_zip_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->text);
    return 0;
}

static void *seven_zip_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct seven_zip_reader *reader = talloc_zero(owner, struct seven_zip_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    archive_buffer_init(&reader->beginning, reader, budget);
    strbuf_init(&reader->text, 0);
    talloc_set_destructor(reader, seven_zip_deinit);
    archive_walk_record(&reader->walk, SIGNATURE_HEADER_BYTES);
    return reader;
}

void seven_zip_stop(struct seven_zip_reader *reader, enum seven_zip_status status)
{
    if (status == SEVEN_ZIP_OVER_BUDGET || status == SEVEN_ZIP_NOT_AT_HAND)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "the 7z index is larger than allowed");
    else if (status == SEVEN_ZIP_UNSUPPORTED)
        archive_walk_stop(&reader->walk, ARCHIVE_UNSUPPORTED, "a 7z index of a kind that is not read here");
    else
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "the 7z index is damaged");
}

/* What comes behind the beginning: up to the window nothing, then window and index in one. */
static void expect_rest(struct seven_zip_reader *reader)
{
    reader->state = SEVEN_ZIP_AT_REST;
    archive_walk_skip(&reader->walk, reader->window_position - reader->beginning_bytes);
    archive_walk_record(&reader->walk, reader->window_bytes + reader->index_bytes);
}

/* Chooses what is kept of `packed_bytes` before the index, with `room` for all that is held. */
static void expect_packed(struct seven_zip_reader *reader, uint64_t packed_bytes, uint64_t room)
{
    uint64_t most = room / 2 < SEVEN_ZIP_KEPT_BYTES ? room / 2 : SEVEN_ZIP_KEPT_BYTES;
    bool is_all = packed_bytes <= most;
    reader->window_bytes = (size_t)(is_all ? packed_bytes : most / 2);
    reader->window_position = packed_bytes - reader->window_bytes;
    /* What is gathered is held twice for a moment, here as in the step that reads the rest. */
    if (!is_all && most >= 2 && archive_buffer_reserve(&reader->beginning, (size_t)most / 2)) {
        reader->beginning_bytes = (size_t)most / 2;
        reader->state = SEVEN_ZIP_AT_BEGINNING;
        archive_walk_record(&reader->walk, reader->beginning_bytes);
    } else {
        expect_rest(reader);
    }
}

static void read_beginning(struct seven_zip_reader *reader, struct slice record)
{
    memcpy(reader->beginning.bytes, record.data, record.length);
    expect_rest(reader);
}

static void read_signature_header(struct seven_zip_reader *reader, struct slice record)
{
    struct archive_walk *walk = &reader->walk;
    struct archive_bytes bytes = archive_bytes_of(slice_part(record, 8, record.length));
    uint32_t start_crc = archive_bytes_u32(&bytes);
    if (lzma_crc32((const uint8_t *)bytes.left.data, bytes.left.length, 0) != start_crc)
        archive_walk_report(walk, ARCHIVE_DAMAGED, "the 7z start header is damaged");
    uint64_t offset = archive_bytes_u64(&bytes);
    uint64_t size = archive_bytes_u64(&bytes);
    reader->index_crc = archive_bytes_u32(&bytes);
    if (offset > INT64_MAX || size > INT64_MAX) {
        seven_zip_stop(reader, SEVEN_ZIP_DAMAGED);
    } else if (size == 0) {
        archive_walk_skip(walk, offset);
        archive_walk_expect_end(walk); /* an archive without members */
    } else if (size > walk->budget->kept_bytes_left) {
        seven_zip_stop(reader, SEVEN_ZIP_OVER_BUDGET);
    } else {
        reader->index_bytes = (size_t)size;
        expect_packed(reader, offset, walk->budget->kept_bytes_left - size);
    }
}

/* `size` packed bytes at `position`, which were kept from the beginning, or the first of them. */
static enum seven_zip_status find_in_beginning(const struct seven_zip_reader *reader, uint64_t position,
                                               uint64_t size, struct seven_zip_packed *packed)
{
    if (position >= reader->beginning_bytes)
        return SEVEN_ZIP_NOT_AT_HAND;
    struct slice rest =
        slice_make(reader->beginning.bytes + position, reader->beginning_bytes - (size_t)position);
    packed->is_whole = size <= rest.length;
    packed->bytes = slice_part(rest, 0, packed->is_whole ? (size_t)size : rest.length);
    return SEVEN_ZIP_OK;
}

enum seven_zip_status seven_zip_find_packed(const struct seven_zip_reader *reader,
                                            const struct seven_zip_folder *folder,
                                            struct seven_zip_packed *packed)
{
    const struct seven_zip_streams *streams = &reader->index.streams;
    uint64_t position = streams->packed_position;
    if (folder->first_packed >= streams->packed_count)
        return SEVEN_ZIP_DAMAGED;
    for (uint32_t i = 0; i < folder->first_packed; i++)
        position +=
            streams->packed_bytes[i]; /* sizes that wrap lead outside of the window, or to nonsense inside */
    uint64_t size = streams->packed_bytes[folder->first_packed];
    if (position < reader->window_position)
        return find_in_beginning(reader, position, size, packed);
    uint64_t from = position - reader->window_position;
    if (from > reader->window.length || size > reader->window.length - from)
        return SEVEN_ZIP_DAMAGED;
    *packed =
        (struct seven_zip_packed){slice_part(reader->window, (size_t)from, (size_t)(from + size)), true};
    return SEVEN_ZIP_OK;
}

/* Unpacks the index behind a packed one into `unpacked`. */
static enum seven_zip_status unpack_index(struct seven_zip_reader *reader, struct strbuf *unpacked)
{
    const struct seven_zip_streams *streams = &reader->index.streams;
    struct seven_zip_packed packed;
    enum seven_zip_status status = SEVEN_ZIP_DAMAGED;
    if (streams->folder_count == 1)
        status = seven_zip_find_packed(reader, &streams->folders[0], &packed);
    if (status != SEVEN_ZIP_OK)
        return status;
    struct seven_zip_unpacker *unpacker =
        seven_zip_unpacker_create(reader, &streams->folders[0], packed, reader->walk.budget, &status);
    char piece[SEVEN_ZIP_PIECE_BYTES];
    while (unpacker != NULL && status == SEVEN_ZIP_OK && !unpacked->failed) {
        size_t count = seven_zip_unpacker_read(unpacker, piece, sizeof piece, &status);
        if (count == 0)
            break;
        strbuf_append(unpacked, piece, count);
    }
    talloc_free(unpacker);
    return unpacked->failed ? SEVEN_ZIP_OVER_BUDGET : status;
}

/* Parses the index, unpacking it as often as it is packed, and tells its members. `layers` holds what was
 * unpacked: one layer is parsed while the next is filled. */
static void read_index(struct seven_zip_reader *reader, struct slice bytes, struct strbuf layers[2])
{
    enum seven_zip_status status = seven_zip_index_parse(reader, bytes, &reader->index);
    for (unsigned depth = 0; status == SEVEN_ZIP_OK && reader->index.packed; depth++) {
        struct strbuf *unpacked = &layers[depth % 2];
        if (reader->index.streams.folder_count > 0 && reader->index.streams.folders[0].encrypted) {
            archive_walk_stop(&reader->walk, ARCHIVE_INDEX_ENCRYPTED, "the 7z index needs a password");
            return;
        }
        strbuf_reset(unpacked);
        unpacked->ceiling = (size_t)(reader->walk.budget->kept_bytes_left / 2);
        status = depth == INDEX_LAYERS_MOST ? SEVEN_ZIP_OVER_BUDGET : unpack_index(reader, unpacked);
        if (status == SEVEN_ZIP_OK)
            status = seven_zip_index_parse(reader, strbuf_slice(unpacked), &reader->index);
    }
    if (status == SEVEN_ZIP_OK)
        seven_zip_report_members(reader);
    else
        seven_zip_stop(reader, status);
}

static void read_rest(struct seven_zip_reader *reader, struct slice record)
{
    struct slice index = slice_part(record, reader->window_bytes, record.length);
    reader->window = slice_part(record, 0, reader->window_bytes);
    if (lzma_crc32((const uint8_t *)index.data, index.length, 0) != reader->index_crc)
        archive_walk_report(&reader->walk, ARCHIVE_DAMAGED, "the 7z index is damaged");
    /* The record is still held: what is unpacked comes on top of it. */
    archive_budget_take_kept(reader->walk.budget, record.length);
    struct strbuf layers[2];
    strbuf_init(&layers[0], 0);
    strbuf_init(&layers[1], 0);
    read_index(reader, index, layers);
    strbuf_deinit(&layers[0]);
    strbuf_deinit(&layers[1]);
    TALLOC_FREE(reader->unpacker);
    archive_budget_give_back_kept(reader->walk.budget, record.length);
}

static void seven_zip_step(void *context, struct slice record)
{
    struct seven_zip_reader *reader = context;
    switch (reader->state) {
    case SEVEN_ZIP_AT_SIGNATURE:
        read_signature_header(reader, record);
        return;
    case SEVEN_ZIP_AT_BEGINNING:
        read_beginning(reader, record);
        return;
    case SEVEN_ZIP_AT_REST:
        read_rest(reader, record);
        return;
    }
}

static bool seven_zip_push(void *context, struct slice bytes)
{
    struct seven_zip_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, seven_zip_step, reader);
}

static void seven_zip_end(void *context)
{
    struct seven_zip_reader *reader = context;
    archive_walk_end(&reader->walk, false);
}

const struct archive_format seven_zip_format = {
    .name = "7z",
    .extensions = "7z",
    .embedded_mark = {signature, sizeof signature},
    .probe_bytes = sizeof signature,
    .recognise = seven_zip_recognise,
    .create = seven_zip_create,
    .push = seven_zip_push,
    .end = seven_zip_end,
};
