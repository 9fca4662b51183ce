/*
 * The formats themselves, for the table in archive_formats.c and for tests. Everybody else takes them from
 * `archive_formats` (archive.h).
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_FORMATS_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_FORMATS_H

#include "scan/archive/archive.h"

extern const struct archive_format ace_format;
extern const struct archive_format apple_single_format;
extern const struct archive_format arc_format;
extern const struct archive_format arj_format;
extern const struct archive_format binhex_format;
extern const struct archive_format bzip2_format;
extern const struct archive_format cab_format;
extern const struct archive_format gzip_format;
extern const struct archive_format iso9660_format;
extern const struct archive_format lha_format;
extern const struct archive_format lzma_format;
extern const struct archive_format mac_binary_format;
extern const struct archive_format ole_format;
extern const struct archive_format onenote_format;
extern const struct archive_format rar4_format;
extern const struct archive_format rar5_format;
extern const struct archive_format rtf_format;
extern const struct archive_format seven_zip_format;
extern const struct archive_format tar_format;
extern const struct archive_format tnef_format;
extern const struct archive_format unread_format;
extern const struct archive_format xz_format;
extern const struct archive_format zip_format;

#endif
