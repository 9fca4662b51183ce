/*
 * The records of a zip archive, as stored (APPNOTE.TXT 4.3 to 4.5). Numbers only: what they mean together is
 * for the reader to judge. All functions read no further than the slice; pure, any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ZIP_ZIP_HEADERS_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ZIP_ZIP_HEADERS_H

#include "base/strbuf.h"

#include <stdint.h>

/* The two bytes after "PK", the second one high. */
enum zip_signature {
    ZIP_NO_SIGNATURE = 0,
    ZIP_CENTRAL = 0x0201,
    ZIP_LOCAL = 0x0403,
    ZIP_DIGITAL_SIGNATURE = 0x0505,
    ZIP_END = 0x0605,
    ZIP64_END = 0x0606,
    ZIP64_LOCATOR = 0x0706,
    ZIP_ARCHIVE_EXTRA = 0x0806,
    ZIP_DESCRIPTOR = 0x0807,
    ZIP_SPANNED = 0x3030, /* "PK00": made for several disks, fitted on one */
};

enum {
    ZIP_SIGNATURE_BYTES = 4,
    ZIP_LOCAL_BYTES = 30,
    ZIP_CENTRAL_BYTES = 46,
    ZIP_END_BYTES = 22,
    ZIP64_END_BYTES = 56,
    ZIP64_LOCATOR_BYTES = 20,
    /* A data descriptor with 8-byte sizes, and the two bytes after it. */
    ZIP_DESCRIPTOR_PEEK_BYTES = 26,
};

enum zip_flag {
    ZIP_FLAG_ENCRYPTED = 1 << 0,
    ZIP_FLAG_END_MARKED = 1 << 1, /* of LZMA data */
    ZIP_FLAG_DESCRIPTOR = 1 << 3,
    ZIP_FLAG_PATCH = 1 << 5,
    ZIP_FLAG_MASKED = 1 << 13, /* the central directory is encrypted, local names are masked */
};

enum zip_method {
    ZIP_STORED = 0,
    ZIP_DEFLATED = 8,
    ZIP_BZIP2 = 12,
    ZIP_LZMA = 14,
    ZIP_ZSTD = 93,
    ZIP_XZ = 95,
};

/* A local or central header. Slices point into the header's bytes. */
struct zip_header {
    struct slice name;
    struct slice extra;
    uint64_t packed_bytes; /* zip64 is resolved in all of these */
    uint64_t unpacked_bytes;
    uint64_t offset; /* central only */
    uint32_t crc;
    uint16_t flags;
    uint16_t method;
    size_t length; /* of the whole header */
};

/* The end record, or the zip64 one. */
struct zip_end {
    uint64_t entries_here;
    uint64_t entries;
    uint64_t directory_bytes;
    uint64_t directory_offset;
    uint32_t disk;
    uint32_t directory_disk;
    uint16_t comment_bytes; /* the end record's only */
};

/* The signature that `s` begins with; ZIP_NO_SIGNATURE where it has fewer than four bytes, too. */
enum zip_signature zip_signature_at(struct slice s);

/* The offset of the first signature at or after `from`; where there is none, the first offset at which one
 * could still begin with bytes to come (at least `from`). */
size_t zip_signature_find(struct slice s, size_t from);

/* The length of the header that begins with these ZIP_LOCAL_BYTES or ZIP_CENTRAL_BYTES. */
size_t zip_local_length(struct slice fixed);
size_t zip_central_length(struct slice fixed);

/* `bytes` holds at least the whole header. */
struct zip_header zip_local_read(struct slice bytes);
struct zip_header zip_central_read(struct slice bytes);

/*
 * Appends every other name that an extra field could give: Info-ZIP's (0x7075, whatever its check sum says),
 * Xceed's (0x554e) and ZipArchive's (0x5a4c), of whose layouts descriptions differ: all that they could
 * spell. Each stands behind its length; zip_names_next takes them off.
 */
void zip_extra_names(struct slice extra, struct strbuf *names);

/* Takes the first name off `names`; empty at their end, or where the length is wrong. */
struct slice zip_names_next(struct slice *names);

/* `bytes` holds at least ZIP_END_BYTES or ZIP64_END_BYTES. */
struct zip_end zip_end_read(struct slice bytes);
struct zip_end zip64_end_read(struct slice bytes);

/* The length that a zip64 end record claims to have, all of it; UINT64_MAX where that is more than a number.
 */
uint64_t zip64_end_length(struct slice bytes);

/*
 * Whether the end of the data must be looked for: the sizes are left to a data descriptor behind it, or they
 * are there too but readers from a stream go by the end of the compressed data all the same.
 */
bool zip_local_size_is_unknown(const struct zip_header *header);

bool zip_header_is_encrypted(const struct zip_header *header);
bool zip_name_is_folder(struct slice name);

/*
 * The length of the data descriptor at the front of `bytes`, behind `packed_bytes` of data: with or without
 * signature, 4 or 8 byte sizes; 0 where there is none. `*agrees`: its size is `packed_bytes`. `bytes` should
 * be ZIP_DESCRIPTOR_PEEK_BYTES long; shorter at the end of the file.
 */
size_t zip_descriptor_length(struct slice bytes, uint64_t packed_bytes, bool *agrees);

/* The length of a data descriptor without signature that ends where `before` does, behind data that began
 * `distance` bytes before that end; 0: none that agrees. */
size_t zip_bare_descriptor_before(struct slice before, uint64_t distance);

#endif
