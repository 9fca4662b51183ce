#include "scan/content/content_private.h"

#include "scan/archive/zip/zip_tail.h"

#include <talloc.h>

struct content_tail {
    struct content_subject *subject;
    struct content_depth depth;
    struct strbuf bytes; /* the last ZIP_TAIL_BYTES at least, twice as many at most */
};

static int tail_destroy(struct content_tail *tail)
{
    strbuf_deinit(&tail->bytes);
    return 0;
}

struct content_tail *content_tail_create(void *owner, struct content_subject *subject,
                                         struct content_depth depth)
{
    struct content_tail *tail = talloc_zero(owner, struct content_tail);
    if (tail == NULL) {
        content_fail(subject->scan);
        return NULL;
    }
    tail->subject = subject;
    tail->depth = depth;
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

static bool tail_push(void *state, struct slice bytes)
{
    struct content_tail *tail = state;
    if (bytes.length > ZIP_TAIL_BYTES)
        bytes = slice_part(bytes, bytes.length - ZIP_TAIL_BYTES, bytes.length);
    if (tail->bytes.length + bytes.length > 2 * (size_t)ZIP_TAIL_BYTES)
        shorten(tail);
    strbuf_append_slice(&tail->bytes, bytes);
    if (tail->bytes.failed)
        content_fail(tail->subject->scan);
    return true;
}

static void tail_end(void *state, bool is_cut)
{
    struct content_tail *tail = state;
    struct slice bytes = strbuf_slice(&tail->bytes);
    if (bytes.length > ZIP_TAIL_BYTES)
        bytes = slice_part(bytes, bytes.length - ZIP_TAIL_BYTES, bytes.length);
    (void)is_cut;
    if (!tail->bytes.failed && !tail->subject->scan->failed && zip_tail_recognise(bytes))
        content_archive_read_tail(tail, tail->subject, tail->depth, bytes);
}

const struct content_consumer content_tail_consumer = {tail_push, tail_end};
