/* A whole message through the content scan: the header up to the first empty line field by field, then the
 * body in pieces whose size the first byte gives. */
#include "scan/content/content_scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make((const char *)data, size);
    size_t piece = size == 0 || data[0] == 0 ? 1 : data[0] * (size_t)37;
    struct content_scan *scan = content_scan_create(NULL, NULL);
    while (rest.length > 0 && slice_find(rest, ':') < slice_find(rest, '\n')) {
        size_t colon = slice_find(rest, ':'), end = slice_find(rest, '\n');
        while (end + 1 < rest.length && (rest.data[end + 1] == ' ' || rest.data[end + 1] == '\t'))
            end += 1 + slice_find(slice_part(rest, end + 1, rest.length), '\n');
        end = end < rest.length ? end : rest.length;
        content_scan_header(scan, slice_part(rest, 0, colon), slice_part(rest, colon + 1, end));
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    content_scan_end_of_headers(scan);
    for (; rest.length > 0; rest = slice_part(rest, rest.length < piece ? rest.length : piece, rest.length))
        content_scan_body(scan, slice_part(rest, 0, rest.length < piece ? rest.length : piece));
    if (content_scan_end(scan) == NULL)
        abort(); /* memory does not run out here */
    talloc_free(scan);
    return 0;
}
