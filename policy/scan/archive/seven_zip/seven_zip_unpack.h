/*
 * Unpacking what a 7z folder holds, from packed bytes in memory.
 *
 * LZMA and LZMA2 by liblzma's raw decoders, Deflate, BZip2 and plain copies; before any of those the branch
 * filters and Delta. Output and memory are taken from the budget; the memory is given back when the unpacker
 * is freed. A dictionary is never larger than what it unpacks to, nor than three quarters of what memory is
 * left: bytes further back than that are not at hand. Belongs to one reader; not shared between threads.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_SEVEN_ZIP_SEVEN_ZIP_UNPACK_H
#define CLOSEDRELAY_SCAN_ARCHIVE_SEVEN_ZIP_SEVEN_ZIP_UNPACK_H

#include "scan/archive/archive.h"
#include "scan/archive/seven_zip/seven_zip_index.h"

struct seven_zip_unpacker;

/* The packed bytes of a folder, or their beginning. */
struct seven_zip_packed {
    struct slice bytes;
    bool is_whole;
};

/* Under `owner` (talloc), freed with talloc_free. `packed` must outlive it. NULL, with `status` saying why: a
 * method we do not unpack, or no memory left for it in the budget. */
struct seven_zip_unpacker *seven_zip_unpacker_create(void *owner, const struct seven_zip_folder *folder,
                                                     struct seven_zip_packed packed,
                                                     struct archive_budget *budget,
                                                     enum seven_zip_status *status);

/* Writes the next bytes, at most `size`, and returns how many; 0 at the end of the folder's unpacked bytes,
 * on damage, once the budget is used up, or where more is not at hand, which `status` then says. */
size_t seven_zip_unpacker_read(struct seven_zip_unpacker *unpacker, char *buffer, size_t size,
                               enum seven_zip_status *status);

#endif
