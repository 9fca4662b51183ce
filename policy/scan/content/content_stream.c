/* What decoded content is, by its beginning; and reading on as that. */
#include "scan/content/content_private.h"

#include "scan/content/archive_mark.h"
#include "scan/content/content_watch.h"
#include "scan/content/content_window.h"
#include "scan/content/file_magic.h"
#include "scan/content/xml_document.h"

#include <talloc.h>

/* How far an archive is searched in a member that is not called one: over the place of a CD image's mark. No
 * click opens one that lies further in, and all of it would have to be unpacked. */
enum { MEMBER_SEARCH_BYTES = 65536 };

/* Most members are texts, and this much of one tells that it is nothing else. */
enum { MEMBER_PROSE_BYTES = 1024 };

/* What reads the content, each beside the others, in the order in which they get the bytes; they are ended
 * the other way round. */
enum stream_role {
    ROLE_CALENDAR,
    ROLE_UUENCODE,
    ROLE_TAIL,     /* of what is no zip by its beginning, but called one */
    ROLE_DOCUMENT, /* what is a document by its beginning, and called an archive */
    ROLE_NAMED,    /* what is read as its name says, although it begins as something else */
    ROLE_MAIN,     /* what the content is by its beginning, or by what a search found in it */
    ROLE_COUNT
};

struct stream_consumer {
    const struct content_consumer *type; /* NULL: nobody */
    void *state;                         /* talloc child of the stream */
};

struct content_stream {
    struct content_subject *subject;
    struct content_depth depth;
    unsigned flags;
    bool is_in_head;   /* collecting the first bytes */
    bool is_searching; /* unknown: an archive may begin further in */
    uint64_t bytes;
    struct stream_consumer consumers[ROLE_COUNT];
    const struct archive_format *late_format; /* has its mark further in than the head */
    bool is_search_over;                      /* the caller found the mark before decoding */
    bool is_archive;                          /* by its own marks, not by those of one further in */
    bool is_recognised;                       /* by its beginning as anything at all */
    bool is_known;                            /* by its first bytes, and nothing behind makes another of it */
    bool is_ended_file;                       /* a zip or a PDF by its beginning */
    bool is_typed_text;                       /* what its sender calls a text, and nothing else */
    bool is_text;                             /* every byte so far; looked at where it matters */
    struct archive_mark_search marks;
    struct content_window window; /* the head, then the mark of late_format */
    struct content_watch watch;
};

static int stream_destroy(struct content_stream *stream)
{
    content_window_deinit(&stream->window);
    content_watch_deinit(&stream->watch);
    return 0;
}

/* ---- consumers ---- */

static void attach(struct content_stream *stream, enum stream_role role, const struct content_consumer *type,
                   void *state)
{
    if (state != NULL)
        stream->consumers[role] = (struct stream_consumer){type, state};
}

static void detach(struct content_stream *stream, enum stream_role role)
{
    TALLOC_FREE(stream->consumers[role].state);
    stream->consumers[role].type = NULL;
}

static bool has_consumer(const struct content_stream *stream, enum stream_role role)
{
    return stream->consumers[role].type != NULL;
}

static void finish(struct content_stream *stream, enum stream_role role, bool is_cut)
{
    const struct stream_consumer *consumer = &stream->consumers[role];
    if (consumer->type != NULL)
        consumer->type->end(consumer->state, is_cut);
    detach(stream, role);
}

static void feed(struct content_stream *stream, enum stream_role role, struct slice bytes)
{
    const struct stream_consumer *consumer = &stream->consumers[role];
    if (consumer->type != NULL && bytes.length > 0 && !consumer->type->push(consumer->state, bytes))
        finish(stream, role, false);
}

static void feed_all(struct content_stream *stream, struct slice bytes)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        feed(stream, (enum stream_role)role, bytes);
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
    stream->is_in_head = (flags & CONTENT_ONLY_UUENCODE) == 0;
    stream->is_text = true;
    content_window_init(&stream->window, subject->scan);
    content_window_expect(&stream->window, 0, FILE_MAGIC_HEAD_BYTES);
    content_watch_init(&stream->watch, subject, (flags & CONTENT_NAME_BINDS) != 0);
    talloc_set_destructor(stream, stream_destroy);
    if ((flags & CONTENT_HAS_UUENCODE) != 0)
        attach(stream, ROLE_UUENCODE, &content_uuencode_consumer,
               content_uuencode_create(stream, subject->scan, subject->path, depth));
    if ((flags & CONTENT_IS_CALENDAR) != 0)
        attach(stream, ROLE_CALENDAR, &content_calendar_consumer,
               content_calendar_create(stream, subject, depth));
    return stream;
}

