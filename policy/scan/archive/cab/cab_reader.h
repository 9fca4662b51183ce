/*
 * The cabinet reader's own state, for its two files: cab.c reads the tables at the beginning, cab_data.c the
 * folders that hold the files' content.
 *
 * The table of files stands before all data. Files whose content can be had are therefore kept, ordered by
 * where that lies, and reported when it comes; all others, and those for which there is no memory, are
 * reported at once.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_CAB_CAB_READER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_CAB_CAB_READER_H

#include "scan/archive/archive_buffer.h"
#include "scan/archive/archive_walk.h"

enum {
    CAB_FOLDER_BYTES = 8,
    CAB_FILE_BYTES = 16,
    CAB_BLOCK_BYTES = 8,
};

enum cab_state {
    CAB_AT_HEADER,
    CAB_AT_RESERVE,
    CAB_AT_SIGNATURE_PLACE,
    CAB_AT_CABINET_NAME, /* names of the cabinets before and after: one string at a time */
    CAB_AT_FOLDER,
    CAB_AT_FILE,
    CAB_AT_NAME,
    CAB_AT_BLOCK,
    CAB_AT_BLOCK_DATA,
};

struct cab_folder {
    uint32_t position; /* of its first block */
    uint16_t block_count;
    bool is_readable;
    bool is_packed; /* by MSZIP; else as it is */
};

struct cab_file {
    uint32_t position; /* of its folder's first block */
    uint32_t offset;   /* in the folder, unpacked */
    uint32_t size;
    uint32_t name_at; /* in `names` */
    uint16_t name_length;
    uint16_t folder;
};

struct cab_reader {
    struct archive_walk walk;
    enum cab_state state;
    uint32_t cabinet_bytes;
    uint32_t files_position;
    uint16_t folders_left;
    uint16_t files_left;
    unsigned flags;
    bool goes_on; /* in another cabinet of a set */
    unsigned cabinet_names_left;
    unsigned folder_reserve_bytes;
    unsigned block_reserve_bytes;
    uint64_t signature_bytes; /* of a code signature behind the cabinet */
    struct cab_file file;     /* whose name comes */

    struct archive_buffer folders; /* struct cab_folder[] */
    size_t folder_count;
    struct archive_buffer files; /* struct cab_file[], to be reported */
    size_t file_count;
    size_t reported_count;
    struct archive_buffer names;
    size_t names_length;

    /* The folder that passes. */
    struct cab_folder folder;
    uint16_t folder_number;
    uint32_t unpacked_at;    /* how much of it has been unpacked */
    unsigned block_unpacked; /* bytes that the block will unpack to */
    bool has_previous;       /* `block` holds the block before */
    uint32_t file_left;      /* of the open member */
    struct cab_block *block; /* NULL until the first packed folder */
};

static inline void cab_expect(struct cab_reader *reader, enum cab_state state, size_t byte_count)
{
    reader->state = state;
    archive_walk_record(&reader->walk, byte_count);
}

/* cab.c */
/* Skips to an absolute position. False: it was passed already, and the walk is stopped. */
bool cab_skip_to(struct cab_reader *reader, uint64_t position);
/* Nothing more of the cabinet itself. */
void cab_expect_end(struct cab_reader *reader);

/* cab_data.c */
/* Keeps reader->file with `name` until its content comes. False: it cannot be had. */
bool cab_data_keep(struct cab_reader *reader, struct slice name);
/* The tables are over. */
void cab_data_begin(struct cab_reader *reader);
void cab_data_read_block(struct cab_reader *reader, struct slice record);
void cab_data_read_block_data(struct cab_reader *reader, struct slice record);
/* Reports those that are still kept, without content. */
void cab_data_report_rest(struct cab_reader *reader);

#endif
