/*
 * A growing block of memory that is charged to the budget's kept_bytes_left.
 *
 * The block is a talloc child of its owner; when the owner is freed, the charge is given back. Growth at
 * least doubles, so that filling it by small steps costs no more than filling it at once. Once it has failed
 * (out of memory, over budget) it stays failed and keeps what it has. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_BUFFER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_BUFFER_H

#include "scan/archive/archive.h"

struct archive_buffer {
    void *owner;
    struct archive_budget *budget;
    char *bytes; /* aligned for any type; NULL before the first reserve */
    size_t capacity;
    bool failed;
};

void archive_buffer_init(struct archive_buffer *buffer, void *owner, struct archive_budget *budget);

/* Makes room for `capacity` bytes in all; earlier content is kept, `bytes` may move. False: failed. */
bool archive_buffer_reserve(struct archive_buffer *buffer, size_t capacity);

#endif
