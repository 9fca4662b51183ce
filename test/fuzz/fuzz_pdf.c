#include "scan/archive/archive_formats.h"
#include "fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* PDF, and ActiveMime where the input begins like it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice file = slice_make((const char *)data + (size > 0), size - (size > 0));
    return fuzz_archive(active_mime_format.recognise(file) ? &active_mime_format : &pdf_format, data, size);
}
