/*
 * The state of a CD image reader, shared by its parts: iso9660.c reads the volume descriptors,
 * iso9660_order.c takes what follows in the order in which it passes, iso9660_directory.c reads directories.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ISO9660_ISO9660_READER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ISO9660_ISO9660_READER_H

#include "scan/archive/archive_walk.h"
#include "scan/archive/iso9660/iso9660_extents.h"
#include "scan/archive/iso9660/iso9660_records.h"
#include "scan/archive/iso9660/udf_names.h"

enum {
    ISO9660_FIRST_BYTE = ISO9660_FIRST_SECTOR * ISO9660_SECTOR_BYTES,
    ISO9660_STASH_BYTES_MOST = 65536, /* of one directory that nothing named yet */
};

enum iso9660_state {
    ISO9660_AT_DESCRIPTOR,
    ISO9660_AT_UDF_MARK, /* where marks of a UDF file system would follow */
    ISO9660_AT_GAP,      /* a sector that nothing named yet */
    ISO9660_AT_DIRECTORY,
    ISO9660_AT_NAME_PIECE,
    ISO9660_AFTER_FILE,
};

/* A directory that passed before anything named it. */
struct iso9660_stashed {
    uint64_t from;
    size_t at; /* in the stash */
    size_t bytes;
    bool was_read;
    enum iso9660_charset charset; /* how it was read */
};

struct iso9660_reader {
    struct archive_walk walk;
    enum iso9660_state state;
    unsigned descriptor_count;
    uint32_t block_bytes;
    struct iso9660_extents extents;
    enum iso9660_charset charset; /* of the directory being read */
    uint64_t directory_left;
    uint32_t name_piece;               /* being read */
    struct archive_buffer directories; /* places of those that were read, ascending */
    size_t directory_count;
    struct archive_buffer stashed; /* struct iso9660_stashed, by place */
    size_t stashed_count;
    struct archive_buffer stash;
    size_t stash_bytes;
    uint64_t stash_left;     /* bytes that still belong to the last one stashed */
    struct strbuf text;      /* a name in UTF-8 */
    struct strbuf long_name; /* of Rock Ridge */
    bool has_udf;
    struct udf_names udf;
    struct archive_sink tap; /* hears what is reported, and tells `sink` */
    const struct archive_sink *sink;
};

/* The place in the image that comes next, with nothing left to skip. */
static inline uint64_t iso9660_position(const struct iso9660_reader *reader)
{
    return ISO9660_FIRST_BYTE + reader->walk.position;
}

void iso9660_stop_full(struct iso9660_reader *reader);

/* Sets out for what passes next; at the end of all that was named, the walk is finished. */
void iso9660_go_on(struct iso9660_reader *reader);
/* Takes the first file, and all others at the same place, and begins a member under their names. `whole` is
 * set to their common extent. False: there are too many members. */
bool iso9660_report_file(struct iso9660_reader *reader, struct iso9660_extent *whole);
/* Asks for the next sector of the directory being read, which begins at `from`; false at its end. */
bool iso9660_expect_sector(struct iso9660_reader *reader, uint64_t from);
/* Takes a sector that nothing named yet. */
void iso9660_read_gap(struct iso9660_reader *reader, struct slice sector);

/* Takes a sector of the directory being read. */
void iso9660_read_sector(struct iso9660_reader *reader, struct slice sector);
/* Takes a whole directory from memory. */
void iso9660_read_stashed(struct iso9660_reader *reader, struct slice bytes, enum iso9660_charset charset);
/* Takes a continued System Use area. */
void iso9660_read_name_piece(struct iso9660_reader *reader, struct slice area);

#endif
