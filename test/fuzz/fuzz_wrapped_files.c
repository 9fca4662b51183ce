#include "scan/archive/archive_formats.h"
#include "fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct archive_format *const formats[] = {&apple_single_format, &mac_binary_format,
                                                           &binhex_format, &onenote_format, &rtf_format};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (size > 0 && formats[i]->recognise(slice_make((const char *)data + 1, size - 1)))
            fuzz_archive(formats[i], data, size);
    return 0;
}
