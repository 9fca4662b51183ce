/*
 * The marks of archives that begin behind other bytes: unpackers look for them there, in self-extracting
 * files or wherever something got in front. One searcher a stream, owned by the caller, cut anywhere.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_ARCHIVE_MARK_H
#define CLOSEDRELAY_SCAN_CONTENT_ARCHIVE_MARK_H

#include "scan/archive/archive.h"

enum { ARCHIVE_MARK_BYTES_MAX = 8 };

struct archive_mark_search {
    char tail[ARCHIVE_MARK_BYTES_MAX - 1]; /* the end of what was searched */
    size_t tail_length;
};

struct archive_mark_hit {
    const struct archive_format *format; /* whose embedded_mark it is: the beginning of the archive */
    struct slice rest;                   /* of the piece, behind the mark */
};

/* Looks for a mark in the next piece: of those formats only that unpackers find in any file, or (`all`) of
 * every one that has a mark. Returns whether one was found; then the search is over. */
bool archive_mark_find(struct archive_mark_search *search, struct slice piece, bool all,
                       struct archive_mark_hit *hit);

#endif
