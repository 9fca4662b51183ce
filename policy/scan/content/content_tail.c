#include "scan/content/content_private.h"

#include "scan/archive/zip/zip_tail.h"

#include <talloc.h>

struct content_tail {
    struct content_scan *scan;
    struct strbuf bytes; /* the last ZIP_TAIL_BYTES at least, twice as many at most */
};

static int tail_destroy(struct content_tail *tail)
{
    strbuf_deinit(&tail->bytes);
    return 0;
}

struct content_tail *content_tail_create(void *owner, struct content_scan *scan)
{
    struct content_tail *tail = talloc_zero(owner, struct content_tail);
    if (tail == NULL) {
        content_fail(scan);
        return NULL;
    }
    tail->scan = scan;
    strbuf_init(&tail->bytes, 0);
    talloc_set_destructor(tail, tail_destroy);
    return tail;
}

/* Leaves the last bytes only. */
static void shorten(struct content_tail *tail)
{
    size_t length = tail->bytes.length;
    memmove(tail->bytes.data, tail->bytes.data + (length - ZIP_TAIL_BYTES), ZIP_TAIL_BYTES);
    strbuf_truncate(&tail->bytes, ZIP_TAIL_BYTES);
}

void content_tail_push(struct content_tail *tail, struct slice bytes)
{
    if (bytes.length > ZIP_TAIL_BYTES)
        bytes = slice_part(bytes, bytes.length - ZIP_TAIL_BYTES, bytes.length);
    if (tail->bytes.length + bytes.length > 2 * (size_t)ZIP_TAIL_BYTES)
        shorten(tail);
    strbuf_append_slice(&tail->bytes, bytes);
    if (tail->bytes.failed)
        content_fail(tail->scan);
}

void content_tail_end(struct content_tail *tail, struct content_subject *subject, struct content_depth depth)
{
    struct slice bytes = strbuf_slice(&tail->bytes);
    if (bytes.length > ZIP_TAIL_BYTES)
        bytes = slice_part(bytes, bytes.length - ZIP_TAIL_BYTES, bytes.length);
    if (!tail->bytes.failed && zip_tail_recognise(bytes))
        content_archive_read_tail(tail, subject, depth, bytes);
}
