#define ZLIB_CONST /* its input is const */

#include "scan/archive/unpack.h"
#include "scan/archive/archive_budget.h"
#include "scan/archive/lzw.h"

#include <assert.h>
#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <talloc.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    UNPACK_OUTPUT_BYTES = 32 * 1024,
    /* The first pieces are what tells the kind of a file, and of most files nothing more is wanted. */
    UNPACK_FIRST_OUTPUT_BYTES = 1024,
    UNPACK_HEAD_BYTES = 4 * 1024,
    ZIP_LZMA_HEADER_BYTES = 9,
    LZMA_PROPERTIES_BYTES = 5,
    ZSTD_WINDOW_LOG_MOST = 27, /* what zstd itself unpacks when nothing is said */
    LZMA_HEADER_BYTES = LZMA_PROPERTIES_BYTES + 8,
};

/* What a decoder may allocate at all; a page that is never touched is not held. */
#define UNPACK_MEMORY_LIMIT (UINT64_C(192) << 20)

/* One turn of a decoder. On return `in` and `out` are what is left of them. */
struct unpack_turn {
    struct slice in;
    char *out;
    size_t out_length;
};

enum unpack_state { UNPACK_STATE_OK, UNPACK_STATE_END, UNPACK_STATE_DAMAGED, UNPACK_STATE_TOO_LARGE };

struct unpack_decoder {
    bool (*begin)(struct unpack *unpack);
    enum unpack_state (*turn)(struct unpack *unpack, struct unpack_turn *turn);
    void (*end)(struct unpack *unpack);
    size_t table_bytes; /* memory that it needs from the start */
    const struct archive_work_price *price;
};

struct unpack {
    const struct unpack_decoder *decoder;
    struct archive_budget *budget;
    uint64_t kept_bytes;       /* charged so far */
    uint64_t produced_bytes;   /* output so far */
    uint64_t dictionary_bytes; /* how much of the output the decoder may hold; 0: part of table_bytes */
    uint64_t expected_bytes;   /* of output in all; UINT64_MAX: not known */
    size_t header_length;      /* of UNPACK_ZIP_LZMA: how much of it is in `header` */
    uint8_t header[LZMA_HEADER_BYTES];
    union {
        z_stream zlib;
        bz_stream bzip2;
        lzma_stream lzma;
        ZSTD_DStream *zstd;
        LZ4F_dctx *lz4;
        struct lzw *lzw;
    } state;
    char output[UNPACK_OUTPUT_BYTES];
};

static bool deflate_begin(struct unpack *unpack)
{
    return inflateInit2(&unpack->state.zlib, -MAX_WBITS) == Z_OK;
}

static enum unpack_state deflate_turn(struct unpack *unpack, struct unpack_turn *turn)
{
    z_stream *zlib = &unpack->state.zlib;
    size_t offered = turn->in.length > UINT32_MAX ? UINT32_MAX : turn->in.length;
    zlib->next_in = (const Bytef *)turn->in.data;
    zlib->avail_in = (uInt)offered;
    zlib->next_out = (Bytef *)turn->out;
    zlib->avail_out = (uInt)turn->out_length;
    int status = inflate(zlib, Z_NO_FLUSH);
    turn->in = slice_part(turn->in, offered - zlib->avail_in, turn->in.length);
    turn->out_length = zlib->avail_out;
    if (status == Z_STREAM_END)
        return UNPACK_STATE_END;
    return status == Z_OK || status == Z_BUF_ERROR ? UNPACK_STATE_OK : UNPACK_STATE_DAMAGED;
}

static void deflate_end(struct unpack *unpack)
{
    inflateEnd(&unpack->state.zlib);
}

static bool bzip2_begin(struct unpack *unpack)
{
    return BZ2_bzDecompressInit(&unpack->state.bzip2, 0, 0) == BZ_OK;
}

