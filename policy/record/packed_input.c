#include "record/packed_input.h"

#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <talloc.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
    PACKED_BYTES = 128 << 10,
    XZ_MEMORY_BYTES_MAX = 128 << 20, /* what xz -9 takes to unpack, twice */
    ZSTD_WINDOW_LOG_MAX = 27,        /* 128 MB: the most that zstd takes without being asked to */
};

enum step { STEP_GOES_ON, STEP_IS_OVER, STEP_IS_BROKEN };

/* One way to unpack: from input->packed into what is left of `room`, both moved on. */
struct unpacker {
    const char *name;
    unsigned char magic[PACKED_MAGIC_BYTES];
    size_t magic_length;
    bool (*begin)(struct packed_input *input);
    enum step (*step)(struct packed_input *input, struct slice *room);
    void (*end)(struct packed_input *input);
};

struct packed_input {
    int descriptor;
    const struct unpacker *unpacker; /* NULL: plain */
    unsigned char packed[PACKED_BYTES];
    size_t from, to; /* of `packed`: what was read and not used */
    uint64_t consumed;
    bool is_at_end, is_broken, is_over;
    bool is_begun;
    char problem[160];
    union {
        z_stream gzip;
        lzma_stream xz;
        ZSTD_DStream *zstd;
    } state;
};

/* ---- gzip, xz, zstd --------------------------------------------------------------------------------- */

static bool gzip_begin(struct packed_input *input)
{
    return inflateInit2(&input->state.gzip, 15 + 16) == Z_OK; /* 16: with gzip's header */
}

/* Logs are appended to packed: one member may follow another. */
static enum step gzip_step(struct packed_input *input, struct slice *room)
{
    z_stream *stream = &input->state.gzip;
    stream->next_in = input->packed + input->from;
    stream->avail_in = (unsigned)(input->to - input->from);
    stream->next_out = (unsigned char *)(uintptr_t)room->data;
    stream->avail_out = (unsigned)room->length;
    int result = inflate(stream, Z_NO_FLUSH);
    input->from = input->to - stream->avail_in;
    *room = slice_make((const char *)stream->next_out, stream->avail_out);
    if (result == Z_STREAM_END)
        return inflateReset(stream) == Z_OK ? STEP_GOES_ON : STEP_IS_BROKEN;
    return result == Z_OK || result == Z_BUF_ERROR ? STEP_GOES_ON : STEP_IS_BROKEN;
}

static void gzip_end(struct packed_input *input)
{
    inflateEnd(&input->state.gzip);
}

static bool xz_begin(struct packed_input *input)
{
    input->state.xz = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_stream_decoder(&input->state.xz, XZ_MEMORY_BYTES_MAX, LZMA_CONCATENATED) == LZMA_OK;
}

static enum step xz_step(struct packed_input *input, struct slice *room)
{
    lzma_stream *stream = &input->state.xz;
    stream->next_in = input->packed + input->from;
    stream->avail_in = input->to - input->from;
    stream->next_out = (unsigned char *)(uintptr_t)room->data;
    stream->avail_out = room->length;
    lzma_ret result = lzma_code(stream, input->is_at_end ? LZMA_FINISH : LZMA_RUN);
    input->from = input->to - stream->avail_in;
    *room = slice_make((const char *)stream->next_out, stream->avail_out);
    if (result == LZMA_STREAM_END)
        return STEP_IS_OVER;
    return result == LZMA_OK || result == LZMA_BUF_ERROR ? STEP_GOES_ON : STEP_IS_BROKEN;
}

static void xz_end(struct packed_input *input)
{
    lzma_end(&input->state.xz);
}

static bool zstd_begin(struct packed_input *input)
{
    input->state.zstd = ZSTD_createDStream();
    return input->state.zstd != NULL &&
           !ZSTD_isError(ZSTD_DCtx_setParameter(input->state.zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX));
}

static enum step zstd_step(struct packed_input *input, struct slice *room)
{
    ZSTD_inBuffer in = {input->packed, input->to, input->from};
    ZSTD_outBuffer out = {(void *)(uintptr_t)room->data, room->length, 0};
    size_t result = ZSTD_decompressStream(input->state.zstd, &out, &in);
    input->from = in.pos;
    *room = slice_part(*room, out.pos, out.size);
    return ZSTD_isError(result) ? STEP_IS_BROKEN : STEP_GOES_ON;
}

