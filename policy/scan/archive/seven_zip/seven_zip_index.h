/*
 * The index of a 7z archive: which packed streams there are, how folders unpack them, what the files are
 * called.
 *
 * Layout after 7zFormat.txt of the LZMA SDK (public domain). An index is parsed from bytes in memory and
 * points into them; its arrays belong to the talloc context given. Every loop consumes bytes of the index or
 * ends. Not shared between threads.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_SEVEN_ZIP_SEVEN_ZIP_INDEX_H
#define CLOSEDRELAY_SCAN_ARCHIVE_SEVEN_ZIP_SEVEN_ZIP_INDEX_H

#include "scan/archive/archive_bytes.h"

enum {
    SEVEN_ZIP_FOLDERS_MOST = 8192,
    SEVEN_ZIP_STREAMS_MOST = 65536, /* packed streams, and members with content */
    SEVEN_ZIP_CODERS_MOST = 4,      /* of a folder that is to be unpacked; with more it is only passed over */
};

struct seven_zip_coder {
    uint64_t method;
    struct slice properties;
};

/* What 7z calls a folder: some packed streams and the chain of coders that unpacks them. */
struct seven_zip_folder {
    struct seven_zip_coder coders[SEVEN_ZIP_CODERS_MOST]; /* from the unpacked end to the packed one */
    unsigned coder_count;
    bool simple;    /* one packed stream through a plain chain of at most SEVEN_ZIP_CODERS_MOST coders */
    bool encrypted; /* one of its coders is AES */
    bool has_digest;
    uint32_t first_packed;
    uint32_t packed_count;
    uint32_t out_count; /* streams between its coders, the unpacked one included */
    uint32_t main_out;  /* which of them is the unpacked one */
    uint64_t unpacked_bytes;
    uint32_t member_count; /* members its unpacked bytes are cut into */
};

struct seven_zip_streams {
    uint64_t packed_position; /* of the first packed stream, after the signature header */
    uint64_t *packed_bytes;
    uint32_t packed_count;
    struct seven_zip_folder *folders;
    uint32_t folder_count;
    uint64_t *member_bytes; /* of all folders' members, one after the other; NULL where not reported */
    uint32_t member_count;
};

struct seven_zip_index {
    bool packed; /* this index only tells how to unpack the true one (the single folder of `streams`) */
    struct seven_zip_streams streams;
    uint64_t file_count;
    bool has_names;
    struct slice names;        /* UTF-16LE, each ended by a NUL */
    struct slice empty_stream; /* bit per file, most significant first: no content. Empty: none is */
    struct slice empty_file;   /* bit per file without content: a file; else a folder */
};

enum seven_zip_status {
    SEVEN_ZIP_OK,
    SEVEN_ZIP_DAMAGED,
    SEVEN_ZIP_UNSUPPORTED,
    SEVEN_ZIP_OVER_BUDGET, /* more streams or folders than we allow, or no memory */
    SEVEN_ZIP_NOT_AT_HAND, /* packed bytes that were not kept, or a dictionary larger than memory allows */
};

/* Parses `bytes`, a whole index. With a status other than OK the index may be used no further. */
enum seven_zip_status seven_zip_index_parse(void *owner, struct slice bytes, struct seven_zip_index *index);

/* Bit `number` of a bit vector, most significant first; false beyond its end. */
static inline bool seven_zip_bit(struct slice bits, uint64_t number)
{
    return number / 8 < bits.length && ((unsigned char)bits.data[number / 8] >> (7 - number % 8) & 1) != 0;
}

#endif
