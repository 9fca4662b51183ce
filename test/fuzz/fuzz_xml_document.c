#include "scan/content/xml_document.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was told: a sum of it, and whether a file is open. */
struct told {
    uint64_t sum;
    bool is_open;
};

static void add(struct told *told, struct slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        told->sum = told->sum * 31 + (unsigned char)bytes.data[i] + 1;
}

static void on_begin(void *context)
{
    struct told *told = context;
    if (told->is_open)
        abort();
    told->is_open = true;
    add(told, slice_of("["));
}

static void on_bytes(void *context, struct slice bytes)
{
    if (!((struct told *)context)->is_open)
        abort();
    add(context, bytes);
}

static void on_end(void *context)
{
    ((struct told *)context)->is_open = false;
}

static void on_over_budget(void *context)
{
    add(context, slice_of("!"));
}

static uint64_t read_in_pieces(struct slice bytes, size_t piece)
{
    struct told told = {0};
    struct file_sink sink = {&told, on_begin, on_bytes, on_bytes, on_end, on_over_budget};
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
