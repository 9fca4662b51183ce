/*
 * Files that are one compressed stream: gzip (RFC 1952), bzip2, xz, lzma, Zstandard (RFC 8878), LZ4, lzip and
 * compress.
 *
 * Each is an archive of one member, whose name gzip may give. Several streams in a row are one content, as
 * for the tools of these names. What else follows the last stream is contradictory unless it is padding.
 */
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_padding.h"
#include "scan/archive/archive_window.h"
#include "scan/archive/unpack.h"

#include <talloc.h>

enum compressed_state {
    COMPRESSED_HEADER,
    COMPRESSED_BODY,
    COMPRESSED_TRAILER,
    COMPRESSED_BETWEEN, /* another stream, padding, or nothing */
    COMPRESSED_DONE,
};

struct compressed_kind {
    enum unpack_method method;
    const struct archive_format *format;
    /* The header before what the decoder reads; 0: it is not all there. */
    size_t (*read_header)(struct slice bytes, struct slice *name);
    size_t trailer_bytes;
    bool has_no_end; /* the stream ends where the file does */
};

struct compressed_reader {
    const struct compressed_kind *kind;
    const struct archive_sink *sink;
    struct archive_budget *budget;
    struct archive_window window;
    enum compressed_state state;
    struct unpack *unpack;
    bool member_open;
};

/* Extra field, name and comment of a gzip header: more than any tool writes. */
enum { COMPRESSED_HEADER_MOST_BYTES = 256 * 1024 };

static size_t gzip_read_header(struct slice bytes, struct slice *name)
{
    enum { HAS_CHECK = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16, FLAGS_AT = 3, FIXED_BYTES = 10 };
    struct archive_bytes left = archive_bytes_of(bytes);
    struct slice fixed = archive_bytes_take(&left, FIXED_BYTES);
    if (left.overrun)
        return 0;
    unsigned flags = (unsigned char)fixed.data[FLAGS_AT];
    if ((flags & HAS_EXTRA) != 0)
        archive_bytes_take(&left, archive_bytes_u16(&left));
    if ((flags & HAS_NAME) != 0)
        *name = archive_bytes_text(&left);
    if ((flags & HAS_COMMENT) != 0)
        archive_bytes_text(&left);
    if ((flags & HAS_CHECK) != 0)
        archive_bytes_take(&left, 2);
    return left.overrun ? 0 : bytes.length - left.left.length;
}

static void compressed_end_member(struct compressed_reader *reader, bool is_complete)
{
    talloc_free(reader->unpack);
    reader->unpack = NULL;
    if (reader->member_open)
        reader->sink->member_end(reader->sink->context, is_complete);
    reader->member_open = false;
}

/* Ends the reading with an outcome. */
static bool compressed_stop(struct compressed_reader *reader, enum archive_outcome outcome, const char *why)
{
    compressed_end_member(reader, outcome == ARCHIVE_CONTRADICTORY);
    reader->state = COMPRESSED_DONE;
    reader->sink->outcome(reader->sink->context, outcome, why);
    return false;
}

/* The first stream begins the member; a later one may bring another name for it. */
static bool compressed_report_name(struct compressed_reader *reader, struct slice name)
{
    const struct archive_sink *sink = reader->sink;
    if (reader->member_open) {
        if (name.length > 0)
            sink->other_name(sink->context, name);
        return true;
    }
    const struct archive_member member = {.name = name};
    reader->member_open = true;
    return sink->member(sink->context, &member);
}

/* Every stream costs an entry: setting up a decoder for a few bytes of input is the dearest that input can
 * do. */
static bool compressed_begin_stream(struct compressed_reader *reader, struct slice name)
{
    if (!archive_budget_take_entry(reader->budget))
        return compressed_stop(reader, ARCHIVE_OVER_BUDGET, "too many members");
    if (!compressed_report_name(reader, name)) {
        compressed_end_member(reader, false);
        reader->state = COMPRESSED_DONE;
        return false;
    }
    reader->unpack = unpack_create(reader, reader->kind->method, reader->budget);
    if (reader->unpack == NULL)
        return compressed_stop(reader, ARCHIVE_OVER_BUDGET, "no memory left to unpack");
    reader->state = COMPRESSED_BODY;
    return true;
}

static bool compressed_read_header(struct compressed_reader *reader)
{
    struct slice view, name = slice_make(NULL, 0);
    size_t length = 0;
    if (reader->kind->read_header != NULL) {
        size_t available = archive_window_available(&reader->window);
        if (available == 0 || !archive_window_want(&reader->window, available, &view))
            return false;
        length = reader->kind->read_header(view, &name);
        if (length == 0 && available > COMPRESSED_HEADER_MOST_BYTES)
            return compressed_stop(reader, ARCHIVE_DAMAGED, "the header has no end");
        if (length == 0)
            return false;
    }
    if (!compressed_begin_stream(reader, name))
        return false;
    if (length > 0)
        archive_window_consume(&reader->window, length);
    return true;
}

