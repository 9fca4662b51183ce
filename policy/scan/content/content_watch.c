#include "scan/content/content_watch.h"

#include "scan/content/file_magic.h"

/* Where CD images have the name of their file system: in sector 16. */
enum { IMAGE_MARK_AT = 32769, IMAGE_MARK_BYTES = 5 };

void content_watch_init(struct content_watch *watch, struct content_subject *subject, bool for_image)
{
    watch->subject = subject;
    content_window_init(&watch->ole_root, subject->scan);
    content_window_init(&watch->image_mark, subject->scan);
    if (for_image)
        content_window_expect(&watch->image_mark, IMAGE_MARK_AT, IMAGE_MARK_BYTES);
}

void content_watch_deinit(struct content_watch *watch)
{
    content_window_deinit(&watch->ole_root);
    content_window_deinit(&watch->image_mark);
}

static void watch_root(struct content_watch *watch, uint64_t at, struct slice bytes)
{
    if (!content_window_push(&watch->ole_root, at, bytes))
        return;
    const char *executable = file_magic_ole_root(strbuf_slice(&watch->ole_root.bytes));
    if (executable != NULL)
        content_add_executable(watch->subject, executable);
}

void content_watch_begin(struct content_watch *watch, struct slice head)
{
    uint64_t root;
    if (!file_magic_ole_root_offset(head, &root))
        return;
    content_window_expect(&watch->ole_root, root, FILE_MAGIC_OLE_ENTRY_BYTES);
    watch_root(watch, 0, head);
}

bool content_watch_push(struct content_watch *watch, uint64_t at, struct slice bytes)
{
    watch_root(watch, at, bytes);
    if (!content_window_push(&watch->image_mark, at, bytes))
        return false;
    struct slice mark = strbuf_slice(&watch->image_mark.bytes);
    return slice_equal(mark, slice_of("CD001")) || slice_equal(mark, slice_of("BEA01"));
}

bool content_watch_is_waiting(const struct content_watch *watch)
{
    return content_window_is_waiting(&watch->ole_root) || content_window_is_waiting(&watch->image_mark);
}
