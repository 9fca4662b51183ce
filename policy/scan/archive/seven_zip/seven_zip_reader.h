/* What the two halves of the 7z reader share: its records (seven_zip.c), and the members that the index names
 * (seven_zip_members.c). */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_SEVEN_ZIP_SEVEN_ZIP_READER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_SEVEN_ZIP_SEVEN_ZIP_READER_H

#include "scan/archive/archive_buffer.h"
#include "scan/archive/archive_walk.h"
#include "scan/archive/seven_zip/seven_zip_unpack.h"

enum { SEVEN_ZIP_PIECE_BYTES = 16384 }; /* unpacked at a time */

enum seven_zip_state {
    SEVEN_ZIP_AT_SIGNATURE,
    SEVEN_ZIP_AT_BEGINNING,
    SEVEN_ZIP_AT_REST,
};

struct seven_zip_reader {
    struct archive_walk walk;
    enum seven_zip_state state;
    struct archive_buffer beginning;
    size_t beginning_bytes;   /* of packed streams kept apart from the window */
    uint64_t window_position; /* where the window begins, from the end of the signature header */
    size_t window_bytes;      /* of packed streams kept before the index */
    size_t index_bytes;
    uint32_t index_crc;
    struct slice window;
    struct seven_zip_index index;
    struct strbuf text; /* a name */
    /* Where telling members has got to. */
    uint32_t folder; /* that the next member with content is in */
    uint32_t member_in_folder;
    uint32_t member;         /* number of that member in index.streams.member_bytes */
    uint64_t skip_in_folder; /* bytes of the folder before the member that were not unpacked yet */
    bool folder_failed;      /* its content cannot be unpacked any further */
    struct seven_zip_unpacker *unpacker;
};

/* Finishes the walk: the index cannot be read. */
void seven_zip_stop(struct seven_zip_reader *reader, enum seven_zip_status status);

/* A folder's packed bytes, out of those that were kept. */
enum seven_zip_status seven_zip_find_packed(const struct seven_zip_reader *reader,
                                            const struct seven_zip_folder *folder,
                                            struct seven_zip_packed *packed);

/* Reports the members of the index that was parsed, with their content. */
void seven_zip_report_members(struct seven_zip_reader *reader);

#endif
