/*
 * The records of ISO 9660 (ECMA-119), Joliet, SUSP and Rock Ridge, parsed from memory. Pure; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ISO9660_ISO9660_RECORDS_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ISO9660_ISO9660_RECORDS_H

#include "scan/archive/archive_bytes.h"
#include "scan/archive/iso9660/iso9660_extents.h"
#include "base/strbuf.h"

enum {
    ISO9660_SECTOR_BYTES = 2048,
    ISO9660_FIRST_SECTOR = 16, /* of the volume descriptors; what is before belongs to nobody */
};

enum iso9660_descriptor_kind {
    ISO9660_DESCRIPTOR_VOLUME, /* with a tree of directories */
    ISO9660_DESCRIPTOR_OTHER,
    ISO9660_DESCRIPTOR_END,
    ISO9660_DESCRIPTOR_UDF, /* files may be in a UDF file system */
    ISO9660_DESCRIPTOR_UNKNOWN,
};

struct iso9660_descriptor {
    enum iso9660_descriptor_kind kind;
    uint32_t block_bytes;
    enum iso9660_charset charset;
    uint64_t root_from;
    uint64_t root_bytes;
};

/* Parses one sector of the volume descriptor area. */
void iso9660_descriptor_parse(struct slice sector, struct iso9660_descriptor *descriptor);

struct iso9660_record {
    uint64_t from;
    uint64_t bytes;
    bool is_folder;
    bool is_dot;       /* the directory itself, or its parent */
    bool partial;      /* one of several extents, or interleaved */
    struct slice name; /* without its version number */
    struct slice system_use;
};

/* The next record of a directory's sector. False: the sector has no more; `bytes->overrun` says if it is
 * damaged. */
bool iso9660_record_next(struct archive_bytes *bytes, uint32_t block_bytes, struct iso9660_record *record);

/* What a System Use area says that matters for names. */
struct iso9660_system_use {
    bool name_goes_on; /* the last piece said that another follows */
    bool has_name;     /* pieces of a Rock Ridge name were appended */
    bool is_relocated; /* stands for a directory kept elsewhere */
    bool goes_on;      /* at `from`, for `bytes` bytes */
    uint64_t from;
    uint64_t bytes;
};

/* Parses a System Use area; pieces of the name are appended to `name`. */
void iso9660_system_use_parse(struct slice area, uint32_t block_bytes, struct strbuf *name,
                              struct iso9660_system_use *use);

#endif
