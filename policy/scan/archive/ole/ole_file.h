/*
 * OLE compound files ([MS-CFB]) in memory: directory entries and the bytes of streams.
 *
 * Everything is checked against the bytes there are: a stream cannot be longer than the file, a chain of
 * sectors not have more of them than the file, so nothing is endless. Tables belong to the talloc owner. Not
 * shared between threads.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_OLE_OLE_FILE_H
#define CLOSEDRELAY_SCAN_ARCHIVE_OLE_OLE_FILE_H

#include "scan/archive/archive_bytes.h"

enum {
    OLE_HEADER_BYTES = 512,
    OLE_ENTRY_BYTES = 128,
    OLE_NONE = UINT32_MAX,
};

/* Sector numbers in the order of a chain. */
struct ole_chain {
    uint32_t *sectors;
    uint32_t count;
};

struct ole_file {
    struct slice bytes;
    uint32_t sector_bytes;
    uint32_t sector_count;
    struct ole_chain fat; /* sectors that hold the sector table */
    struct ole_chain directory;
    struct ole_chain mini_fat;
    struct ole_chain mini_stream; /* what small streams are cut from */
    uint32_t entry_count;
};

enum ole_type {
    OLE_STORAGE = 1,
    OLE_STREAM = 2,
    OLE_ROOT = 5,
};

struct ole_entry {
    unsigned type;               /* enum ole_type, 0 for none */
    struct slice name;           /* UTF-16LE */
    uint32_t left, right, child; /* numbers of entries, or OLE_NONE */
    uint32_t first_sector;
    uint64_t bytes;
};

/* Where the directory begins in a file whose first OLE_HEADER_BYTES are `header`. False: it is not an OLE
 * file. */
bool ole_directory_position(struct slice header, uint64_t *position);

/* Reads the tables. False: they make no sense, or there is no memory. */
bool ole_file_open(void *owner, struct slice bytes, struct ole_file *file);

/* Parses the entry in OLE_ENTRY_BYTES of a directory. */
void ole_entry_parse(struct slice bytes, struct ole_entry *entry);
/* The entry of this number (< entry_count). */
void ole_file_entry(const struct ole_file *file, uint32_t number, struct ole_entry *entry);

/* Whether the entry's name begins with `text` (ASCII, case ignored); whether it is `text`. */
bool ole_name_begins(const struct ole_entry *entry, const char *text);
bool ole_name_is(const struct ole_entry *entry, const char *text);

struct ole_stream {
    const struct ole_file *file;
    bool is_mini;
    uint32_t sector;
    uint64_t bytes_left;
    bool damaged; /* the chain ended before the stream did */
};

void ole_stream_begin(struct ole_stream *stream, const struct ole_file *file, const struct ole_entry *entry);
/* The next bytes in one piece; empty at the end. */
struct slice ole_stream_next(struct ole_stream *stream);

#endif
