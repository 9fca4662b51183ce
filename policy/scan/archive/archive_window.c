#include "scan/archive/archive_window.h"

#include <assert.h>

/* What is copied beyond the bytes wanted, so that a view over a seam soon gives way to the input itself. */
enum { ARCHIVE_WINDOW_SEAM_BYTES = 64 };

void archive_window_init(struct archive_window *window, void *owner, struct archive_budget *budget)
{
    *window = (struct archive_window){.own = 0};
    archive_buffer_init(&window->kept, owner, budget);
}

void archive_window_begin(struct archive_window *window, struct slice bytes)
{
    assert(window->borrowed == 0 && window->input.length == 0);
    window->input = bytes;
}

/* Copies the front of the input behind the kept bytes until `total` are in one piece. */
static bool archive_window_borrow(struct archive_window *window, size_t total)
{
    size_t have = window->own + window->borrowed;
    if (have >= total)
        return true;
    if (!archive_buffer_reserve(&window->kept, total))
        return false;
    memcpy(window->kept.bytes + have, window->input.data + window->borrowed, total - have);
    window->borrowed += total - have;
    return true;
}

bool archive_window_want(struct archive_window *window, size_t wanted, struct slice *view)
{
    size_t available = archive_window_available(window);
    if (window->kept.failed || available < wanted)
        return false;
    if (window->own == 0) {
        *view = window->input;
        return true;
    }
    size_t seam =
        available - wanted < ARCHIVE_WINDOW_SEAM_BYTES ? available : wanted + ARCHIVE_WINDOW_SEAM_BYTES;
    if (!archive_window_borrow(window, seam))
        return false;
    *view = slice_make(window->kept.bytes, window->own + window->borrowed);
    return true;
}

static void archive_window_drop_input(struct archive_window *window, size_t count)
{
    window->input.data += count;
    window->input.length -= count;
}

void archive_window_consume(struct archive_window *window, size_t count)
{
    window->position += count;
    if (window->own == 0) {
        assert(count <= window->input.length);
        if (count > 0)
            archive_window_drop_input(window, count);
        return;
    }
    assert(count <= window->own + window->borrowed);
    if (count >= window->own) {
        if (count > window->own)
            archive_window_drop_input(window, count - window->own);
        window->own = 0;
    } else {
        window->own -= count;
        memmove(window->kept.bytes, window->kept.bytes + count, window->own);
    }
    window->borrowed = 0;
}

bool archive_window_keep(struct archive_window *window)
{
    window->borrowed = 0;
    size_t left = window->input.length;
    bool fits = archive_buffer_reserve(&window->kept, window->own + left);
    if (fits && left > 0) {
        memcpy(window->kept.bytes + window->own, window->input.data, left);
        window->own += left;
    }
    window->input = slice_make(NULL, 0);
    return fits;
}

size_t archive_window_available(const struct archive_window *window)
{
    return window->own + window->input.length;
}
