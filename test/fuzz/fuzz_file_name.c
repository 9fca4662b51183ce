#include "scan/mime/file_name.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file_name_extensions extensions;
    file_name_extension_candidates(slice_make((const char *)data, size), &extensions);
    for (size_t i = 0; i < extensions.count; i++)
        if (extensions.text[i][0] == '\0' || strchr(extensions.text[i], '.') != NULL)
            abort();
    return 0;
}
