/*
 * Unpacking what a 7z folder holds, from packed bytes in memory.
 *
 * LZMA, LZMA2, plain copies, and before those the branch filters and Delta, by liblzma's raw decoders. Memory
 * (a dictionary is never larger than what it unpacks to) and output are taken from the budget; the memory is
 * given back when the unpacker is freed. Belongs to one reader; not shared between threads.
 */
#ifndef CLOSEDRELAY_ARCHIVE_SEVEN_ZIP_UNPACK_H
#define CLOSEDRELAY_ARCHIVE_SEVEN_ZIP_UNPACK_H

#include "archive/archive.h"
#include "archive/seven_zip_index.h"

struct seven_zip_unpacker;

/* Under `owner` (talloc), freed with talloc_free. `packed` must outlive it. NULL, with `status` saying why: a
 * method we do not unpack, or no memory left for it in the budget. */
struct seven_zip_unpacker *seven_zip_unpacker_create(void *owner, const struct seven_zip_folder *folder,
                                                     struct slice packed, struct archive_budget *budget,
                                                     enum seven_zip_status *status);

/* Writes the next bytes, at most `size`, and returns how many; 0 at the end of the folder's unpacked bytes,
 * and on damage or once the budget is used up, which `status` then says. */
size_t seven_zip_unpacker_read(struct seven_zip_unpacker *unpacker, char *buffer, size_t size,
                               enum seven_zip_status *status);

#endif
