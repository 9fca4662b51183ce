#include "content/content_private.h"

#include "content/archive_mark.h"
#include "content/file_magic.h"

#include <talloc.h>

enum stream_state {
    STREAM_HEAD,    /* collecting the first bytes */
    STREAM_ARCHIVE, /* the content is an archive, or one was found in it */
    STREAM_MESSAGE, /* the content is a message */
    STREAM_CMS,     /* the content is in a signature or the like */
    STREAM_SEARCH,  /* unknown: an archive may begin further in */
    STREAM_DONE,
};

/* Where CD images have the name of their file system: in sector 16. */
enum { IMAGE_MARK_AT = 32769, IMAGE_MARK_BYTES = 5 };

/* How far an archive is searched in a member that is not called one: over the place of a CD image's mark. No
 * click opens one that lies further in, and all of it would have to be unpacked. */
enum { MEMBER_SEARCH_BYTES = 65536 };

struct content_stream {
    struct content_subject *subject;
    struct content_depth depth;
    unsigned flags;
    enum stream_state state;
    uint64_t bytes;
    struct content_archive *archive;
    struct content_message *message;
    struct content_cms *cms;
    struct content_uuencode *uuencode;
    struct content_calendar *calendar;
    const struct archive_format *late_format; /* has its mark further in than the head */
    uint64_t window_offset;                   /* where in the content the window begins */
    uint64_t window_wanted;                   /* how many bytes it shall hold */
    bool waits_for_ole_root;                  /* the window is for the root entry of an OLE file */
    bool is_search_over;                      /* the caller found the mark before decoding */
    bool is_archive;                          /* by its own marks, not by those of one further in */
    bool is_cut;                              /* what follows is not to be had */
    char image_mark[IMAGE_MARK_BYTES];
    struct archive_mark_search marks;
    struct content_tail *tail; /* once it is no zip by its beginning, but called one */
    struct strbuf window;      /* the head first, then what is waited for */
};

static int stream_destroy(struct content_stream *stream)
{
    strbuf_deinit(&stream->window);
    return 0;
}

struct content_stream *content_stream_create(void *owner, struct content_subject *subject, unsigned flags,
                                             struct content_depth depth)
{
    struct content_stream *stream = talloc_zero(owner, struct content_stream);
    if (stream == NULL) {
        content_fail(subject->scan);
        return NULL;
    }
    stream->subject = subject;
    stream->flags = flags;
    stream->depth = depth;
    stream->window_wanted = FILE_MAGIC_HEAD_BYTES;
    stream->state = (flags & CONTENT_ONLY_UUENCODE) != 0 ? STREAM_DONE : STREAM_HEAD;
    strbuf_init(&stream->window, 0);
    talloc_set_destructor(stream, stream_destroy);
    if ((flags & CONTENT_HAS_UUENCODE) != 0)
        stream->uuencode = content_uuencode_create(stream, subject->scan, subject->path, depth);
    if ((flags & CONTENT_IS_CALENDAR) != 0)
        stream->calendar = content_calendar_create(stream, subject, depth);
    return stream;
}

bool content_stream_is_searching(const struct content_stream *stream)
{
    bool is_late_over =
        stream->late_format == NULL || stream->bytes >= stream->window_offset + stream->window_wanted;
    return stream->state == STREAM_SEARCH && is_late_over && !stream->is_search_over &&
           stream->uuencode == NULL && stream->calendar == NULL &&
           (stream->flags & CONTENT_NAMED_ARCHIVE) == 0;
}

void content_stream_end_search(struct content_stream *stream)
{
    stream->is_search_over = true;
}

uint64_t content_stream_bytes(const struct content_stream *stream)
{
    return stream->bytes;
}

/* ---- what it is ---- */

static void note_executable(struct content_stream *stream, const char *executable)
{
    bool is_prose = (stream->flags & CONTENT_IS_TEXT) != 0 && stream->subject->entry == CONTENT_NO_ENTRY &&
                    strcmp(executable, ATTACHMENT_SCRIPT) == 0;
    struct attachment *entry = is_prose ? NULL : content_entry(stream->subject);
    if (entry != NULL && entry->executable == NULL)
        entry->executable = executable;
}

/* ---- going on with what it is ---- */

/* Ends the archive or message that the content is; nothing more is wanted. */
static void finish_inner(struct content_stream *stream)
{
    if (stream->state == STREAM_ARCHIVE && stream->is_cut)
        content_archive_cut(stream->archive);
    else if (stream->state == STREAM_ARCHIVE)
        content_archive_end(stream->archive);
    else if (stream->state == STREAM_MESSAGE)
        content_message_end(stream->message);
    else if (stream->state == STREAM_CMS)
        content_cms_end(stream->cms);
    TALLOC_FREE(stream->archive);
    TALLOC_FREE(stream->message);
    TALLOC_FREE(stream->cms);
    stream->state = STREAM_DONE;
}

