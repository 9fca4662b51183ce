#include "scan/archive/archive_formats.h"
#include "scan/archive/zip/zip_tail.h"
#include "fuzz_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_sink state = {.wants = false};
    struct archive_sink sink = {&state, fuzz_member, fuzz_other_name, fuzz_data, fuzz_end, fuzz_outcome};
    struct archive_budget budget = {1000, 4 << 20, 1 << 20, 1 << 28};
    struct slice tail = slice_make((const char *)data, size);
    if (zip_tail_recognise(tail) && !zip_tail_read(NULL, tail, &sink, &budget))
        abort();
    if (state.open || budget.kept_bytes_left != 1 << 20)
        abort();
    return fuzz_archive(&zip_format, data, size);
}