static enum unpack_state bzip2_turn(struct unpack *unpack, struct unpack_turn *turn)
{
    bz_stream *bzip2 = &unpack->state.bzip2;
    size_t offered = turn->in.length > UINT32_MAX ? UINT32_MAX : turn->in.length;
    bzip2->next_in = (char *)turn->in.data; /* only read, whatever the type says */
    bzip2->avail_in = (unsigned)offered;
    bzip2->next_out = turn->out;
    bzip2->avail_out = (unsigned)turn->out_length;
    int status = BZ2_bzDecompress(bzip2);
    turn->in = slice_part(turn->in, offered - bzip2->avail_in, turn->in.length);
    turn->out_length = bzip2->avail_out;
    if (status == BZ_STREAM_END)
        return UNPACK_STATE_END;
    if (status == BZ_MEM_ERROR)
        return UNPACK_STATE_TOO_LARGE;
    return status == BZ_OK ? UNPACK_STATE_OK : UNPACK_STATE_DAMAGED;
}

static void bzip2_end(struct unpack *unpack)
{
    BZ2_bzDecompressEnd(&unpack->state.bzip2);
}

static bool xz_begin(struct unpack *unpack)
{
    unpack->state.lzma = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_stream_decoder(&unpack->state.lzma, UNPACK_MEMORY_LIMIT, LZMA_IGNORE_CHECK) == LZMA_OK;
}

static bool lzip_begin(struct unpack *unpack)
{
    unpack->state.lzma = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_lzip_decoder(&unpack->state.lzma, UNPACK_MEMORY_LIMIT, LZMA_IGNORE_CHECK) == LZMA_OK;
}

static bool lzma_begin(struct unpack *unpack)
{
    unpack->state.lzma = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_alone_decoder(&unpack->state.lzma, UNPACK_MEMORY_LIMIT) == LZMA_OK;
}

static enum unpack_state lzma_turn(struct unpack *unpack, struct unpack_turn *turn)
{
    lzma_stream *lzma = &unpack->state.lzma;
    lzma->next_in = (const uint8_t *)turn->in.data;
    lzma->avail_in = turn->in.length;
    lzma->next_out = (uint8_t *)turn->out;
    lzma->avail_out = turn->out_length;
    lzma_ret status = lzma_code(lzma, LZMA_RUN);
    turn->in = slice_part(turn->in, turn->in.length - lzma->avail_in, turn->in.length);
    turn->out_length = lzma->avail_out;
    unpack->dictionary_bytes = lzma_memusage(lzma);
    switch (status) {
    case LZMA_OK:
    case LZMA_BUF_ERROR:
        return UNPACK_STATE_OK;
    case LZMA_STREAM_END:
        return UNPACK_STATE_END;
    case LZMA_MEM_ERROR:
    case LZMA_MEMLIMIT_ERROR:
        return UNPACK_STATE_TOO_LARGE;
    default:
        return UNPACK_STATE_DAMAGED;
    }
}

/* The header as .lzma files have it, with the size that the zip reported. */
static enum unpack_state zip_lzma_begin_data(struct unpack *unpack, struct unpack_turn *turn)
{
    uint8_t *header = unpack->header;
    if (header[2] != LZMA_PROPERTIES_BYTES || header[3] != 0)
        return UNPACK_STATE_DAMAGED;
    memmove(header, header + ZIP_LZMA_HEADER_BYTES - LZMA_PROPERTIES_BYTES, LZMA_PROPERTIES_BYTES);
    for (unsigned i = 0; i < 8; i++)
        header[LZMA_PROPERTIES_BYTES + i] = (uint8_t)(unpack->expected_bytes >> (8 * i));
    struct unpack_turn begin = {.in = slice_make((const char *)header, LZMA_HEADER_BYTES),
                                .out = turn->out,
                                .out_length = turn->out_length};
    return lzma_turn(unpack, &begin);
}

static enum unpack_state zip_lzma_turn(struct unpack *unpack, struct unpack_turn *turn)
{
    enum unpack_state state = UNPACK_STATE_OK;
    if (unpack->header_length < ZIP_LZMA_HEADER_BYTES) {
        size_t missing = ZIP_LZMA_HEADER_BYTES - unpack->header_length;
        size_t count = turn->in.length < missing ? turn->in.length : missing;
        if (count > 0)
            memcpy(unpack->header + unpack->header_length, turn->in.data, count);
        unpack->header_length += count;
        turn->in = slice_part(turn->in, count, turn->in.length);
        if (count == missing)
            state = zip_lzma_begin_data(unpack, turn);
    }
    if (state != UNPACK_STATE_OK || unpack->header_length < ZIP_LZMA_HEADER_BYTES)
        return state;
    return lzma_turn(unpack, turn);
}

