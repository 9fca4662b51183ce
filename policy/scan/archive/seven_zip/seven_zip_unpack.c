#define ZLIB_CONST /* its input is const */

#include "scan/archive/seven_zip/seven_zip_unpack.h"
#include "scan/archive/archive_budget.h"

#include <assert.h>
#include <bzlib.h>
#include <lzma.h>
#include <stdlib.h>
#include <talloc.h>
#include <zlib.h>

enum {
    METHOD_COPY = 0x00,
    METHOD_DELTA = 0x03,
    METHOD_LZMA2 = 0x21,
    METHOD_LZMA = 0x030101,
    METHOD_DEFLATE = 0x040108,
    METHOD_BZIP2 = 0x040202,
    DICTIONARY_SMALLEST = 4096, /* liblzma takes none smaller */
    LZMA_TABLE_BYTES = 65536,   /* about what a decoder holds besides its dictionary */
    FRAME_HEADER_BYTES = 3,
    FRAME_BYTES = 4096,
};

static const struct {
    uint64_t method;
    lzma_vli filter;
} branch_filters[] = {
    {0x03030103, LZMA_FILTER_X86}, {0x04, LZMA_FILTER_X86},           {0x03030205, LZMA_FILTER_POWERPC},
    {0x05, LZMA_FILTER_POWERPC},   {0x03030401, LZMA_FILTER_IA64},    {0x06, LZMA_FILTER_IA64},
    {0x03030501, LZMA_FILTER_ARM}, {0x07, LZMA_FILTER_ARM},           {0x03030701, LZMA_FILTER_ARMTHUMB},
    {0x08, LZMA_FILTER_ARMTHUMB},  {0x03030805, LZMA_FILTER_SPARC},   {0x09, LZMA_FILTER_SPARC},
    {0x0A, LZMA_FILTER_ARM64},     {METHOD_DELTA, LZMA_FILTER_DELTA},
};

/* What is not LZMA, from packed bytes. Each reads at most `size` bytes and returns how many; 0: no more. */
struct seven_zip_source {
    uint64_t method;
    size_t table_bytes;
    const struct archive_work_price *price;
    bool (*begin)(struct seven_zip_unpacker *unpacker);
    size_t (*read)(struct seven_zip_unpacker *unpacker, char *buffer, size_t size);
    void (*end)(struct seven_zip_unpacker *unpacker);
};

struct seven_zip_unpacker {
    struct archive_budget *budget;
    struct seven_zip_packed packed;
    uint64_t bytes_left; /* of the folder's unpacked bytes */
    uint64_t charged_bytes;
    bool dictionary_is_cut;                /* to less than what may be referred to */
    const struct seven_zip_source *source; /* NULL: LZMA or LZMA2 */
    union {
        z_stream zlib;
        bz_stream bzip2;
    } state;
    lzma_stream stream; /* LZMA, or the filters over a source */
    lzma_filter filters[SEVEN_ZIP_CODERS_MOST + 1];
    bool frames; /* filters work on a source's bytes, given to them as the copies that LZMA2 knows */
    bool frames_begun;
    uint8_t frame[FRAME_HEADER_BYTES + FRAME_BYTES];
};

/* ---- sources ---- */

static bool copy_begin(struct seven_zip_unpacker *unpacker)
{
    (void)unpacker;
    return true;
}

static size_t copy_read(struct seven_zip_unpacker *unpacker, char *buffer, size_t size)
{
    struct slice *packed = &unpacker->packed.bytes;
    size_t count = size < packed->length ? size : packed->length;
    if (count > 0)
        memcpy(buffer, packed->data, count);
    *packed = slice_part(*packed, count, packed->length);
    return count;
}

static void copy_end(struct seven_zip_unpacker *unpacker)
{
    (void)unpacker;
}

static unsigned limited(size_t size)
{
    return size > UINT32_MAX ? UINT32_MAX : (unsigned)size;
}