static bool compressed_read_body(struct compressed_reader *reader)
{
    struct slice view;
    size_t used;
    if (!archive_window_want(&reader->window, 1, &view))
        return false;
    enum unpack_result result = unpack_push(reader->unpack, view, reader->sink, &used);
    archive_window_consume(&reader->window, used);
    switch (result) {
    case UNPACK_MORE:
        return true;
    case UNPACK_END:
        talloc_free(reader->unpack);
        reader->unpack = NULL;
        reader->state = COMPRESSED_TRAILER;
        return true;
    case UNPACK_UNWANTED:
        compressed_end_member(reader, false);
        reader->state = COMPRESSED_DONE;
        return false;
    case UNPACK_DAMAGED:
        return compressed_stop(reader, ARCHIVE_DAMAGED, "the content cannot be unpacked");
    case UNPACK_OVER_BUDGET:
        break;
    }
    return compressed_stop(reader, ARCHIVE_OVER_BUDGET, "too much to unpack");
}

static bool compressed_read_trailer(struct compressed_reader *reader)
{
    struct slice view;
    if (!archive_window_want(&reader->window, reader->kind->trailer_bytes, &view))
        return false;
    archive_window_consume(&reader->window, reader->kind->trailer_bytes);
    reader->state = COMPRESSED_BETWEEN;
    return true;
}

static bool compressed_read_between(struct compressed_reader *reader)
{
    struct slice view;
    if (!archive_window_want(&reader->window, 1, &view))
        return false;
    size_t padding = archive_padding_length(view);
    if (padding > 0) {
        archive_window_consume(&reader->window, padding);
        return true;
    }
    if (!archive_window_want(&reader->window, reader->kind->format->probe_bytes, &view))
        return false;
    if (!reader->kind->format->recognise(view))
        return compressed_stop(reader, ARCHIVE_CONTRADICTORY, "something follows the compressed data");
    reader->state = COMPRESSED_HEADER;
    return true;
}

static bool compressed_step(struct compressed_reader *reader)
{
    switch (reader->state) {
    case COMPRESSED_HEADER:
        return compressed_read_header(reader);
    case COMPRESSED_BODY:
        return compressed_read_body(reader);
    case COMPRESSED_TRAILER:
        return compressed_read_trailer(reader);
    case COMPRESSED_BETWEEN:
        return compressed_read_between(reader);
    case COMPRESSED_DONE:
        break;
    }
    return false;
}

static bool compressed_push(void *context, struct slice bytes)
{
    struct compressed_reader *reader = context;
    if (reader->state == COMPRESSED_DONE)
        return false;
    archive_window_begin(&reader->window, bytes);
    while (compressed_step(reader))
        ;
    if (reader->state != COMPRESSED_DONE && !archive_window_keep(&reader->window))
        compressed_stop(reader, ARCHIVE_OVER_BUDGET, "no memory left to unpack");
    return reader->state != COMPRESSED_DONE;
}

static void compressed_end(void *context)
{
    struct compressed_reader *reader = context;
    if (reader->state == COMPRESSED_DONE)
        return;
    bool is_end =
        reader->state == COMPRESSED_BETWEEN || (reader->kind->has_no_end && reader->state == COMPRESSED_BODY);
    if (!is_end)
        compressed_stop(reader, ARCHIVE_DAMAGED, "the compressed data ends early");
    else if (archive_window_available(&reader->window) > 0)
        compressed_stop(reader, ARCHIVE_CONTRADICTORY, "something follows the compressed data");
    else
        compressed_end_member(reader, true);
    reader->state = COMPRESSED_DONE;
}

static void *compressed_create(void *owner, const struct compressed_kind *kind,
                               const struct archive_sink *sink, struct archive_budget *budget)
{
    struct compressed_reader *reader = talloc_zero(owner, struct compressed_reader);
    if (reader == NULL)
        return NULL;
    reader->kind = kind;
    reader->sink = sink;
    reader->budget = budget;
    archive_window_init(&reader->window, reader, budget);
    return reader;
}

static void *gzip_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    static const struct compressed_kind kind = {UNPACK_DEFLATE, &gzip_format, gzip_read_header, 8, false};
    return compressed_create(owner, &kind, sink, budget);
}

static void *bzip2_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    static const struct compressed_kind kind = {UNPACK_BZIP2, &bzip2_format, NULL, 0, false};
    return compressed_create(owner, &kind, sink, budget);
}

static void *xz_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    static const struct compressed_kind kind = {UNPACK_XZ, &xz_format, NULL, 0, false};
    return compressed_create(owner, &kind, sink, budget);
}

static void *lzma_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    static const struct compressed_kind kind = {UNPACK_LZMA, &lzma_format, NULL, 0, false};
    return compressed_create(owner, &kind, sink, budget);
}