static void lzma_finish(struct unpack *unpack)
{
    lzma_end(&unpack->state.lzma);
}

static bool zstd_begin(struct unpack *unpack)
{
    unpack->state.zstd = ZSTD_createDStream();
    if (unpack->state.zstd == NULL)
        return false;
    ZSTD_DCtx_setParameter(unpack->state.zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MOST);
    return true;
}

static enum unpack_state zstd_turn(struct unpack *unpack, struct unpack_turn *turn)
{
    ZSTD_inBuffer in = {turn->in.data, turn->in.length, 0};
    ZSTD_outBuffer out = {turn->out, turn->out_length, 0};
    size_t status = ZSTD_decompressStream(unpack->state.zstd, &out, &in);
    turn->in = slice_part(turn->in, in.pos, turn->in.length);
    turn->out_length -= out.pos;
    unpack->dictionary_bytes = ZSTD_sizeof_DStream(unpack->state.zstd);
    if (ZSTD_isError(status))
        return ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge ||
                       ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation
                   ? UNPACK_STATE_TOO_LARGE
                   : UNPACK_STATE_DAMAGED;
    return status == 0 ? UNPACK_STATE_END : UNPACK_STATE_OK;
}

static void zstd_end(struct unpack *unpack)
{
    ZSTD_freeDStream(unpack->state.zstd);
}

static bool lz4_begin(struct unpack *unpack)
{
    return LZ4F_createDecompressionContext(&unpack->state.lz4, LZ4F_VERSION) == 0;
}

static enum unpack_state lz4_turn(struct unpack *unpack, struct unpack_turn *turn)
{
    size_t consumed = turn->in.length, produced = turn->out_length;
    size_t status = LZ4F_decompress(unpack->state.lz4, turn->out, &produced, turn->in.data, &consumed, NULL);
    if (LZ4F_isError(status))
        return UNPACK_STATE_DAMAGED;
    turn->in = slice_part(turn->in, consumed, turn->in.length);
    turn->out_length -= produced;
    return status == 0 ? UNPACK_STATE_END : UNPACK_STATE_OK;
}

static void lz4_end(struct unpack *unpack)
{
    LZ4F_freeDecompressionContext(unpack->state.lz4);
}

static bool lzw_begin(struct unpack *unpack)
{
    unpack->state.lzw = lzw_create();
    return unpack->state.lzw != NULL;
}

static enum unpack_state lzw_turn(struct unpack *unpack, struct unpack_turn *turn)
{
    size_t made;
    bool is_fine = lzw_decode(unpack->state.lzw, &turn->in, turn->out, turn->out_length, &made);
    turn->out_length -= made;
    return is_fine ? UNPACK_STATE_OK : UNPACK_STATE_DAMAGED;
}

static void lzw_end(struct unpack *unpack)
{
    lzw_destroy(unpack->state.lzw);
}

static const struct unpack_decoder decoders[] = {
    [UNPACK_DEFLATE] = {deflate_begin, deflate_turn, deflate_end, 48 * 1024, &archive_work_deflate},
    [UNPACK_BZIP2] = {bzip2_begin, bzip2_turn, bzip2_end, 3700 * 1024, &archive_work_bzip2},
    [UNPACK_XZ] = {xz_begin, lzma_turn, lzma_finish, 64 * 1024, &archive_work_lzma},
    [UNPACK_LZIP] = {lzip_begin, lzma_turn, lzma_finish, 64 * 1024, &archive_work_lzma},
    [UNPACK_LZMA] = {lzma_begin, lzma_turn, lzma_finish, 64 * 1024, &archive_work_lzma},
    [UNPACK_ZSTD] = {zstd_begin, zstd_turn, zstd_end, 160 * 1024, &archive_work_deflate},
    /* Two blocks of the largest size that a frame may have, and their window. */
    [UNPACK_LZ4] = {lz4_begin, lz4_turn, lz4_end, 4400 * 1024, &archive_work_deflate},
    [UNPACK_LZW] = {lzw_begin, lzw_turn, lzw_end, 264 * 1024, &archive_work_deflate},
    [UNPACK_ZIP_LZMA] = {lzma_begin, zip_lzma_turn, lzma_finish, 64 * 1024, &archive_work_lzma},
};