static bool deflate_begin(struct seven_zip_unpacker *unpacker)
{
    unpacker->state.zlib.next_in = (const Bytef *)unpacker->packed.bytes.data;
    unpacker->state.zlib.avail_in = limited(unpacker->packed.bytes.length);
    return inflateInit2(&unpacker->state.zlib, -MAX_WBITS) == Z_OK;
}

static size_t deflate_read(struct seven_zip_unpacker *unpacker, char *buffer, size_t size)
{
    z_stream *zlib = &unpacker->state.zlib;
    zlib->next_out = (Bytef *)buffer;
    zlib->avail_out = limited(size);
    inflate(zlib, Z_SYNC_FLUSH);
    return limited(size) - zlib->avail_out;
}

static void deflate_end(struct seven_zip_unpacker *unpacker)
{
    inflateEnd(&unpacker->state.zlib);
}

static bool bzip2_begin(struct seven_zip_unpacker *unpacker)
{
    unpacker->state.bzip2.next_in =
        (char *)unpacker->packed.bytes.data; /* only read, whatever the type says */
    unpacker->state.bzip2.avail_in = limited(unpacker->packed.bytes.length);
    return BZ2_bzDecompressInit(&unpacker->state.bzip2, 0, 0) == BZ_OK;
}

static size_t bzip2_read(struct seven_zip_unpacker *unpacker, char *buffer, size_t size)
{
    bz_stream *bzip2 = &unpacker->state.bzip2;
    bzip2->next_out = buffer;
    bzip2->avail_out = limited(size);
    BZ2_bzDecompress(bzip2); /* after its end it does nothing more */
    return limited(size) - bzip2->avail_out;
}

static void bzip2_end(struct seven_zip_unpacker *unpacker)
{
    BZ2_bzDecompressEnd(&unpacker->state.bzip2);
}

static const struct seven_zip_source sources[] = {
    {METHOD_COPY, 0, &archive_work_copy, copy_begin, copy_read, copy_end},
    {METHOD_DEFLATE, 48 * 1024, &archive_work_deflate, deflate_begin, deflate_read, deflate_end},
    {METHOD_BZIP2, 3700 * 1024, &archive_work_bzip2, bzip2_begin, bzip2_read, bzip2_end},
};

static const struct seven_zip_source *source_of(uint64_t method)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if (sources[i].method == method)
            return &sources[i];
    return NULL;
}

/* ---- liblzma's filters ---- */

static lzma_vli filter_of(uint64_t method, bool last)
{
    if (last)
        return method == METHOD_LZMA    ? LZMA_FILTER_LZMA1EXT
               : method == METHOD_LZMA2 ? LZMA_FILTER_LZMA2
                                        : LZMA_VLI_UNKNOWN;
    for (size_t i = 0; i < sizeof branch_filters / sizeof branch_filters[0]; i++)
        if (branch_filters[i].method == method)
            return branch_filters[i].filter;
    return LZMA_VLI_UNKNOWN;
}

static enum seven_zip_status set_filter(struct seven_zip_unpacker *unpacker, unsigned number,
                                        const struct seven_zip_coder *coder, bool last)
{
    lzma_filter filter = {.id = filter_of(coder->method, last)};
    if (filter.id == LZMA_VLI_UNKNOWN)
        return SEVEN_ZIP_UNSUPPORTED;
    if (lzma_properties_decode(&filter, NULL, (const uint8_t *)coder->properties.data,
                               coder->properties.length) != LZMA_OK)
        return SEVEN_ZIP_DAMAGED;
    unpacker->filters[number] = filter;
    unpacker->filters[number + 1].id = LZMA_VLI_UNKNOWN;
    return SEVEN_ZIP_OK;
}

/* LZMA1 in 7z has no end mark, so the size must be known to the decoder (LZMA1EXT); dictionaries are cut to
 * what can be referred to at all, and to what memory there is. Returns the bytes of memory needed. */
