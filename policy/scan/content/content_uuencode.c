#include "scan/content/content_private.h"

#include "scan/mime/mime_word.h"

#include <talloc.h>

struct content_uuencode {
    struct content_scan *scan;
    const char *path;
    struct content_depth depth;
    struct uuencode_sink sink;
    struct uuencode_reader reader;
    struct content_subject subject; /* the file that is open */
    struct content_stream *stream;
};

/* Some readers decode words (RFC 2047) here as well. */
static void add_decoded_name(struct content_subject *subject, struct slice name)
{
    struct strbuf decoded;
    strbuf_init(&decoded, 0);
    if (mime_word_decode(name, MIME_WORD_BLANKS_DROPPED, &decoded))
        content_add_name(subject, strbuf_slice(&decoded));
    if (decoded.failed)
        content_fail(subject->scan);
    strbuf_deinit(&decoded);
}

static void file_begin(void *context, struct slice name)
{
    struct content_uuencode *uuencode = context;
    struct content_scan *scan = uuencode->scan;
    if (scan->mime_budget.parts_left == 0) {
        content_add_message_condition(scan, ATTACHMENT_OVER_BUDGET, "too many parts");
        return;
    }
    scan->mime_budget.parts_left--;
    talloc_free(uuencode->subject.path);
    uuencode->subject.path = NULL;
    char *label = content_label(scan, uuencode, name);
    uuencode->subject = (struct content_subject){.scan = scan, .entry = CONTENT_NO_ENTRY};
    uuencode->subject.path = label == NULL ? NULL : content_path(scan, uuencode, uuencode->path, label);
    talloc_free(label);
    if (uuencode->subject.path == NULL)
        return;
    content_add_name(&uuencode->subject, name);
    add_decoded_name(&uuencode->subject, name);
    unsigned flags = content_flags_of_names(&name, 1);
    uuencode->stream = content_stream_create(uuencode, &uuencode->subject, flags, uuencode->depth);
}

static void file_data(void *context, struct slice decoded)
{
    struct content_uuencode *uuencode = context;
    if (uuencode->stream != NULL)
        content_stream_push(uuencode->stream, decoded);
}

static void file_end(void *context)
{
    struct content_uuencode *uuencode = context;
    if (uuencode->stream == NULL)
        return;
    content_stream_end(uuencode->stream);
    struct attachment *entry = content_entry(&uuencode->subject);
    if (entry != NULL)
        entry->size_bytes = content_stream_bytes(uuencode->stream);
    TALLOC_FREE(uuencode->stream);
}

struct content_uuencode *content_uuencode_create(void *owner, struct content_scan *scan, const char *path,
                                                 struct content_depth depth)
{
    struct content_uuencode *uuencode = talloc_zero(owner, struct content_uuencode);
    if (uuencode == NULL) {
        content_fail(scan);
        return NULL;
    }
    uuencode->scan = scan;
    uuencode->path = path;
    uuencode->depth = depth;
    uuencode->sink = (struct uuencode_sink){uuencode, file_begin, file_data, file_end};
    uuencode_init(&uuencode->reader, &uuencode->sink);
    return uuencode;
}

void content_uuencode_push(struct content_uuencode *uuencode, struct slice bytes)
{
    uuencode_push(&uuencode->reader, bytes);
}

void content_uuencode_end(struct content_uuencode *uuencode)
{
    uuencode_end(&uuencode->reader);
}

static bool uuencode_consume(void *state, struct slice bytes)
{
    content_uuencode_push(state, bytes);
    return true;
}

static void uuencode_finish(void *state, bool is_cut)
{
    (void)is_cut;
    content_uuencode_end(state);
}

const struct content_consumer content_uuencode_consumer = {uuencode_consume, uuencode_finish};