static int unpack_destroy(struct unpack *unpack)
{
    unpack->decoder->end(unpack);
    archive_budget_give_back_kept(unpack->budget, unpack->kept_bytes);
    return 0;
}

struct unpack *unpack_create(void *owner, enum unpack_method method, struct archive_budget *budget)
{
    size_t kept_bytes = decoders[method].table_bytes + sizeof(struct unpack);
    if (!archive_budget_take_kept(budget, kept_bytes))
        return NULL;
    struct unpack *unpack = talloc(owner, struct unpack);
    if (unpack != NULL) {
        memset(unpack, 0, offsetof(struct unpack, output));
        unpack->decoder = &decoders[method];
        unpack->budget = budget;
        unpack->kept_bytes = kept_bytes;
        unpack->expected_bytes = UINT64_MAX;
        if (unpack->decoder->begin(unpack)) {
            talloc_set_destructor(unpack, unpack_destroy);
            return unpack;
        }
        talloc_free(unpack);
    }
    archive_budget_give_back_kept(budget, kept_bytes);
    return NULL;
}

void unpack_expect(struct unpack *unpack, uint64_t unpacked_bytes)
{
    unpack->expected_bytes = unpacked_bytes;
}

/* Charges what has been produced, and the part of it that the decoder holds on to. Returns how much of the
 * last `produced` bytes the budget allowed. */
static size_t unpack_charge(struct unpack *unpack, size_t produced)
{
    uint64_t held_before = unpack->produced_bytes, held = unpack->produced_bytes + produced;
    unpack->produced_bytes = held;
    if (held > unpack->dictionary_bytes)
        held = unpack->dictionary_bytes;
    if (held > held_before) {
        if (!archive_budget_take_kept(unpack->budget, held - held_before))
            return 0;
        unpack->kept_bytes += held - held_before;
    }
    if (archive_budget_take_unpacked(unpack->budget, produced))
        return produced;
    size_t allowed = (size_t)unpack->budget->unpacked_bytes_left;
    unpack->budget->unpacked_bytes_left = 0;
    return allowed;
}

/* One byte more than the budget allows, so that content of exactly that size is still seen to end. */
static size_t unpack_room(const struct unpack *unpack)
{
    uint64_t left = unpack->budget->unpacked_bytes_left;
    uint64_t produced = unpack->produced_bytes;
    size_t most = UNPACK_OUTPUT_BYTES;
    if (produced < UNPACK_FIRST_OUTPUT_BYTES)
        most = UNPACK_FIRST_OUTPUT_BYTES;
    else if (produced < UNPACK_HEAD_BYTES)
        most = UNPACK_HEAD_BYTES - UNPACK_FIRST_OUTPUT_BYTES;
    return left < most ? (size_t)left + 1 : most;
}

enum unpack_result unpack_push(struct unpack *unpack, struct slice bytes, const struct archive_sink *sink,
                               size_t *used)
{
    struct unpack_turn turn = {.in = bytes};
    for (;;) {
        size_t room = unpack_room(unpack), before = turn.in.length;
        turn.out = unpack->output;
        turn.out_length = room;
        enum unpack_state state = unpack->decoder->turn(unpack, &turn);
        assert(turn.out_length <= room && turn.in.length <= before);
        *used = bytes.length - turn.in.length;
        size_t produced = room - turn.out_length, consumed = before - turn.in.length;
        bool is_paid = archive_budget_take_work(unpack->budget, *unpack->decoder->price, consumed, produced);
        size_t allowed = is_paid ? unpack_charge(unpack, produced) : 0;
        bool wanted = allowed == 0 || sink->member_data(sink->context, slice_make(unpack->output, allowed));
        if (!is_paid || allowed < produced || state == UNPACK_STATE_TOO_LARGE)
            return UNPACK_OVER_BUDGET;
        if (state == UNPACK_STATE_DAMAGED)
            return UNPACK_DAMAGED;
        if (state == UNPACK_STATE_END)
            return UNPACK_END;
        if (!wanted)
            return UNPACK_UNWANTED;
        if (turn.in.length == 0 && turn.out_length > 0)
            return UNPACK_MORE;
        if (produced == 0 && turn.in.length == before)
            return UNPACK_DAMAGED; /* no progress although there was input and room */
    }
}
