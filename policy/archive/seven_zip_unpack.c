#include "archive/seven_zip_unpack.h"

#include <lzma.h>
#include <stdlib.h>
#include <talloc.h>

enum {
    METHOD_COPY = 0x00,
    METHOD_DELTA = 0x03,
    METHOD_LZMA2 = 0x21,
    METHOD_LZMA = 0x030101,
    DICTIONARY_SMALLEST = 4096, /* liblzma takes none smaller */
    DECODER_BYTES = 65536,      /* about what a decoder holds besides its dictionary */
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

struct seven_zip_unpacker {
    struct archive_budget *budget;
    lzma_stream stream;
    struct slice copied; /* what is left of a plain copy */
    bool is_copy;
    uint64_t bytes_left; /* of the folder's unpacked bytes */
    uint64_t charged_bytes;
    lzma_filter filters[SEVEN_ZIP_CODERS_MOST + 1];
};

static int unpacker_deinit(struct seven_zip_unpacker *unpacker)
{
    lzma_end(&unpacker->stream);
    for (size_t i = 0; unpacker->filters[i].id != LZMA_VLI_UNKNOWN; i++)
        free(unpacker->filters[i].options);
    unpacker->budget->kept_bytes_left += unpacker->charged_bytes;
    return 0;
}

/* LZMA1 in 7z has no end mark, so the size must be known to the decoder (LZMA1EXT); dictionaries are cut to
 * what can be referred to at all. Returns the bytes of memory needed. */
static uint64_t fit_dictionary(lzma_filter *filter, uint64_t unpacked_bytes)
{
    lzma_options_lzma *options = filter->options;
    if (options->dict_size > unpacked_bytes)
        options->dict_size =
            unpacked_bytes < DICTIONARY_SMALLEST ? DICTIONARY_SMALLEST : (uint32_t)unpacked_bytes;
    if (filter->id == LZMA_FILTER_LZMA1EXT) {
        options->ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
        options->ext_size_low = (uint32_t)unpacked_bytes;
        options->ext_size_high = (uint32_t)(unpacked_bytes >> 32);
    }
    return (uint64_t)options->dict_size + DECODER_BYTES;
}

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
    if (last)
        unpacker->charged_bytes = fit_dictionary(&unpacker->filters[number], unpacker->bytes_left);
    return SEVEN_ZIP_OK;
}

static enum seven_zip_status start_decoder(struct seven_zip_unpacker *unpacker,
                                           const struct seven_zip_folder *folder)
{
    for (unsigned i = 0; i < folder->coder_count; i++) {
        enum seven_zip_status status =
            set_filter(unpacker, i, &folder->coders[i], i + 1 == folder->coder_count);
        if (status != SEVEN_ZIP_OK)
            return status;
    }
    uint64_t wanted = unpacker->charged_bytes;
    unpacker->charged_bytes = 0;
    if (wanted > unpacker->budget->kept_bytes_left)
        return SEVEN_ZIP_OVER_BUDGET;
    unpacker->charged_bytes = wanted;
    unpacker->budget->kept_bytes_left -= wanted;
    lzma_ret ret = lzma_raw_decoder(&unpacker->stream, unpacker->filters);
    return ret == LZMA_OK          ? SEVEN_ZIP_OK
           : ret == LZMA_MEM_ERROR ? SEVEN_ZIP_OVER_BUDGET
                                   : SEVEN_ZIP_UNSUPPORTED;
}

struct seven_zip_unpacker *seven_zip_unpacker_create(void *owner, const struct seven_zip_folder *folder,
                                                     struct slice packed, struct archive_budget *budget,
                                                     enum seven_zip_status *status)
{
    struct seven_zip_unpacker *unpacker = talloc_zero(owner, struct seven_zip_unpacker);
    *status = unpacker == NULL ? SEVEN_ZIP_OVER_BUDGET : SEVEN_ZIP_UNSUPPORTED;
    if (unpacker == NULL)
        return NULL;
    unpacker->budget = budget;
    unpacker->bytes_left = folder->unpacked_bytes;
    unpacker->filters[0].id = LZMA_VLI_UNKNOWN;
    unpacker->stream = (lzma_stream)LZMA_STREAM_INIT;
    talloc_set_destructor(unpacker, unpacker_deinit);
    unpacker->is_copy = folder->coder_count == 1 && folder->coders[0].method == METHOD_COPY;
    unpacker->copied = packed;
    unpacker->stream.next_in = (const uint8_t *)packed.data;
    unpacker->stream.avail_in = packed.length;
    if (folder->simple)
        *status = unpacker->is_copy ? SEVEN_ZIP_OK : start_decoder(unpacker, folder);
    if (*status != SEVEN_ZIP_OK)
        TALLOC_FREE(unpacker);
    return unpacker;
}

static size_t read_copy(struct seven_zip_unpacker *unpacker, char *buffer, size_t size)
{
    size_t count = size < unpacker->copied.length ? size : unpacker->copied.length;
    if (count > 0)
        memcpy(buffer, unpacker->copied.data, count);
    unpacker->copied = slice_part(unpacker->copied, count, unpacker->copied.length);
    return count;
}

static size_t read_decoder(struct seven_zip_unpacker *unpacker, char *buffer, size_t size)
{
    lzma_stream *stream = &unpacker->stream;
    stream->next_out = (uint8_t *)buffer;
    stream->avail_out = size;
    lzma_ret ret = LZMA_OK;
    while (stream->avail_out > 0 && ret == LZMA_OK)
        ret = lzma_code(stream, LZMA_FINISH);
    return size - stream->avail_out;
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
    size_t count =
        unpacker->is_copy ? read_copy(unpacker, buffer, size) : read_decoder(unpacker, buffer, size);
    unpacker->bytes_left -= count;
    budget->unpacked_bytes_left -= count;
    if (count == 0)
        *status = SEVEN_ZIP_DAMAGED;
    return count;
}
