/*
 * What RAR has packed by its own methods, as far as a bound.
 *
 * Of RAR 5 all is read (with its filters), of RAR 2.9 to 4 what is packed without PPMd and without programs
 * for its virtual machine. The window is what was unpacked so far, for a match can reach no further back: so
 * the beginning of each file needs no more memory than it has bytes, whatever dictionary the archive asks
 * for.
 *
 * An unpacker is a talloc child of its owner, keeps a window charged to kept_bytes_left, and what a solid
 * archive carries from file to file. One thread at a time. After libarchive's and RARLAB's descriptions of
 * the formats.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR_UNPACK_H
#define CLOSEDRELAY_SCAN_ARCHIVE_RAR_RAR_UNPACK_H

#include "scan/archive/archive_walk.h"

enum {
    RAR_UNPACK_BYTES_MAX = 4 << 20, /* of a file, or of the files of a solid archive together */
    RAR_PACKED_BYTES_MAX = 4 << 20, /* of a file are looked at */
};

enum rar_method { RAR_METHOD_UNKNOWN, RAR_METHOD_LZ3, RAR_METHOD_LZ5 };

/* How the content of a file is packed. */
struct rar_packing {
    enum rar_method method;
    bool is_solid;           /* goes on from the file before */
    uint64_t unpacked_bytes; /* or UINT64_MAX: not said */
};

struct rar_unpack;

/* The packed file being read, and the unpacker of all files of an archive; zeros at first. */
struct rar_packed_file {
    struct rar_unpack *unpack; /* talloc; NULL before the first */
    struct rar_packing packing;
    uint64_t left_bytes; /* behind those that are looked at */
};

/*
 * A file of `data_bytes` packed bytes comes next in `walk`, and its member is open. True: it is to be
 * unpacked, and rar_packed_file_read wants the next record, which was asked for. False: it is passed over and
 * missing; so it is where not `is_whole`. `owner` (talloc) is the reader.
 */
bool rar_packed_file_begin(struct rar_packed_file *file, void *owner, const struct rar_packing *packing,
                           uint64_t data_bytes, bool is_whole, struct archive_walk *walk);

/* Unpacks the record, gives what comes out to the open member, and passes over the rest of the file. What is
 * missing of it, and what was not read, is told in `walk`. */
void rar_packed_file_read(struct rar_packed_file *file, struct slice packed, struct archive_walk *walk);

#endif
