#include "scan/mime/cms_reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_content(void *context, struct slice bytes)
{
    *(size_t *)context += bytes.length;
}

/* What is told does not depend on how the bytes are cut, and is never more than there was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_make((const char *)data, size);
    size_t whole_bytes = 0, piece_bytes = 0;
    struct cms_reader whole, pieces;
    cms_reader_init(&whole, on_content, &whole_bytes);
    cms_reader_init(&pieces, on_content, &piece_bytes);
    cms_reader_push(&whole, bytes);
    for (size_t i = 0; i < size; i++)
        cms_reader_push(&pieces, slice_part(bytes, i, i + 1));
    cms_recognise(bytes);
    if (whole_bytes != piece_bytes || whole_bytes > size || whole.result != pieces.result)
        abort();
    return 0;
}