static void feed(struct content_stream *stream, struct slice bytes)
{
    bool is_wanted = true;
    if (bytes.length == 0)
        return;
    if (stream->tail != NULL)
        content_tail_push(stream->tail, bytes);
    if (stream->state == STREAM_ARCHIVE)
        is_wanted = content_archive_push(stream->archive, bytes);
    else if (stream->state == STREAM_MESSAGE)
        is_wanted =
            content_message_push(stream->message, bytes) || content_message_is_in_attachment(stream->message);
    else if (stream->state == STREAM_CMS)
        is_wanted = content_cms_push(stream->cms, bytes);
    if (!is_wanted)
        finish_inner(stream);
}

/* It is something else than a zip; whoever calls it one has it opened as one, by its end. */
static void keep_tail(struct content_stream *stream)
{
    if ((stream->flags & CONTENT_NAMED_ZIP) != 0 && stream->tail == NULL)
        stream->tail = content_tail_create(stream, stream->subject->scan);
}

static void become_archive(struct content_stream *stream, const struct archive_format *format,
                           struct slice bytes, bool is_embedded)
{
    stream->archive = content_archive_create(stream, stream->subject, format, stream->depth, is_embedded);
    stream->state = stream->archive == NULL ? STREAM_DONE : STREAM_ARCHIVE;
    if (strcmp(format->name, "zip") != 0)
        keep_tail(stream);
    else
        TALLOC_FREE(stream->tail);
    feed(stream, bytes);
}

static void become_message(struct content_stream *stream, struct slice bytes)
{
    struct content_scan *scan = stream->subject->scan;
    struct content_depth depth = stream->depth;
    if (depth.levels >= scan->limits.levels) {
        content_add_message_condition(scan, ATTACHMENT_OVER_BUDGET,
                                      "too many levels of multiparts and messages");
        stream->state = STREAM_DONE;
        return;
    }
    depth.levels++;
    stream->message = content_message_create(stream, scan, stream->subject->path, depth);
    stream->state = stream->message == NULL ? STREAM_DONE : STREAM_MESSAGE;
    keep_tail(stream);
    feed(stream, content_after_empty_lines(bytes));
}

static void become_cms(struct content_stream *stream, enum cms_kind kind, struct slice bytes)
{
    if (kind == CMS_ENCRYPTED) {
        content_add_condition(stream->subject, ATTACHMENT_ENCRYPTED, "encrypted S/MIME");
        return;
    }
    stream->cms = content_cms_create(stream, stream->subject, kind, stream->depth);
    stream->state = stream->cms == NULL ? STREAM_DONE : STREAM_CMS;
    keep_tail(stream);
    feed(stream, bytes);
}

static const struct archive_format *format_with_late_mark(void)
{
    for (size_t i = 0; archive_formats[i] != NULL; i++)
        if (archive_formats[i]->probe_offset + archive_formats[i]->probe_bytes > FILE_MAGIC_HEAD_BYTES)
            return archive_formats[i];
    return NULL;
}

static const struct archive_format *format_by_name(const char *name)
{
    for (size_t i = 0; archive_formats[i] != NULL; i++)
        if (strcmp(archive_formats[i]->name, name) == 0)
            return archive_formats[i];
    return NULL;
}

static void wait_for(struct content_stream *stream, uint64_t offset, uint64_t length)
{
    strbuf_reset(&stream->window);
    stream->window_offset = offset;
    stream->window_wanted = length;
}

static void search_marks(struct content_stream *stream, struct slice bytes);

/* The head says nothing: a mark further in may, and a zip may be glued behind anything. */
static void begin_search(struct content_stream *stream, struct slice head)
{
    stream->state = STREAM_SEARCH;
    stream->late_format = format_with_late_mark();
    struct strbuf copy = stream->window;
    strbuf_init(&stream->window, 0);
    if (stream->late_format != NULL)
        wait_for(stream, stream->late_format->probe_offset, stream->late_format->probe_bytes);
    keep_tail(stream);
    search_marks(stream, head);
    strbuf_deinit(&copy);
}

/* An OLE file may be an installer package, besides what it holds: its root entry tells, in the head or
 * further in. */
static void look_for_ole_root(struct content_stream *stream, struct slice head)
{
    uint64_t root;
    if (!file_magic_ole_root_offset(head, &root))
        return;
    if (root + FILE_MAGIC_OLE_ENTRY_BYTES > head.length) {
        stream->waits_for_ole_root = true;
        wait_for(stream, root, FILE_MAGIC_OLE_ENTRY_BYTES);
        return;
    }
    const char *executable =
        file_magic_ole_root(slice_part(head, (size_t)root, root + FILE_MAGIC_OLE_ENTRY_BYTES));
    if (executable != NULL)
        note_executable(stream, executable);
}

