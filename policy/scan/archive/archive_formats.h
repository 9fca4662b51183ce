/*
 * The formats themselves, for the table in archive_formats.c and for tests. Everybody else takes them from
 * `archive_formats` (archive.h).
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_FORMATS_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_FORMATS_H

#include "scan/archive/archive.h"

/* X(name) for each, in the order to try them: strong signatures first; what has only a check sum or a line of
 * text to go by comes last. */
/* clang-format off */
#define ARCHIVE_FORMATS(X) \
    X(zip) \
    X(seven_zip) \
    X(rar5) \
    X(rar4) \
    X(tnef) \
    X(ole) \
    X(onenote) \
    X(apple_single) \
    X(active_mime) \
    X(rtf) \
    X(lha) \
    X(ace) \
    X(arj) \
    X(iso9660) \
    X(cab) \
    X(gzip) \
    X(bzip2) \
    X(xz) \
    X(lzma) \
    X(zstd) \
    X(lz4) \
    X(lzip) \
    X(compress) \
    X(ar) \
    X(ext) \
    X(uninspectable) \
    X(arc) \
    X(tar) \
    X(mac_binary) \
    X(binhex) \
    X(pdf) \
    X(openpgp)
/* clang-format on */

#define ARCHIVE_FORMAT_DECLARED(name) extern const struct archive_format name##_format;
ARCHIVE_FORMATS(ARCHIVE_FORMAT_DECLARED)
#undef ARCHIVE_FORMAT_DECLARED

#endif