static uint64_t fit_dictionary(struct seven_zip_unpacker *unpacker, lzma_filter *filter)
{
    lzma_options_lzma *options = filter->options;
    uint64_t memory = unpacker->budget->kept_bytes_left / 4 * 3, most = unpacker->bytes_left;
    unpacker->dictionary_is_cut = memory < most && memory < options->dict_size;
    most = memory < most ? memory : most;
    if (options->dict_size > most)
        options->dict_size = most < DICTIONARY_SMALLEST ? DICTIONARY_SMALLEST : (uint32_t)most;
    if (filter->id == LZMA_FILTER_LZMA1EXT) {
        options->ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
        options->ext_size_low = (uint32_t)unpacker->bytes_left;
        options->ext_size_high = (uint32_t)(unpacker->bytes_left >> 32);
    }
    return (uint64_t)options->dict_size + LZMA_TABLE_BYTES;
}

static bool charge(struct seven_zip_unpacker *unpacker, uint64_t bytes)
{
    if (!archive_budget_take_kept(unpacker->budget, bytes))
        return false;
    unpacker->charged_bytes += bytes;
    return true;
}

static enum seven_zip_status start_filters(struct seven_zip_unpacker *unpacker,
                                           const struct seven_zip_folder *folder)
{
    static const struct seven_zip_coder frames = {METHOD_LZMA2, {"", 1}}; /* the smallest dictionary */
    for (unsigned i = 0; i < folder->coder_count; i++) {
        bool last = i + 1 == folder->coder_count;
        const struct seven_zip_coder *coder = last && unpacker->frames ? &frames : &folder->coders[i];
        enum seven_zip_status status = set_filter(unpacker, i, coder, last);
        if (status != SEVEN_ZIP_OK)
            return status;
    }
    if (!charge(unpacker, fit_dictionary(unpacker, &unpacker->filters[folder->coder_count - 1])))
        return SEVEN_ZIP_NOT_AT_HAND;
    if (!unpacker->frames) {
        unpacker->stream.next_in = (const uint8_t *)unpacker->packed.bytes.data;
        unpacker->stream.avail_in = unpacker->packed.bytes.length;
    }
    lzma_ret ret = lzma_raw_decoder(&unpacker->stream, unpacker->filters);
    return ret == LZMA_OK          ? SEVEN_ZIP_OK
           : ret == LZMA_MEM_ERROR ? SEVEN_ZIP_OVER_BUDGET
                                   : SEVEN_ZIP_UNSUPPORTED;
}

/* One copied chunk of LZMA2, or its end mark, out of the source. */
static void fill_frame(struct seven_zip_unpacker *unpacker)
{
    assert(unpacker->source != NULL);
    uint8_t *frame = unpacker->frame;
    size_t count = unpacker->source->read(unpacker, (char *)frame + FRAME_HEADER_BYTES, FRAME_BYTES);
    bool is_end = count == 0;
    frame[0] = is_end ? 0 : unpacker->frames_begun ? 2 : 1;
    frame[1] = (uint8_t)((count - 1) >> 8);
    frame[2] = (uint8_t)(count - 1);
    unpacker->frames_begun = true;
    unpacker->stream.next_in = frame;
    unpacker->stream.avail_in = is_end ? 1 : FRAME_HEADER_BYTES + count;
}

static size_t read_filters(struct seven_zip_unpacker *unpacker, char *buffer, size_t size)
{
    lzma_stream *stream = &unpacker->stream;
    lzma_action action = unpacker->packed.is_whole && !unpacker->frames ? LZMA_FINISH : LZMA_RUN;
    stream->next_out = (uint8_t *)buffer;
    stream->avail_out = size;
    lzma_ret ret = LZMA_OK;
    while (stream->avail_out > 0 && ret == LZMA_OK) {
        if (unpacker->frames && stream->avail_in == 0)
            fill_frame(unpacker);
        ret = lzma_code(stream, action);
    }
    return size - stream->avail_out;
}

/* ---- the unpacker ---- */

