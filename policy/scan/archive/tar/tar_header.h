/*
 * The blocks of a tar archive: v7, POSIX ustar and pax (IEEE 1003.1), GNU. Pure; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_TAR_TAR_HEADER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_TAR_TAR_HEADER_H

#include "base/slice.h"
#include "base/strbuf.h"

#include <stdint.h>

enum { TAR_BLOCK_BYTES = 512 };

/* Extended headers and long names larger than this are nobody's. */
enum { TAR_EXTENSION_MOST_BYTES = 1 << 20 };

struct tar_header {
    struct slice prefix; /* ustar only: goes before the name, with a slash */
    struct slice name;
    uint64_t size_bytes;
    bool is_size_valid;
    char type;
    bool is_sparse_extended; /* GNU: more blocks about holes follow */
};

bool tar_block_is_zero(struct slice block);

/* Whether the check sum of the block is right, as new and very old programs compute it. */
bool tar_block_is_header(struct slice block);

struct tar_header tar_header_read(struct slice block);

/* Appends prefix, slash and name. */
void tar_header_append_name(const struct tar_header *header, struct strbuf *name);

/* What a pax extended header says of names and sizes. */
struct tar_pax {
    struct strbuf *names; /* every path in it, each followed by NUL */
    uint64_t size_bytes;
    bool has_size;
};

/* Reads the records in `text`, adding to `*pax`. False: they are malformed; what came before counts. */
bool tar_pax_read(struct slice text, struct tar_pax *pax);

#endif
