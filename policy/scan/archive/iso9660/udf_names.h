/*
 * The file names of a UDF file system (ECMA-167), found in a stream.
 *
 * A CD image may have UDF besides ISO 9660, with other files in it, and Windows shows those. Its directories
 * are not followed but recognised: every sector that begins with a File Identifier Descriptor, or with the
 * entry of a directory that holds its own, is read for names, in use or not. Sectors are 2,048 bytes, as on
 * every optical disk.
 *
 * Names are kept, charged to the budget, until udf_names_report. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ISO9660_UDF_NAMES_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ISO9660_UDF_NAMES_H

#include "scan/archive/archive_buffer.h"
#include "scan/archive/archive_walk.h"

enum { UDF_SECTOR_BYTES = 2048 };

struct udf_names {
    struct archive_buffer found; /* each: two bytes of length, then UTF-8 */
    size_t found_bytes;
    struct archive_buffer reported; /* uint64_t[], of names reported by others */
    size_t reported_count;
    struct strbuf text;
    bool has_directory; /* one was seen at all */
    bool is_broken;     /* a descriptor goes on where it cannot be found */
    bool is_full;       /* no memory, or no more of the budget */
    size_t length;      /* of what is gathered */
    size_t carried;     /* of that, from the sector before: the beginning of a descriptor */
    char gathered[2 * UDF_SECTOR_BYTES];
};

void udf_names_init(struct udf_names *names, void *owner, struct archive_budget *budget);
void udf_names_deinit(struct udf_names *names);

/* The next bytes; the first ones begin a sector. */
void udf_names_push(struct udf_names *names, struct slice bytes);

/* A name that was reported already. */
void udf_names_note(struct udf_names *names, struct slice name);

/* No more bytes: tells the names found and not noted as members without content. What could not be read is an
 * outcome. */
void udf_names_report(struct udf_names *names, struct archive_walk *walk);

#endif
