#include "scan/content/content_files.h"

#include "scan/mime/transfer_decode.h"

#include <talloc.h>

enum { DECODED_PIECE_BYTES = 4096 };

struct content_files {
    struct content_subject *subject;
    struct content_depth depth;
    struct file_sink sink;
    struct content_subject file; /* the one that is open */
    unsigned flags;              /* by its names */
    bool is_over_budget;         /* it is none of those that may be read */
    struct content_stream *stream;
    struct transfer_decoder decoder;
};

static void set_path(struct content_files *files, struct slice name)
{
    struct content_scan *scan = files->subject->scan;
    char *label = content_label(scan, files, name);
    talloc_free(files->file.path);
    files->file.path = label == NULL ? NULL : content_path(scan, files, files->subject->path, label);
    talloc_free(label);
}

static void file_begin(void *context)
{
    struct content_files *files = context;
    talloc_free(files->file.path);
    files->file =
        (struct content_subject){.scan = files->subject->scan, .entry = CONTENT_NO_ENTRY, .is_member = true};
    files->flags = 0;
    files->is_over_budget = false;
    transfer_decoder_init(&files->decoder, TRANSFER_BASE64);
}

/* A file with a name is a part; the picture of an address, of which there may be thousands, is none. */
static bool take_part(struct content_files *files)
{
    struct content_scan *scan = files->subject->scan;
    if (scan->mime_budget.parts_left == 0) {
        content_add_message_condition(scan, ATTACHMENT_OVER_BUDGET, "too many parts");
        files->is_over_budget = true;
        return false;
    }
    scan->mime_budget.parts_left--;
    return true;
}

static void file_name(void *context, struct slice name)
{
    struct content_files *files = context;
    if (name.length == 0 || files->is_over_budget)
        return;
    if (files->file.path == NULL) {
        if (!take_part(files))
            return;
        set_path(files, name);
    }
    if (files->file.path == NULL)
        return;
    content_add_name(&files->file, name);
    files->flags |= content_flags_of_names(&name, 1);
}

static void push_decoded(struct content_files *files, struct slice bytes)
{
    if (files->stream != NULL && bytes.length > 0)
        content_stream_push(files->stream, bytes);
}

static void file_data(void *context, struct slice base64)
{
    struct content_files *files = context;
    if (files->is_over_budget)
        return;
    if (files->file.path == NULL)
        set_path(files, slice_of("(no name)"));
    if (files->stream == NULL && files->file.path != NULL)
        files->stream = content_stream_create(files, &files->file, files->flags, files->depth);
    while (base64.length > 0) {
        char piece[DECODED_PIECE_BYTES];
        size_t made = transfer_decode(&files->decoder, &base64, piece, sizeof piece);
        push_decoded(files, slice_make(piece, made));
    }
}

static void file_end(void *context)
{
    struct content_files *files = context;
    if (files->stream == NULL)
        return;
    char rest[TRANSFER_ROOM_MIN];
    push_decoded(files, slice_make(rest, transfer_decode_end(&files->decoder, rest)));
    content_stream_end(files->stream);
    if (files->file.entry != CONTENT_NO_ENTRY)
        content_entry(&files->file)->size_bytes = content_stream_bytes(files->stream);
    TALLOC_FREE(files->stream);
}

static void over_budget(void *context)
{
    struct content_files *files = context;
    content_add_condition(files->subject, ATTACHMENT_OVER_BUDGET, "a line or tag in it is too long");
}

struct content_files *content_files_create(void *owner, struct content_subject *subject,
                                           struct content_depth depth)
{
    struct content_scan *scan = subject->scan;
    if (!content_enter_level(scan, &depth))
        return NULL;
    struct content_files *files = talloc_zero(owner, struct content_files);
    if (files == NULL) {
        content_fail(scan);
        return NULL;
    }
    files->subject = subject;
    files->depth = depth;
    files->sink = (struct file_sink){files, file_begin, file_name, file_data, file_end, over_budget};
    return files;
}

const struct file_sink *content_files_sink(const struct content_files *files)
{
    return &files->sink;
}
