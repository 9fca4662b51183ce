#include "scan/mime/calendar_reader.h"

#include "fuzz_file_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t read_in_pieces(struct slice bytes, size_t piece)
{
    struct fuzz_told told = {0};
    struct file_sink sink = fuzz_file_sink(&told);
    struct calendar_reader reader;
    calendar_reader_init(&reader, &sink);
    for (size_t at = 0; at < bytes.length; at += piece)
        calendar_reader_push(&reader,
                             slice_part(bytes, at, bytes.length - at < piece ? bytes.length : at + piece));
    calendar_reader_end(&reader);
    calendar_reader_deinit(&reader);
    return told.sum;
}

/* What is told does not depend on how the bytes are cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_make((const char *)data, size);
    calendar_recognise(bytes);
    if (read_in_pieces(bytes, size + 1) != read_in_pieces(bytes, 1))
        abort();
    return 0;
}
