/* What decoded content is, by its beginning; and reading on as that. */
#include "scan/content/content_private.h"

#include "scan/content/archive_mark.h"
#include "scan/content/content_watch.h"
#include "scan/content/content_window.h"
#include "scan/content/file_magic.h"

#include <talloc.h>

enum stream_state {
    STREAM_HEAD,    /* collecting the first bytes */
    STREAM_ARCHIVE, /* the content is an archive, or one was found in it */
    STREAM_MESSAGE, /* the content is a message */
    STREAM_CMS,     /* the content is in a signature or the like */
    STREAM_SEARCH,  /* unknown: an archive may begin further in */
    STREAM_DONE,
};

/* How far an archive is searched in a member that is not called one: over the place of a CD image's mark. No
 * click opens one that lies further in, and all of it would have to be unpacked. */
enum { MEMBER_SEARCH_BYTES = 65536 };

/* Most members are texts, and this much of one tells that it is nothing else. */
enum { MEMBER_PROSE_BYTES = 1024 };

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
    bool is_search_over;                      /* the caller found the mark before decoding */
    bool is_archive;                          /* by its own marks, not by those of one further in */
    bool is_cut;                              /* what follows is not to be had */
    struct archive_mark_search marks;
    struct content_tail *tail;    /* once it is no zip by its beginning, but called one */
    struct content_window window; /* the head, then the mark of late_format */
    struct content_watch watch;
};

static int stream_destroy(struct content_stream *stream)
{
    content_window_deinit(&stream->window);
    content_watch_deinit(&stream->watch);
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
    stream->state = (flags & CONTENT_ONLY_UUENCODE) != 0 ? STREAM_DONE : STREAM_HEAD;
    content_window_init(&stream->window, subject->scan);
    content_window_expect(&stream->window, 0, FILE_MAGIC_HEAD_BYTES);
    content_watch_init(&stream->watch, subject, (flags & CONTENT_NAMED_OLD_ARCHIVE) != 0);
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
        stream->late_format == NULL || stream->bytes >= stream->window.offset + stream->window.wanted;
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
    if (!is_prose)
        content_add_executable(stream->subject, executable);
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
    if (!content_enter_level(scan, &depth)) {
        stream->state = STREAM_DONE;
        return;
    }
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

static void search_marks(struct content_stream *stream, struct slice bytes);

/* The head says nothing: a mark further in may, and a zip may be glued behind anything. */
static void begin_search(struct content_stream *stream, struct slice head)
{
    stream->state = STREAM_SEARCH;
    stream->late_format = format_with_late_mark();
    struct content_window copy = stream->window; /* `head` is in it */
    content_window_init(&stream->window, copy.scan);
    if (stream->late_format != NULL)
        content_window_expect(&stream->window, stream->late_format->probe_offset,
                              stream->late_format->probe_bytes);
    keep_tail(stream);
    search_marks(stream, head);
    content_window_deinit(&copy);
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
    struct slice head = strbuf_slice(&stream->window.bytes);
    const char *executable = content_executable(head);
    const struct archive_format *format = content_archive_recognise(head);
    bool is_text = (stream->flags & CONTENT_IS_TEXT) != 0;
    look_for_calendar(stream, head);
    bool is_message = (stream->flags & CONTENT_IS_MESSAGE) != 0 ||
                      (!is_text && content_looks_like_message(head)) ||
                      (is_text && slice_starts_nocase(head, slice_of("Content-Type:"))) ||
                      ((stream->flags & CONTENT_IS_SIGNED) != 0 && content_looks_like_entity(head));
    bool is_unknown = false;
    stream->state = STREAM_DONE;
    if (executable != NULL) {
        note_executable(stream, executable);
    } else if (format != NULL) {
        become_archive(stream, format, slice_part(head, (size_t)format->probe_offset, head.length), false);
        content_watch_begin(&stream->watch, head);
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
    if (late != NULL && content_window_push(&stream->window, stream->bytes, bytes) &&
        late->recognise(strbuf_slice(&stream->window.bytes))) {
        uint64_t from = stream->window.offset + stream->window.wanted - stream->bytes;
        stream->is_archive = true;
        become_archive(stream, late, strbuf_slice(&stream->window.bytes), false);
        feed(stream, slice_part(bytes, (size_t)from, bytes.length));
        return;
    }
    search_marks(stream, bytes);
}

/* Whether the head has just got long enough to show that a member is a text, and shows it. */
static bool is_prose(const struct content_stream *stream, size_t had)
{
    struct slice head = strbuf_slice(&stream->window.bytes);
    return had < MEMBER_PROSE_BYTES && head.length >= MEMBER_PROSE_BYTES && stream->subject->is_member &&
           !stream->subject->is_nameless && stream->flags == 0 &&
           content_is_prose(slice_part(head, 0, MEMBER_PROSE_BYTES));
}

/* Completes the head from `bytes`; returns what comes after it. */
static struct slice take_head(struct content_stream *stream, struct slice bytes)
{
    size_t had = stream->window.bytes.length;
    bool is_full = content_window_push(&stream->window, stream->bytes, bytes);
    size_t taken = stream->window.bytes.length - had;
    stream->bytes += taken;
    if (is_prose(stream, had))
        stream->state = STREAM_DONE;
    else if (is_full)
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
    /* What is mounted as a disk image may be something else by its first bytes. */
    if (content_watch_push(&stream->watch, stream->bytes, bytes) && stream->state != STREAM_SEARCH)
        content_add_condition(stream->subject, ATTACHMENT_AMBIGUOUS,
                              "a disk image and something else in one");
    if (stream->state == STREAM_SEARCH)
        push_search_bounded(stream, bytes);
    else
        feed(stream, bytes);
    stream->bytes += bytes.length;
    return stream->state != STREAM_DONE || stream->uuencode != NULL || stream->calendar != NULL ||
           stream->tail != NULL || content_watch_is_waiting(&stream->watch);
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
