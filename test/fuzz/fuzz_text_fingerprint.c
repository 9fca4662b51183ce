#include "scan/text/text_fingerprint.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_of(struct slice text, uint8_t how, size_t piece, char *out)
{
    static const enum transfer_encoding encodings[] = {TRANSFER_IDENTITY, TRANSFER_BASE64,
                                                       TRANSFER_QUOTED_PRINTABLE};
    struct text_fingerprint print = {0};
    text_fingerprint_begin(&print, encodings[how % 3], (how & 4) != 0);
    for (size_t at = 0; at < text.length; at += piece)
        text_fingerprint_push(&print,
                              slice_part(text, at, piece < text.length - at ? at + piece : text.length));
    text_fingerprint_end(&print);
    text_fingerprint_print(&print, out);
}

/* The first byte says how the rest is encoded; however it is cut, its fingerprint is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char at_once[TEXT_FINGERPRINT_BYTES], in_pieces[TEXT_FINGERPRINT_BYTES];
    if (size == 0)
        return 0;
    const struct slice text = slice_make((const char *)data + 1, size - 1);
    print_of(text, data[0], size, at_once);
    print_of(text, data[0], 3, in_pieces);
    if (strcmp(at_once, in_pieces) != 0)
        abort();
    return 0;
}
