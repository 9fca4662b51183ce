#include "scan/content/content_window.h"

#include "scan/content/content_private.h"

void content_window_init(struct content_window *window, struct content_scan *scan)
{
    *window = (struct content_window){.scan = scan};
    strbuf_init(&window->bytes, 0);
}

void content_window_deinit(struct content_window *window)
{
    strbuf_deinit(&window->bytes);
}

void content_window_expect(struct content_window *window, uint64_t offset, uint64_t wanted)
{
    strbuf_reset(&window->bytes);
    window->offset = offset;
    window->wanted = wanted;
}

bool content_window_push(struct content_window *window, uint64_t at, struct slice bytes)
{
    uint64_t next = window->offset + window->bytes.length;
    uint64_t end = window->offset + window->wanted;
    if (!content_window_is_waiting(window) || at > next || at + bytes.length <= next)
        return false;
    uint64_t from = next - at;
    uint64_t to = at + bytes.length < end ? bytes.length : end - at;
    strbuf_append_slice(&window->bytes, slice_part(bytes, (size_t)from, (size_t)to));
    if (window->bytes.failed)
        content_fail(window->scan);
    return !content_window_is_waiting(window);
}

bool content_window_is_waiting(const struct content_window *window)
{
    return window->bytes.length < window->wanted;
}
