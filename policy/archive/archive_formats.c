#include "archive/archive_formats.h"

/* Strong signatures first; tar has only a checksum to go by and comes last. */
const struct archive_format *const archive_formats[] = {
    &seven_zip_format,
    NULL,
};
