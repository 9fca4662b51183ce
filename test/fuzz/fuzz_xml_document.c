#include "scan/content/xml_document.h"

#include "fuzz_file_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t read_in_pieces(struct slice bytes, size_t piece)
{
    struct fuzz_told told = {0};
    struct file_sink sink = fuzz_file_sink(&told);
    struct xml_document document;
    xml_document_init(&document, &sink);
    for (size_t at = 0; at < bytes.length; at += piece)
        xml_document_push(&document,
                          slice_part(bytes, at, bytes.length - at < piece ? bytes.length : at + piece));
    xml_document_end(&document);
    xml_document_deinit(&document);
    return told.sum;
}

/* What is told does not depend on how the bytes are cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_make((const char *)data, size);
    xml_document_recognise(bytes);
    if (read_in_pieces(bytes, size + 1) != read_in_pieces(bytes, 1))
        abort();
    return 0;
}