static void *zstd_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    static const struct compressed_kind kind = {UNPACK_ZSTD, &zstd_format, NULL, 0, false};
    return compressed_create(owner, &kind, sink, budget);
}

static void *lzip_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    static const struct compressed_kind kind = {UNPACK_LZIP, &lzip_format, NULL, 0, false};
    return compressed_create(owner, &kind, sink, budget);
}

static void *lz4_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    static const struct compressed_kind kind = {UNPACK_LZ4, &lz4_format, NULL, 0, false};
    return compressed_create(owner, &kind, sink, budget);
}

static void *compress_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    static const struct compressed_kind kind = {UNPACK_LZW, &compress_format, NULL, 0, true};
    return compressed_create(owner, &kind, sink, budget);
}

static bool gzip_recognise(struct slice probe)
{
    return probe.length >= 3 && memcmp(probe.data, "\x1f\x8b\x08", 3) == 0;
}

/* "BZh", the block size, and the number pi where a block begins, or its root where there is none. */
static bool bzip2_recognise(struct slice probe)
{
    return probe.length >= 10 && memcmp(probe.data, "BZh", 3) == 0 && probe.data[3] >= '1' &&
           probe.data[3] <= '9' &&
           (memcmp(probe.data + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
            memcmp(probe.data + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

static bool xz_recognise(struct slice probe)
{
    return probe.length >= 6 && memcmp(probe.data,
                                       "\xfd"
                                       "7zXZ\0",
                                       6) == 0;
}

/* The format has no signature. Its tools write the default properties, a dictionary of 2^n or 2^n + 2^(n-1)
 * bytes, a size that is unknown or possible, and a first byte of data that is always zero. */
static bool lzma_recognise(struct slice probe)
{
    enum { LZMA_PROBE_BYTES = 14, DEFAULT_PROPERTIES = 0x5d };
    if (probe.length < LZMA_PROBE_BYTES || probe.data[0] != DEFAULT_PROPERTIES)
        return false;
    uint64_t dictionary = archive_le(probe.data + 1, 4), size = archive_le(probe.data + 5, 8);
    uint64_t rest = dictionary & (dictionary - 1);
    bool is_dictionary = dictionary >= 4096 && (rest == 0 || (rest & (rest - 1)) == 0);
    return is_dictionary && (size == UINT64_MAX || size < UINT64_C(1) << 38) &&
           probe.data[LZMA_PROBE_BYTES - 1] == 0;
}

/* A frame, or one to skip (RFC 8878 3.1.2), which pzstd writes first. */
static bool zstd_recognise(struct slice probe)
{
    if (probe.length < 4)
        return false;
    bool is_skipped = (probe.data[0] & 0xf0) == 0x50 && memcmp(probe.data + 1, "\x2a\x4d\x18", 3) == 0;
    return is_skipped || memcmp(probe.data, "\x28\xb5\x2f\xfd", 4) == 0;
}

static bool lzip_recognise(struct slice probe)
{
    return probe.length >= 5 && memcmp(probe.data, "LZIP\1", 5) == 0;
}

static bool lz4_recognise(struct slice probe)
{
    return probe.length >= 4 && memcmp(probe.data, "\x04\x22\x4d\x18", 4) == 0;
}

/* The third byte has the width of codes, 9 to 16 bits, and two bits that are not in use. */
static bool compress_recognise(struct slice probe)
{
    unsigned flags = probe.length > 2 ? (unsigned char)probe.data[2] : 0;
    return probe.length > 2 && memcmp(probe.data, "\x1f\x9d", 2) == 0 && (flags & 0x60) == 0 &&
           (flags & 0x1f) >= 9 && (flags & 0x1f) <= 16;
}

/* One file, packed; they differ in how it is told and unpacked. */
#define COMPRESSED(format, its_extensions, bytes, its_traits)                                                \
    const struct archive_format format##_format = {                                                          \
        .name = #format,                                                                                     \
        .extensions = (its_extensions),                                                                      \
        .traits = ARCHIVE_IS_ONE_FILE | (its_traits),                                                        \
        .probe_bytes = (bytes),                                                                              \
        .recognise = format##_recognise,                                                                     \
        .create = format##_create,                                                                           \
        .push = compressed_push,                                                                             \
        .end = compressed_end,                                                                               \
    }

COMPRESSED(gzip, "gz tgz", 3, 0);
COMPRESSED(bzip2, "bz2 tbz tbz2", 10, 0);
COMPRESSED(xz, "xz txz", 6, 0);
COMPRESSED(lzma, "lzma", 14, 0);
COMPRESSED(zstd, "zst tzst", 4, ARCHIVE_NAME_BINDS);
COMPRESSED(lz4, "lz4", 4, ARCHIVE_NAME_BINDS);
COMPRESSED(lzip, "lz tlz", 5, ARCHIVE_NAME_BINDS);
COMPRESSED(compress, "z taz", 3, 0);