/* A calendar by its beginning, and not by its name or type: then it is read already. */
static void look_for_calendar(struct content_stream *stream, struct slice head)
{
    if (stream->calendar != NULL || !calendar_recognise(head))
        return;
    stream->calendar = content_calendar_create(stream, stream->subject, stream->depth);
    if (stream->calendar != NULL)
        content_calendar_push(stream->calendar, head);
}

/* The head is complete, or all there is. */
static void decide(struct content_stream *stream)
{
    struct slice head = strbuf_slice(&stream->window);
    const char *executable = file_magic_executable(head);
    const struct archive_format *format = content_archive_recognise(head);
    bool is_text = (stream->flags & CONTENT_IS_TEXT) != 0;
    look_for_calendar(stream, head);
    bool is_message = (stream->flags & CONTENT_IS_MESSAGE) != 0 ||
                      (!is_text && content_looks_like_message(head)) ||
                      ((stream->flags & CONTENT_IS_SIGNED) != 0 && content_looks_like_entity(head));
    bool is_unknown = false;
    stream->state = STREAM_DONE;
    if (executable != NULL) {
        note_executable(stream, executable);
    } else if (format != NULL) {
        become_archive(stream, format, slice_part(head, (size_t)format->probe_offset, head.length), false);
        look_for_ole_root(stream, head);
    } else if (is_message) {
        become_message(stream, content_behind_length(head));
    } else if (cms_recognise(head) != CMS_NONE) {
        become_cms(stream, cms_recognise(head), head);
    } else if (content_is_pgp_message(head)) {
        content_add_condition(stream->subject, ATTACHMENT_ENCRYPTED, "an OpenPGP message");
    } else {
        is_unknown = !is_text && !file_magic_harmless(head);
    }
    /* Whoever opens what is called an archive finds one behind whatever stands first. */
    if (is_unknown || (stream->state == STREAM_DONE && (stream->flags & CONTENT_NAMED_ARCHIVE) != 0))
        begin_search(stream, head);
    stream->is_archive = format != NULL;
}

/* Collects what of `bytes`, which stand at `offset`, falls into the window. Returns true once it is full. */
static bool fill_window(struct content_stream *stream, uint64_t offset, struct slice bytes)
{
    uint64_t next = stream->window_offset + stream->window.length;
    uint64_t end = stream->window_offset + stream->window_wanted;
    if (stream->window.length == stream->window_wanted || offset + bytes.length <= next || offset >= end)
        return false;
    uint64_t from = next - offset;
    uint64_t to = offset + bytes.length < end ? bytes.length : end - offset;
    strbuf_append_slice(&stream->window, slice_part(bytes, (size_t)from, (size_t)to));
    if (stream->window.failed)
        content_fail(stream->subject->scan);
    return stream->window.length == stream->window_wanted;
}

static void await_ole_root(struct content_stream *stream, struct slice bytes)
{
    if (!fill_window(stream, stream->bytes, bytes))
        return;
    const char *executable = file_magic_ole_root(strbuf_slice(&stream->window));
    stream->waits_for_ole_root = false;
    if (executable != NULL)
        note_executable(stream, executable);
}

/* Looks for the mark of an archive, which may be cut between two pushes. */
static void search_marks(struct content_stream *stream, struct slice bytes)
{
    struct archive_mark_hit hit;
    if (!archive_mark_find(&stream->marks, bytes, (stream->flags & CONTENT_NAMED_ARCHIVE) != 0, &hit)) {
        if (stream->tail != NULL)
            content_tail_push(stream->tail, bytes);
        return;
    }
    /* In what is called an archive, damage is not told of noise. */
    bool is_named = (stream->flags & CONTENT_NAMED_ARCHIVE) != 0;
    become_archive(stream, format_by_name(hit.format), hit.mark, !is_named);
    feed(stream, hit.rest);
}

static void push_search(struct content_stream *stream, struct slice bytes)
{
    const struct archive_format *late = stream->late_format;
    if (late != NULL && fill_window(stream, stream->bytes, bytes) &&
        late->recognise(strbuf_slice(&stream->window))) {
        struct strbuf window = stream->window;
        uint64_t from = stream->window_offset + window.length - stream->bytes;
        strbuf_init(&stream->window, 0);
        stream->is_archive = true;
        become_archive(stream, late, strbuf_slice(&window), false);
        feed(stream, slice_part(bytes, (size_t)from, bytes.length));
        strbuf_deinit(&window);
        return;
    }
    search_marks(stream, bytes);
}

