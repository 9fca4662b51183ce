#include "scan/content/file_magic.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An OLE directory never lies in the header's sector. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice head = slice_make((const char *)data, size);
    uint64_t offset = 0;
    file_magic_executable(head);
    file_magic_harmless(head);
    if (file_magic_ole_root_offset(head, &offset) && offset < 512)
        abort();
    file_magic_ole_root(head);
    return 0;
}
