/* The files in a calendar or an address card: each is read as any attachment. */
#include "scan/content/content_private.h"

#include "scan/mime/transfer_decode.h"

#include <talloc.h>

enum { DECODED_PIECE_BYTES = 4096 };

struct content_calendar {
    struct content_subject *subject;
    struct content_depth depth;
    struct calendar_sink sink;
    struct calendar_reader reader;
    struct content_subject file; /* the one that is open */
    unsigned flags;              /* by its names */
    bool is_over_budget;         /* it is none of those that may be read */
    struct content_stream *stream;
    struct transfer_decoder decoder;
};

static void set_path(struct content_calendar *calendar, struct slice name)
{
    struct content_scan *scan = calendar->subject->scan;
    char *label = content_label(scan, calendar, name);
    talloc_free(calendar->file.path);
    calendar->file.path = label == NULL ? NULL : content_path(scan, calendar, calendar->subject->path, label);
    talloc_free(label);
}

static void file_begin(void *context)
{
    struct content_calendar *calendar = context;
    talloc_free(calendar->file.path);
    calendar->file = (struct content_subject){
        .scan = calendar->subject->scan, .entry = CONTENT_NO_ENTRY, .is_member = true};
    calendar->flags = 0;
    calendar->is_over_budget = false;
    transfer_decoder_init(&calendar->decoder, TRANSFER_BASE64);
}

/* A file with a name is a part; the picture of an address, of which there may be thousands, is none. */
static bool take_part(struct content_calendar *calendar)
{
    struct content_scan *scan = calendar->subject->scan;
    if (scan->mime_budget.parts_left == 0) {
        content_add_message_condition(scan, ATTACHMENT_OVER_BUDGET, "too many parts");
        calendar->is_over_budget = true;
        return false;
    }
    scan->mime_budget.parts_left--;
    return true;
}

static void file_name(void *context, struct slice name)
{
    struct content_calendar *calendar = context;
    if (name.length == 0 || calendar->is_over_budget)
        return;
    if (calendar->file.path == NULL) {
        if (!take_part(calendar))
            return;
        set_path(calendar, name);
    }
    if (calendar->file.path == NULL)
        return;
    content_add_name(&calendar->file, name);
    calendar->flags |= content_flags_of_names(&name, 1);
}

static void push_decoded(struct content_calendar *calendar, struct slice bytes)
{
    if (calendar->stream != NULL && bytes.length > 0)
        content_stream_push(calendar->stream, bytes);
}

static void file_data(void *context, struct slice base64)
{
    struct content_calendar *calendar = context;
    if (calendar->is_over_budget)
        return;
    if (calendar->file.path == NULL)
        set_path(calendar, slice_of("(no name)"));
    if (calendar->stream == NULL && calendar->file.path != NULL)
        calendar->stream = content_stream_create(calendar, &calendar->file, calendar->flags, calendar->depth);
    while (base64.length > 0) {
        char piece[DECODED_PIECE_BYTES];
        size_t made = transfer_decode(&calendar->decoder, &base64, piece, sizeof piece);
        push_decoded(calendar, slice_make(piece, made));
    }
}

static void file_end(void *context)
{
    struct content_calendar *calendar = context;
    if (calendar->stream == NULL)
        return;
    char rest[TRANSFER_ROOM_MIN];
    push_decoded(calendar, slice_make(rest, transfer_decode_end(&calendar->decoder, rest)));
    content_stream_end(calendar->stream);
    if (calendar->file.entry != CONTENT_NO_ENTRY)
        content_entry(&calendar->file)->size_bytes = content_stream_bytes(calendar->stream);
    TALLOC_FREE(calendar->stream);
}

static void over_budget(void *context)
{
    struct content_calendar *calendar = context;
    content_add_condition(calendar->subject, ATTACHMENT_OVER_BUDGET, "a line of a calendar is too long");
}

static int calendar_destroy(struct content_calendar *calendar)
{
    calendar_reader_deinit(&calendar->reader);
    return 0;
}

struct content_calendar *content_calendar_create(void *owner, struct content_subject *subject,
                                                 struct content_depth depth)
{
    struct content_scan *scan = subject->scan;
    if (!content_enter_level(scan, &depth))
        return NULL;
    struct content_calendar *calendar = talloc_zero(owner, struct content_calendar);
    if (calendar == NULL) {
        content_fail(scan);
        return NULL;
    }
    calendar->subject = subject;
    calendar->depth = depth;
    calendar->sink =
        (struct calendar_sink){calendar, file_begin, file_name, file_data, file_end, over_budget};
    calendar_reader_init(&calendar->reader, &calendar->sink);
    talloc_set_destructor(calendar, calendar_destroy);
    return calendar;
}

static bool calendar_push(void *state, struct slice bytes)
{
    struct content_calendar *calendar = state;
    calendar_reader_push(&calendar->reader, bytes);
    if (calendar_reader_failed(&calendar->reader))
        content_fail(calendar->subject->scan);
    return true;
}

static void calendar_end(void *state, bool is_cut)
{
    struct content_calendar *calendar = state;
    (void)is_cut;
    calendar_reader_end(&calendar->reader);
    if (calendar_reader_failed(&calendar->reader))
        content_fail(calendar->subject->scan);
}

const struct content_consumer content_calendar_consumer = {calendar_push, calendar_end};