/* Completes the head from `bytes`; returns what comes after it. */
static struct slice take_head(struct content_stream *stream, struct slice bytes)
{
    size_t had = stream->window.length;
    bool is_full = fill_window(stream, stream->bytes, bytes);
    size_t taken = stream->window.length - had;
    stream->bytes += taken;
    if (is_full)
        decide(stream);
    return slice_part(bytes, taken, bytes.length);
}

static bool is_search_bounded(const struct content_stream *stream)
{
    return stream->subject->is_member && !stream->subject->is_nameless &&
           (stream->flags & CONTENT_NAMED_ARCHIVE) == 0;
}

/* Searches what of `bytes` is to be searched. */
static void push_search_bounded(struct content_stream *stream, struct slice bytes)
{
    bool is_end = is_search_bounded(stream) && bytes.length >= MEMBER_SEARCH_BYTES - stream->bytes;
    if (!is_end) {
        push_search(stream, bytes);
        return;
    }
    push_search(stream, slice_part(bytes, 0, (size_t)(MEMBER_SEARCH_BYTES - stream->bytes)));
    if (stream->state == STREAM_SEARCH)
        stream->state = STREAM_DONE;
    else
        feed(stream, slice_part(bytes, (size_t)(MEMBER_SEARCH_BYTES - stream->bytes), bytes.length));
}

/* Whether the mark of a disk image may still come in what is called one. */
static bool awaits_image(const struct content_stream *stream)
{
    return (stream->flags & CONTENT_NAMED_OLD_ARCHIVE) != 0 &&
           stream->bytes < IMAGE_MARK_AT + IMAGE_MARK_BYTES;
}

/* What is mounted as a disk image may be something else by its first bytes. */
static void watch_for_image(struct content_stream *stream, struct slice bytes)
{
    static const char *const marks[] = {"CD001", "BEA01"};
    for (size_t i = 0; i < bytes.length && stream->bytes + i < IMAGE_MARK_AT + IMAGE_MARK_BYTES; i++)
        if (stream->bytes + i >= IMAGE_MARK_AT)
            stream->image_mark[stream->bytes + i - IMAGE_MARK_AT] = bytes.data[i];
    if (!awaits_image(stream) || stream->bytes + bytes.length < IMAGE_MARK_AT + IMAGE_MARK_BYTES)
        return;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (memcmp(stream->image_mark, marks[i], IMAGE_MARK_BYTES) == 0)
            content_add_condition(stream->subject, ATTACHMENT_AMBIGUOUS,
                                  "a disk image and something else in one");
}

bool content_stream_push(struct content_stream *stream, struct slice bytes)
{
    struct content_scan *scan = stream->subject->scan;
    if (!content_charge(scan, bytes.length) || scan->failed)
        finish_inner(stream);
    if (stream->uuencode != NULL)
        content_uuencode_push(stream->uuencode, bytes);
    if ((stream->flags & CONTENT_IS_CALENDAR) != 0 && stream->calendar != NULL)
        content_calendar_push(stream->calendar, bytes);
    if (stream->state == STREAM_HEAD)
        bytes = take_head(stream, bytes);
    if ((stream->flags & CONTENT_IS_CALENDAR) == 0 && stream->calendar != NULL)
        content_calendar_push(stream->calendar, bytes);
    if (stream->waits_for_ole_root)
        await_ole_root(stream, bytes);
    if (stream->state != STREAM_SEARCH && awaits_image(stream))
        watch_for_image(stream, bytes);
    if (stream->state == STREAM_SEARCH)
        push_search_bounded(stream, bytes);
    else
        feed(stream, bytes);
    stream->bytes += bytes.length;
    return stream->state != STREAM_DONE || stream->uuencode != NULL || stream->calendar != NULL ||
           stream->waits_for_ole_root || stream->tail != NULL || awaits_image(stream);
}

void content_stream_end(struct content_stream *stream)
{
    if (stream->state == STREAM_HEAD && !stream->subject->scan->failed)
        decide(stream);
    finish_inner(stream);
    if (stream->tail != NULL && !stream->subject->scan->failed)
        content_tail_end(stream->tail, stream->subject, stream->depth);
    TALLOC_FREE(stream->tail);
    if (stream->uuencode != NULL)
        content_uuencode_end(stream->uuencode);
    TALLOC_FREE(stream->uuencode);
    if (stream->calendar != NULL)
        content_calendar_end(stream->calendar);
    TALLOC_FREE(stream->calendar);
    if ((stream->flags & CONTENT_NAMED_OLD_ARCHIVE) != 0 && !stream->is_archive && stream->bytes > 0)
        content_add_condition(stream->subject, ATTACHMENT_UNINSPECTABLE, "not the archive that it is called");
}

void content_stream_cut(struct content_stream *stream)
{
    stream->is_cut = true;
    content_stream_end(stream);
}
