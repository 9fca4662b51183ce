/*
 * ActiveMime: how Office keeps the macros and objects of a document that is text (.mso, WordML, web
 * archives). A header, and behind it an OLE file in zlib's form.
 */
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/unpack.h"

#include <talloc.h>

static const char signature[] = "ActiveMime";

enum {
    HEADER_BYTES = 50,      /* as a rule */
    HEADER_LENGTH_AT = 30,  /* of a part of the header */
    HEADER_REST_BYTES = 46, /* of the others */
    ZLIB_HEADER_BYTES = 2,
};

struct active_mime_reader {
    const struct archive_sink *sink;
    struct archive_budget *budget;
    size_t header_length;
    char header[HEADER_BYTES];
    uint64_t skip_left; /* of what stands before the compressed data */
    struct unpack *unpack;
    bool is_over;
};

static bool active_mime_recognise(struct slice probe)
{
    return probe.length >= sizeof signature - 1 && memcmp(probe.data, signature, sizeof signature - 1) == 0;
}

static void *active_mime_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct active_mime_reader *reader = talloc_zero(owner, struct active_mime_reader);
    if (reader != NULL) {
        reader->sink = sink;
        reader->budget = budget;
    }
    return reader;
}

/* Ends the member, and says why if that is no good reason. */
static void stop(struct active_mime_reader *reader, enum unpack_result result)
{
    const struct archive_sink *sink = reader->sink;
    reader->is_over = true;
    if (reader->unpack != NULL)
        sink->member_end(sink->context, result == UNPACK_END);
    if (result == UNPACK_OVER_BUDGET)
        sink->outcome(sink->context, ARCHIVE_OVER_BUDGET, "too much to unpack");
    else if (result == UNPACK_DAMAGED)
        sink->outcome(sink->context, ARCHIVE_DAMAGED, "macros that cannot be unpacked");
    TALLOC_FREE(reader->unpack);
}

/* The header is there: its own length says where it ends, if that is further on than usual. */
static void begin(struct active_mime_reader *reader)
{
    const struct archive_member member = {.name = slice_of("")};
    uint64_t length = archive_le(reader->header + HEADER_LENGTH_AT, 2) + HEADER_REST_BYTES;
    reader->skip_left = (length > HEADER_BYTES ? length - HEADER_BYTES : 0) + ZLIB_HEADER_BYTES;
    reader->unpack = archive_budget_take_entry(reader->budget)
                         ? unpack_create(reader, UNPACK_DEFLATE, reader->budget)
                         : NULL;
    if (reader->unpack == NULL)
        stop(reader, UNPACK_OVER_BUDGET);
    else if (!reader->sink->member(reader->sink->context, &member))
        stop(reader, UNPACK_UNWANTED);
}

static struct slice take_header(struct active_mime_reader *reader, struct slice bytes)
{
    size_t missing = HEADER_BYTES - reader->header_length;
    size_t count = bytes.length < missing ? bytes.length : missing;
    if (count > 0)
        memcpy(reader->header + reader->header_length, bytes.data, count);
    reader->header_length += count;
    if (count > 0 && count == missing)
        begin(reader);
    return slice_part(bytes, count, bytes.length);
}

static bool active_mime_push(void *context, struct slice bytes)
{
    struct active_mime_reader *reader = context;
    bytes = take_header(reader, bytes);
    size_t skipped = reader->skip_left < bytes.length ? (size_t)reader->skip_left : bytes.length;
    reader->skip_left -= skipped;
    bytes = slice_part(bytes, skipped, bytes.length);
    if (bytes.length > 0 && !reader->is_over) {
        size_t used;
        enum unpack_result result = unpack_push(reader->unpack, bytes, reader->sink, &used);
        if (result != UNPACK_MORE)
            stop(reader, result);
    }
    return !reader->is_over;
}

static void active_mime_end(void *context)
{
    struct active_mime_reader *reader = context;
    if (!reader->is_over)
        stop(reader, UNPACK_DAMAGED);
}

const struct archive_format active_mime_format = {
    .name = "active-mime",
    .extensions = "mso",
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = sizeof signature - 1,
    .recognise = active_mime_recognise,
    .create = active_mime_create,
    .push = active_mime_push,
    .end = active_mime_end,
};
