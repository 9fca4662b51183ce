/* Files of messages: one in each .eml, as a rule, and many in an mbox. */
#include "scan/content/content_private.h"

#include <talloc.h>

enum { LINE_BYTES_MAX = 1024 }; /* of a "From " line, and of the field behind it that matters */

enum separator_state {
    SEPARATOR_LINE_START,
    SEPARATOR_IN_LINE,   /* of anything else */
    SEPARATOR_FROM,      /* in what begins like a "From " line, and is kept */
    SEPARATOR_AFTER_FROM /* in the line behind it, kept too: is it a field? */
};

struct content_mbox {
    struct content_scan *scan;
    const char *path;
    struct content_depth depth;
    struct content_message *first; /* gets all: its reader may not know of mboxes */
    struct content_message *later; /* the one that is open behind it, if any */
    unsigned count;                /* of messages */
    enum separator_state state;
    uint32_t from_length; /* of the "From " line in `kept` */
    struct strbuf kept;
};

static int mbox_destroy(struct content_mbox *mbox)
{
    strbuf_deinit(&mbox->kept);
    return 0;
}

struct content_mbox *content_mbox_create(void *owner, struct content_scan *scan, const char *path,
                                         struct content_depth depth)
{
    struct content_mbox *mbox = talloc_zero(owner, struct content_mbox);
    if (mbox == NULL) {
        content_fail(scan);
        return NULL;
    }
    mbox->scan = scan;
    mbox->path = path;
    mbox->depth = depth;
    mbox->count = 1;
    mbox->state = SEPARATOR_IN_LINE; /* the first message begins without one, or with its own */
    strbuf_init(&mbox->kept, 0);
    talloc_set_destructor(mbox, mbox_destroy);
    mbox->first = content_message_create(mbox, scan, path, depth);
    if (mbox->first == NULL)
        TALLOC_FREE(mbox);
    return mbox;
}

static void end_later(struct content_mbox *mbox)
{
    if (mbox->later != NULL)
        content_message_end(mbox->later);
    TALLOC_FREE(mbox->later);
}

static void push_later(struct content_mbox *mbox, struct slice bytes)
{
    if (mbox->later != NULL && bytes.length > 0)
        content_message_push(mbox->later, bytes);
}

/* A message begins with what is kept behind the "From " line. */
static void begin_later(struct content_mbox *mbox)
{
    struct content_scan *scan = mbox->scan;
    end_later(mbox);
    if (scan->mime_budget.parts_left == 0) {
        content_add_message_condition(scan, ATTACHMENT_OVER_BUDGET, "too many parts");
        return;
    }
    scan->mime_budget.parts_left--;
    char *label = talloc_asprintf(mbox, "(message %u)", ++mbox->count);
    char *path = label == NULL ? NULL : content_path(scan, mbox, mbox->path, label);
    talloc_free(label);
    if (path == NULL) {
        content_fail(scan);
        return;
    }
    mbox->later = content_message_create(mbox, scan, path, mbox->depth);
    talloc_steal(mbox->later == NULL ? (void *)mbox : mbox->later, path);
}

/* What was kept is no separator, or its message has begun: it is content. */
static void release_kept(struct content_mbox *mbox, size_t from)
{
    if (mbox->kept.failed)
        content_fail(mbox->scan);
    push_later(mbox, slice_part(strbuf_slice(&mbox->kept), from, mbox->kept.length));
    strbuf_reset(&mbox->kept);
}

/* How many of `bytes` belong to the line that is being read, its end included; `is_end`: that came. */
static size_t line_rest(struct slice bytes, bool *is_end)
{
    size_t end = slice_find(bytes, '\n');
    *is_end = end < bytes.length;
    return *is_end ? end + 1 : end;
}

static void keep_line(struct content_mbox *mbox, struct slice line, bool is_end)
{
    static const char from[] = "From ";
    strbuf_append_slice(&mbox->kept, line);
    struct slice kept = strbuf_slice(&mbox->kept);
    if (mbox->state == SEPARATOR_FROM) {
        size_t shown = kept.length < sizeof from - 1 ? kept.length : sizeof from - 1;
        bool is_from = memcmp(kept.data, from, shown) == 0 && kept.length <= LINE_BYTES_MAX;
        if (is_from && is_end && shown == sizeof from - 1) {
            mbox->from_length = (uint32_t)kept.length;
            mbox->state = SEPARATOR_AFTER_FROM;
        } else if (!is_from || is_end) {
            release_kept(mbox, 0);
            mbox->state = is_end ? SEPARATOR_LINE_START : SEPARATOR_IN_LINE;
        }
        return;
    }
    struct slice field = slice_part(kept, mbox->from_length, kept.length);
    if (!is_end && field.length < LINE_BYTES_MAX)
        return;
    bool is_field = content_is_field_line(slice_trim(field));
    if (is_field)
        begin_later(mbox);
    release_kept(mbox, is_field ? mbox->from_length : 0);
    mbox->state = is_end ? SEPARATOR_LINE_START : SEPARATOR_IN_LINE;
}

static void find_separators(struct content_mbox *mbox, struct slice bytes)
{
    while (bytes.length > 0 && !mbox->scan->failed) {
        bool is_end;
        if (mbox->state == SEPARATOR_LINE_START)
            mbox->state = bytes.data[0] == 'F' ? SEPARATOR_FROM : SEPARATOR_IN_LINE;
        struct slice line = slice_part(bytes, 0, line_rest(bytes, &is_end));
        if (mbox->state == SEPARATOR_IN_LINE) {
            push_later(mbox, line);
            mbox->state = is_end ? SEPARATOR_LINE_START : SEPARATOR_IN_LINE;
        } else {
            keep_line(mbox, line, is_end);
        }
        bytes = slice_part(bytes, line.length, bytes.length);
    }
}

static bool mbox_push(void *state, struct slice bytes)
{
    struct content_mbox *mbox = state;
    content_message_push(mbox->first, bytes);
    find_separators(mbox, bytes);
    return !mbox->scan->failed;
}

static void mbox_end(void *state, bool is_cut)
{
    struct content_mbox *mbox = state;
    (void)is_cut;
    if (mbox->state == SEPARATOR_AFTER_FROM && mbox->kept.length > mbox->from_length)
        keep_line(mbox, slice_make("", 0), true);
    release_kept(mbox, 0);
    end_later(mbox);
    content_message_end(mbox->first);
}

const struct content_consumer content_mbox_consumer = {mbox_push, mbox_end};
