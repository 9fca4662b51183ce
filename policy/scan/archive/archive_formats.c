#include "scan/archive/archive_formats.h"

/* Strong signatures first; what has only a check sum or a line of text to go by comes last. */
const struct archive_format *const archive_formats[] = {
    &zip_format,     &seven_zip_format,    &rar5_format, &rar4_format,       &tnef_format,   &ole_format,
    &onenote_format, &apple_single_format, &rtf_format,  &lha_format,        &ace_format,    &arj_format,
    &iso9660_format, &cab_format,          &gzip_format, &bzip2_format,      &xz_format,     &lzma_format,
    &unread_format,  &arc_format,          &tar_format,  &mac_binary_format, &binhex_format, NULL,
};
