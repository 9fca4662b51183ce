/*
 * A zip behind other data, by the end of the file.
 *
 * Unpackers look for the end record and read the index from there, so a picture, a document or mere noise may
 * have a zip behind it that opens as well as any. A stream that is not recognised as an archive by its
 * beginning is therefore kept by its last ZIP_TAIL_BYTES, and shown to these functions when it is over. Small
 * enough to keep for every such file, enough for the index of several hundred members.
 *
 * Pure but for what the sink and the budget do; any thread.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ZIP_ZIP_TAIL_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ZIP_ZIP_TAIL_H

#include "scan/archive/archive.h"

/* The end record with the longest comment, 65,557 bytes, and some more for the index. */
enum { ZIP_TAIL_BYTES = 66 * 1024 };

/* Whether the file that ends with `tail` (the whole file where it is shorter) would be taken for a zip: there
 * is an end record, and an index where it says, as far as the tail reaches. */
bool zip_tail_recognise(struct slice tail);

/*
 * Reports the members whose headers or index entries the tail holds, as a reader would, and that the archive
 * hides behind something (ARCHIVE_CONTRADICTORY). Where the index begins before the tail that is reported too
 * (ARCHIVE_UNSUPPORTED). Call it only for a tail that was recognised. `owner` (talloc) holds working memory
 * during the call. False: out of memory.
 */
bool zip_tail_read(void *owner, struct slice tail, const struct archive_sink *sink,
                   struct archive_budget *budget);

#endif
