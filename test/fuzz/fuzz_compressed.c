#include "scan/archive/archive_formats.h"
#include "fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The format that the input begins like; gzip where it begins like none. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct archive_format *const formats[] = {
        &bzip2_format, &xz_format,   &lzma_format,     &zstd_format,
        &lz4_format,   &lzip_format, &compress_format, &uninspectable_format};
    const struct archive_format *format = &gzip_format;
    struct slice file = slice_make((const char *)data + (size > 0), size - (size > 0));
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i]->recognise(file))
            format = formats[i];
    return fuzz_archive(format, data, size);
}
