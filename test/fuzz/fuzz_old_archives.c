#include "scan/archive/archive_formats.h"
#include "fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The reader that recognises the input, or one by the first byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct archive_format *const formats[] = {&arj_format, &lha_format, &ace_format,
                                                           &arc_format};
    struct slice probe = slice_make((const char *)data + 1, size == 0 ? 0 : size - 1);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i]->recognise(probe))
            return fuzz_archive(formats[i], data, size);
    return size == 0 ? 0 : fuzz_archive(formats[data[0] >> 5 & 3], data, size);
}
