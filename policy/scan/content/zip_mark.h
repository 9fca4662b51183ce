/*
 * The mark of a zip's member ("PK\3\4") in base64 that nobody decodes.
 *
 * A zip may be glued behind a file of an unknown kind. Decoding every large attachment to look for it would
 * cost more than all the rest of the scan; its mark can be found in the encoded text, where it has one of
 * three forms. Line ends of usual lengths do not hide it. One searcher a stream, owned by the caller, cut
 * anywhere.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_ZIP_MARK_H
#define CLOSEDRELAY_SCAN_CONTENT_ZIP_MARK_H

#include "base/slice.h"

enum { ZIP_MARK_TAIL_BYTES = 16 };

struct zip_mark_search {
    char tail[ZIP_MARK_TAIL_BYTES]; /* the end of what was searched */
    size_t tail_length;
};

/* Where the mark was found: what to decode, one after the other, to get it and what follows it. */
struct zip_mark_hit {
    const char *group;                 /* a whole group of four characters for the bytes at its beginning */
    char between[ZIP_MARK_TAIL_BYTES]; /* encoded text of earlier pieces after that group */
    size_t between_length;
    struct slice rest; /* encoded text of this piece after all that */
};

/* Looks for the mark in the next piece of base64. Returns whether it was found; then the search is over. */
bool zip_mark_find(struct zip_mark_search *search, struct slice encoded, struct zip_mark_hit *hit);

/* The offset of the first two or three characters that may begin the mark (they never stand on two lines, as
 * these hold whole groups), or `encoded.length`. */
size_t zip_mark_next(struct slice encoded);
size_t zip_mark_next_portable(struct slice encoded);

#endif
