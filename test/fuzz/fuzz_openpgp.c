#include "scan/archive/archive_formats.h"
#include "fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    openpgp_format.recognise(slice_make((const char *)data, size));
    return fuzz_archive(&openpgp_format, data, size);
}
