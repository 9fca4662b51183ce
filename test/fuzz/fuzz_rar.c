#include "scan/archive/archive_formats.h"
#include "fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool old = size > 7 && data[7] == 0; /* "Rar!\x1A\x07\x00", behind the byte that is ours */
    return fuzz_archive(old ? &rar4_format : &rar5_format, data, size);
}