/* What was read since `read_before` bytes were, and what came of it. */
static bool charge_work(struct seven_zip_unpacker *unpacker, uint64_t read_before, size_t produced)
{
    const struct seven_zip_source *source = unpacker->source;
    uint64_t consumed = source == NULL ? unpacker->stream.total_in - read_before : 0;
    return archive_budget_take_work(unpacker->budget, source == NULL ? archive_work_lzma : *source->price,
                                    consumed, produced);
}

static int unpacker_deinit(struct seven_zip_unpacker *unpacker)
{
    if (unpacker->source != NULL)
        unpacker->source->end(unpacker);
    lzma_end(&unpacker->stream);
    for (size_t i = 0; unpacker->filters[i].id != LZMA_VLI_UNKNOWN; i++)
        free(unpacker->filters[i].options);
    archive_budget_give_back_kept(unpacker->budget, unpacker->charged_bytes);
    return 0;
}

static enum seven_zip_status unpacker_begin(struct seven_zip_unpacker *unpacker,
                                            const struct seven_zip_folder *folder)
{
    if (!folder->simple)
        return SEVEN_ZIP_UNSUPPORTED;
    const struct seven_zip_source *source = source_of(folder->coders[folder->coder_count - 1].method);
    if (source != NULL) {
        if (!charge(unpacker, source->table_bytes))
            return SEVEN_ZIP_NOT_AT_HAND;
        if (!source->begin(unpacker))
            return SEVEN_ZIP_OVER_BUDGET;
        unpacker->source = source;
        unpacker->frames = folder->coder_count > 1;
    }
    return source != NULL && !unpacker->frames ? SEVEN_ZIP_OK : start_filters(unpacker, folder);
}

struct seven_zip_unpacker *seven_zip_unpacker_create(void *owner, const struct seven_zip_folder *folder,
                                                     struct seven_zip_packed packed,
                                                     struct archive_budget *budget,
                                                     enum seven_zip_status *status)
{
    struct seven_zip_unpacker *unpacker = talloc_zero(owner, struct seven_zip_unpacker);
    *status = SEVEN_ZIP_OVER_BUDGET;
    if (unpacker == NULL)
        return NULL;
    unpacker->budget = budget;
    unpacker->packed = packed;
    unpacker->bytes_left = folder->unpacked_bytes;
    unpacker->filters[0].id = LZMA_VLI_UNKNOWN;
    unpacker->stream = (lzma_stream)LZMA_STREAM_INIT;
    talloc_set_destructor(unpacker, unpacker_deinit);
    *status = unpacker_begin(unpacker, folder);
    if (*status != SEVEN_ZIP_OK)
        TALLOC_FREE(unpacker);
    return unpacker;
}

size_t seven_zip_unpacker_read(struct seven_zip_unpacker *unpacker, char *buffer, size_t size,
                               enum seven_zip_status *status)
{
    struct archive_budget *budget = unpacker->budget;
    *status = SEVEN_ZIP_OK;
    if (size > unpacker->bytes_left)
        size = (size_t)unpacker->bytes_left;
    if (size == 0)
        return 0;
    if (size > budget->unpacked_bytes_left)
        size = (size_t)budget->unpacked_bytes_left;
    if (size == 0) {
        *status = SEVEN_ZIP_OVER_BUDGET;
        return 0;
    }
    bool is_plain = unpacker->source != NULL && !unpacker->frames;
    uint64_t read_before = unpacker->stream.total_in;
    size_t count =
        is_plain ? unpacker->source->read(unpacker, buffer, size) : read_filters(unpacker, buffer, size);
    unpacker->bytes_left -= count;
    budget->unpacked_bytes_left -= count;
    if (!charge_work(unpacker, read_before, count)) {
        *status = SEVEN_ZIP_OVER_BUDGET;
        return 0;
    }
    if (count == 0) {
        bool is_cut = !unpacker->packed.is_whole || unpacker->dictionary_is_cut;
        *status = is_cut ? SEVEN_ZIP_NOT_AT_HAND : SEVEN_ZIP_DAMAGED;
    }
    return count;
}
