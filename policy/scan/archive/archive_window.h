/*
 * A view of the front of a stream, for readers that are pushed pieces of any size.
 *
 * The reader asks for so many bytes in one piece and gets them where they are, in the pushed piece; only what
 * straddles two pieces is copied. What is not consumed when a push ends is kept for the next one, so a reader
 * should consume what it can and never want more than its format can make it want.
 *
 * Memory kept is taken from the budget's kept_bytes_left and given back when the window is freed with its
 * talloc owner. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_WINDOW_H
#define CLOSEDRELAY_SCAN_ARCHIVE_ARCHIVE_WINDOW_H

#include "scan/archive/archive_buffer.h"

struct archive_window {
    struct archive_buffer kept;
    size_t own;         /* bytes in `kept` from earlier pushes */
    size_t borrowed;    /* bytes behind them that are copies of the front of `input` */
    struct slice input; /* not yet consumed part of the piece being pushed */
    uint64_t position;  /* of the front, counted from the start of the stream */
};

/* `owner` (talloc) will hold the kept bytes. */
void archive_window_init(struct archive_window *window, void *owner, struct archive_budget *budget);

/* Begins a push of `bytes`; the window points into them until archive_window_keep. */
void archive_window_begin(struct archive_window *window, struct slice bytes);

/* Shows at least `wanted` bytes from the front, all that lie in one piece. False: they have not all come yet,
 * or the window has failed. The view is valid until the next call on the window. */
bool archive_window_want(struct archive_window *window, size_t wanted, struct slice *view);

/* Moves the front on by `count` bytes of the view shown last. */
void archive_window_consume(struct archive_window *window, size_t count);

/* Ends the push: keeps what is left for the next. False: the window has failed. */
bool archive_window_keep(struct archive_window *window);

/* Out of memory or over budget: nothing more can be wanted. */
static inline bool archive_window_failed(const struct archive_window *window)
{
    return window->kept.failed;
}

/* How many bytes have come and are not consumed. */
size_t archive_window_available(const struct archive_window *window);

#endif
