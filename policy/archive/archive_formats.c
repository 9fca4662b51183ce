#include "archive/archive_formats.h"

/* Strong signatures first; tar has only a checksum to go by and comes last. */
const struct archive_format *const archive_formats[] = {
    &zip_format,
    &seven_zip_format,
    &rar5_format,
    &rar4_format,
    &tnef_format,
    &ole_format,
    &lha_format,
    &ace_format,
    &arj_format,
    &iso9660_format,
    &cab_format,
    &gzip_format,
    &bzip2_format,
    &xz_format,
    &lzma_format,
    &unread_format,
    &arc_format,
    &tar_format,
    NULL,
};
