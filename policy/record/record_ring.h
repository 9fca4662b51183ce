/*
 * The last lines of the record, for those who watch it live, in RECORD_RING_BYTES of memory.
 *
 * While nobody watches, it takes no memory, and putting a line costs one atomic look. A watcher reads at its
 * own pace; what was overwritten before it came to it is lost to it, and counted. Writers never wait for
 * readers.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_RING_H
#define CLOSEDRELAY_RECORD_RECORD_RING_H

#include "base/strbuf.h"

enum {
    RECORD_RING_BYTES = 2 << 20,            /* of all lines, four more for each: some 1,500 of small mail */
    RECORD_RING_LINE_BYTES_MAX = 256 << 10, /* a longer one is lost to watchers */
};

struct record_ring;

/* NULL: out of memory. */
struct record_ring *record_ring_create(void);
/* After the last watcher has left. NULL is allowed. */
void record_ring_destroy(struct record_ring *ring);

/* A line without its newline, which is not empty; copied. Any thread. */
void record_ring_put(struct record_ring *ring, struct slice line);

struct record_watcher {
    struct record_ring *ring;
    uint64_t next; /* number of the line to read */
    uint64_t at;   /* where it is */
};

/* Lines from now on; without memory each of them is told as lost. */
void record_watcher_begin(struct record_watcher *watcher, struct record_ring *ring);
void record_watcher_end(struct record_watcher *watcher);

/* Waits up to `wait_ms` for the next line, and copies it into `line`. `lost` is how many lines were missed
 * before it. False: none came. One thread for a watcher. */
bool record_watcher_next(struct record_watcher *watcher, unsigned wait_ms, struct strbuf *line,
                         uint64_t *lost);

#endif