static void zstd_end(struct packed_input *input)
{
    ZSTD_freeDStream(input->state.zstd);
}

static const struct unpacker unpackers[] = {
    {"gzip", {0x1f, 0x8b}, 2, gzip_begin, gzip_step, gzip_end},
    {"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, xz_begin, xz_step, xz_end},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, zstd_begin, zstd_step, zstd_end},
};

/* ---- reading ---------------------------------------------------------------------------------------- */

static ssize_t read_file(struct packed_input *input, void *bytes, size_t length)
{
    ssize_t got;
    do
        got = read(input->descriptor, bytes, length);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        snprintf(input->problem, sizeof input->problem, "%s", strerror(errno));
        input->is_broken = true;
        return -1;
    }
    input->consumed += (uint64_t)got;
    input->is_at_end = got == 0;
    return got;
}

static bool refill(struct packed_input *input)
{
    input->from = input->to = 0;
    ssize_t got = read_file(input, input->packed, sizeof input->packed);
    input->to = got > 0 ? (size_t)got : 0;
    return got >= 0;
}

static const struct unpacker *unpacker_for(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof unpackers / sizeof unpackers[0]; i++)
        if (length >= unpackers[i].magic_length &&
            memcmp(bytes, unpackers[i].magic, unpackers[i].magic_length) == 0)
            return &unpackers[i];
    return NULL;
}

bool packed_begins_with(const unsigned char *bytes, size_t length)
{
    return unpacker_for(bytes, length) != NULL;
}

static bool begin(struct packed_input *input)
{
    input->is_begun = true;
    if (!refill(input))
        return false;
    input->unpacker = unpacker_for(input->packed, input->to);
    if (input->unpacker == NULL || input->unpacker->begin(input))
        return true;
    snprintf(input->problem, sizeof input->problem, "out of memory");
    input->is_broken = true;
    return false;
}

static ssize_t read_plain(struct packed_input *input, void *bytes, size_t length)
{
    size_t kept = input->to - input->from;
    if (kept == 0)
        return read_file(input, bytes, length);
    size_t taken = kept < length ? kept : length;
    memcpy(bytes, input->packed + input->from, taken);
    input->from += taken;
    return (ssize_t)taken;
}

static ssize_t unpack(struct packed_input *input, void *bytes, size_t length)
{
    struct slice room = slice_make(bytes, length);
    while (room.length == length) {
        if (input->from == input->to && !input->is_at_end && !refill(input))
            return -1;
        enum step step = input->unpacker->step(input, &room);
        bool has_ended = input->is_at_end && input->from == input->to && room.length == length;
        if (step == STEP_IS_BROKEN) {
            snprintf(input->problem, sizeof input->problem,
                     "it cannot be unpacked any further: the %s data is damaged", input->unpacker->name);
            input->is_broken = true;
            return room.length < length ? (ssize_t)(length - room.length) : -1;
        }
        if (step == STEP_IS_OVER || has_ended) {
            input->is_over = true;
            break;
        }
    }
    return (ssize_t)(length - room.length);
}

ssize_t packed_input_read(struct packed_input *input, void *bytes, size_t length)
{
    if (!input->is_begun && !begin(input))
        return -1;
    if (input->is_broken)
        return -1;
    if (input->is_over)
        return 0;
    return input->unpacker == NULL ? read_plain(input, bytes, length) : unpack(input, bytes, length);
}

const char *packed_input_problem(const struct packed_input *input)
{
    return input->problem;
}

uint64_t packed_input_consumed(const struct packed_input *input)
{
    return input->consumed;
}

/* ---- open and close --------------------------------------------------------------------------------- */

static int release(struct packed_input *input)
{
    if (input->unpacker != NULL)
        input->unpacker->end(input);
    close(input->descriptor);
    return 0;
}

struct packed_input *packed_input_open(void *owner, int descriptor)
{
    struct packed_input *input = talloc(owner, struct packed_input);
    if (input == NULL) {
        close(descriptor);
        return NULL;
    }
    memset(input, 0, sizeof *input);
    input->descriptor = descriptor;
    talloc_set_destructor(input, release);
    return input;
}

void packed_input_close(struct packed_input *input)
{
    talloc_free(input);
}