bool content_stream_is_searching(const struct content_stream *stream)
{
    bool is_late_over =
        stream->late_format == NULL || stream->bytes >= stream->window.offset + stream->window.wanted;
    return stream->is_searching && is_late_over && !stream->is_search_over &&
           !has_consumer(stream, ROLE_UUENCODE) && !has_consumer(stream, ROLE_CALENDAR) &&
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

bool content_stream_is_known(const struct content_stream *stream)
{
    return stream->is_known;
}

bool content_stream_is_ended_file(const struct content_stream *stream)
{
    return stream->is_ended_file;
}

bool content_stream_is_typed_text(const struct content_stream *stream)
{
    return stream->is_typed_text;
}

/* ---- what it is ---- */

static void note_executable(struct content_stream *stream, const char *executable, struct slice head)
{
    bool is_prose = (stream->flags & CONTENT_IS_TEXT) != 0 && stream->subject->entry == CONTENT_NO_ENTRY &&
                    strcmp(executable, ATTACHMENT_SCRIPT) == 0;
    if (is_prose)
        return;
    content_add_executable(stream->subject, executable);
    if (strcmp(executable, ATTACHMENT_SCRIPT) == 0)
        content_add_script(stream->subject, file_magic_script_extension(head));
}

/* It is something else than a zip, and `head` of it has come; whoever calls it one has it opened as one, by
 * its end.
 */
static void keep_tail(struct content_stream *stream, struct slice head)
{
    if ((stream->flags & CONTENT_OPENS_FROM_END) == 0 || has_consumer(stream, ROLE_TAIL))
        return;
    attach(stream, ROLE_TAIL, &content_tail_consumer,
           content_tail_create(stream, stream->subject, stream->depth));
    feed(stream, ROLE_TAIL, head);
}

static void become_archive(struct content_stream *stream, const struct archive_format *format,
                           struct slice bytes, bool is_embedded)
{
    stream->is_searching = false;
    attach(stream, ROLE_MAIN, &content_archive_consumer,
           content_archive_create(stream, stream->subject, format, stream->depth, is_embedded));
    if ((format->traits & ARCHIVE_OPENS_FROM_END) != 0)
        detach(stream, ROLE_TAIL);
    feed(stream, ROLE_MAIN, bytes);
}

static void become_message(struct content_stream *stream, struct slice bytes)
{
    struct content_scan *scan = stream->subject->scan;
    struct content_depth depth = stream->depth;
    if (!content_enter_level(scan, &depth))
        return;
    attach(stream, ROLE_MAIN, &content_mbox_consumer,
           content_mbox_create(stream, scan, stream->subject->path, depth));
    feed(stream, ROLE_MAIN, content_after_empty_lines(bytes));
}

static void become_cms(struct content_stream *stream, enum cms_kind kind, struct slice bytes)
{
    if (kind == CMS_ENCRYPTED) {
        content_add_condition(stream->subject, ATTACHMENT_ENCRYPTED, "encrypted S/MIME");
        return;
    }
    attach(stream, ROLE_MAIN, &content_cms_consumer,
           content_cms_create(stream, stream->subject, kind, stream->depth));
    feed(stream, ROLE_MAIN, bytes);
}

static const struct archive_format *format_with_late_mark(void)
{
    for (size_t i = 0; archive_formats[i] != NULL; i++)
        if (archive_formats[i]->probe_offset + archive_formats[i]->probe_bytes > FILE_MAGIC_HEAD_BYTES)
            return archive_formats[i];
    return NULL;
}

/* Looks for the mark of an archive, which may be cut between two pushes. */
static void search_marks(struct content_stream *stream, struct slice bytes)
{
    struct archive_mark_hit hit;
    /* In what is called an archive, damage is not reported of noise. */
    bool is_named = (stream->flags & CONTENT_NAMED_ARCHIVE) != 0;
    if (!archive_mark_find(&stream->marks, bytes, is_named, &hit))
        return;
    become_archive(stream, hit.format, hit.format->embedded_mark, !is_named);
    feed(stream, ROLE_MAIN, hit.rest);
}

/* The head says nothing: a mark further in may, and a zip may be glued behind anything. */
static void begin_search(struct content_stream *stream, struct slice head)
{
    stream->is_searching = true;
    stream->late_format = format_with_late_mark();
    struct content_window copy = stream->window; /* `head` is in it */
    content_window_init(&stream->window, copy.scan);
    if (stream->late_format != NULL)
        content_window_expect(&stream->window, stream->late_format->probe_offset,
                              stream->late_format->probe_bytes);
    search_marks(stream, head);
    content_window_deinit(&copy);
}

/* A calendar by its beginning, and not by its name or type: then it is read already. */
static void look_for_calendar(struct content_stream *stream, struct slice head)
{
    if ((stream->flags & CONTENT_IS_CALENDAR) != 0 || !calendar_recognise(head))
        return;
    attach(stream, ROLE_CALENDAR, &content_calendar_consumer,
           content_calendar_create(stream, stream->subject, stream->depth));
    feed(stream, ROLE_CALENDAR, head);
}

/* What is called a tar is one to GNU tar, which looks for the next header. Of what plainly is something else
 * only that counts. */
static void open_by_name(struct content_stream *stream, struct slice head, bool is_harmless)
{
    if ((stream->flags & CONTENT_OPENS_BY_NAME) == 0)
        return;
    const struct archive_format *const *format = archive_formats;
    while (*format != NULL && ((*format)->traits & ARCHIVE_OPENS_BY_NAME) == 0)
        format++;
    if (*format == NULL)
        return;
    attach(stream, ROLE_NAMED, &content_archive_consumer,
           content_archive_create(stream, stream->subject, *format, stream->depth, is_harmless));
    feed(stream, ROLE_NAMED, head);
}

/* It begins as what a reader is there for. A document that is called an archive is both: unpackers find one
 * in it. */
static void read_as_format(struct content_stream *stream, const struct archive_format *format,
                           struct slice head)
{
    if ((format->traits & ARCHIVE_IS_DOCUMENT) == 0 || (stream->flags & CONTENT_NAMED_ARCHIVE) == 0) {
        become_archive(stream, format, head, false);
        return;
    }
    open_by_name(stream, head, true);
    attach(stream, ROLE_DOCUMENT, &content_archive_consumer,
           content_archive_create(stream, stream->subject, format, stream->depth, false));
    feed(stream, ROLE_DOCUMENT, head);
}

static bool is_message(const struct content_stream *stream, struct slice head)
{
    bool is_text = (stream->flags & CONTENT_IS_TEXT) != 0;
    return (stream->flags & CONTENT_IS_MESSAGE) != 0 || (!is_text && content_looks_like_message(head)) ||
           (is_text && slice_starts_nocase(head, slice_of("Content-Type:"))) ||
           ((stream->flags & CONTENT_IS_SIGNED) != 0 && content_looks_like_entity(head));
}

/* The head is complete, or all there is. */
static void decide(struct content_stream *stream)
{
    struct slice head = strbuf_slice(&stream->window.bytes);
    const char *executable = content_executable(head);
    const struct archive_format *format = content_archive_recognise(head);
    bool is_unknown = false;
    stream->is_in_head = false;
    stream->is_recognised = executable != NULL || format != NULL;
    look_for_calendar(stream, head);
    if (format == NULL || (format->traits & ARCHIVE_OPENS_FROM_END) == 0)
        keep_tail(stream, head);
    if (executable != NULL) {
        note_executable(stream, executable, head);
    } else if (format != NULL) {
        read_as_format(stream, format, slice_part(head, (size_t)format->probe_offset, head.length));
        content_watch_begin(&stream->watch, head);
    } else if (is_message(stream, head)) {
        become_message(stream, content_behind_length(head));
    } else if (cms_recognise(head) != CMS_NONE) {
        become_cms(stream, cms_recognise(head), head);
    } else if (xml_document_recognise(head)) {
        attach(stream, ROLE_MAIN, &content_xml_consumer,
               content_xml_create(stream, stream->subject, stream->depth));
        feed(stream, ROLE_MAIN, head);
    } else if (content_is_pgp_message(head)) {
        attach(stream, ROLE_MAIN, &content_pgp_consumer,
               content_pgp_create(stream, stream->subject, stream->depth));
        feed(stream, ROLE_MAIN, head);
    } else {
        bool is_unasked = (stream->flags & (CONTENT_IS_TEXT | CONTENT_OPENS_BY_NAME)) == CONTENT_IS_TEXT;
        stream->is_recognised = file_magic_known(head);
        stream->is_known = stream->is_recognised && (stream->flags & ~(unsigned)CONTENT_IS_TEXT) == 0;
        stream->is_typed_text = stream->flags == CONTENT_IS_TEXT;
        bool is_harmless = is_unasked || file_magic_harmless(head);
        is_unknown = (stream->flags & CONTENT_IS_TEXT) == 0 && !is_harmless;
        open_by_name(stream, head, is_harmless);
    }
    /* Whoever opens what is called an archive finds one behind whatever stands first. */
    if (is_unknown || (!has_consumer(stream, ROLE_MAIN) && (stream->flags & CONTENT_NAMED_ARCHIVE) != 0))
        begin_search(stream, head);
    stream->is_ended_file = format != NULL && executable == NULL &&
                            (format->traits & (ARCHIVE_OPENS_FROM_END | ARCHIVE_IS_DOCUMENT)) != 0;
    stream->is_archive = format != NULL && (format->traits & ARCHIVE_IS_DOCUMENT) == 0;
}

static void push_search(struct content_stream *stream, struct slice bytes)
{
    const struct archive_format *late = stream->late_format;
    if (late != NULL && content_window_push(&stream->window, stream->bytes, bytes) &&
        late->recognise(strbuf_slice(&stream->window.bytes))) {
        uint64_t from = stream->window.offset + stream->window.wanted - stream->bytes;
        stream->is_archive = true;
        become_archive(stream, late, strbuf_slice(&stream->window.bytes), false);
        feed(stream, ROLE_MAIN, slice_part(bytes, (size_t)from, bytes.length));
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
    feed_all(stream, slice_part(bytes, 0, taken)); /* to who reads it whatever it is */
    if (is_prose(stream, had))
        stream->is_in_head = false;
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
    stream->is_searching = false;
    feed(stream, ROLE_MAIN, slice_part(bytes, (size_t)(MEMBER_SEARCH_BYTES - stream->bytes), bytes.length));
}

static bool is_wanted(const struct content_stream *stream)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        if (has_consumer(stream, (enum stream_role)role))
            return true;
    return stream->is_in_head || stream->is_searching || content_watch_is_waiting(&stream->watch);
}

bool content_stream_push(struct content_stream *stream, struct slice bytes)
{
    struct content_scan *scan = stream->subject->scan;
    if ((stream->flags & CONTENT_NAMED_ARCHIVE) != 0)
        stream->is_text = stream->is_text && (bytes.length == 0 || file_magic_plain_text(bytes));
    if (!content_charge(scan, bytes.length) || scan->failed) {
        stream->is_in_head = stream->is_searching = false;
        finish(stream, ROLE_MAIN, false);
    }
    if (stream->is_in_head)
        bytes = take_head(stream, bytes);
    /* What is mounted as a disk image may be something else by its first bytes. */
    if (content_watch_push(&stream->watch, stream->bytes, bytes) && !stream->is_searching)
        content_add_condition(stream->subject, ATTACHMENT_AMBIGUOUS,
                              "a disk image and something else in one");
    bool was_searching = stream->is_searching;
    for (int role = 0; role < ROLE_COUNT; role++)
        if (role != ROLE_MAIN || !was_searching)
            feed(stream, (enum stream_role)role, bytes);
    if (was_searching)
        push_search_bounded(stream, bytes);
    stream->bytes += bytes.length;
    return is_wanted(stream);
}

/* A piece is not whole, so it is not clean. What is called a.001 may be a file of its own, if it is
 * something: too short a text may be the beginning of anything. */
static void judge_volume(const struct content_stream *stream)
{
    enum { TEXT_BYTES_LEAST = 64 };
    enum content_volume volume = content_subject_volume(stream->subject);
    bool is_whole =
        stream->is_archive || stream->is_recognised || (stream->is_text && stream->bytes >= TEXT_BYTES_LEAST);
    if (stream->bytes > 0 &&
        (volume == CONTENT_IS_VOLUME ? !stream->is_archive : volume != CONTENT_NO_VOLUME && !is_whole))
        content_add_condition(stream->subject, ATTACHMENT_UNINSPECTABLE,
                              "a piece of a file that is split over several");
}

static void end_stream(struct content_stream *stream, bool is_cut)
{
    if (stream->is_in_head && !stream->subject->scan->failed)
        decide(stream);
    for (int role = ROLE_COUNT - 1; role >= 0; role--)
        finish(stream, (enum stream_role)role, is_cut);
    /* Text through and through is none of them: VHDL sources are called .vhd. */
    if ((stream->flags & CONTENT_NAME_BINDS) != 0 && !stream->is_archive && !stream->is_text &&
        stream->bytes > 0)
        content_add_condition(stream->subject, ATTACHMENT_UNINSPECTABLE, "not the archive that it is called");
    judge_volume(stream);
}

void content_stream_end(struct content_stream *stream)
{
    end_stream(stream, false);
}

void content_stream_cut(struct content_stream *stream)
{
    end_stream(stream, true);
}
