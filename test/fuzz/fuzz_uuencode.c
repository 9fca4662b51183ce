#include "scan/mime/uuencode.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_begin(void *context, struct slice name)
{
    if (*(int *)context != 0 || name.length == 0)
        abort();
    *(int *)context = 1;
}

static void on_data(void *context, struct slice decoded)
{
    if (*(int *)context != 1 || decoded.length == 0 || decoded.length > UUENCODE_LINE_BYTES)
        abort();
}

static void on_end(void *context)
{
    *(int *)context -= 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int open = 0;
    struct uuencode_sink sink = {&open, on_begin, on_data, on_end};
    struct uuencode_reader reader;
    size_t cut = size == 0 ? 0 : data[0] % size;
    uuencode_init(&reader, &sink);
    uuencode_push(&reader, slice_make((const char *)data, cut));
    uuencode_push(&reader, slice_make((const char *)data + cut, size - cut));
    uuencode_end(&reader);
    if (open != 0)
        abort();
    return 0;
}
