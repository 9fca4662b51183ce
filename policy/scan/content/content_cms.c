/* What stands in a CMS structure: a signature may hold all of a message. */
#include "scan/content/content_private.h"

#include "scan/archive/unpack.h"

#include <talloc.h>

enum { ZLIB_HEADER_BYTES = 2 };

struct content_cms {
    struct content_subject *subject;
    enum cms_kind kind;
    struct cms_reader reader;
    struct content_stream *stream; /* the content */
    struct archive_sink sink;      /* of what is unpacked */
    struct unpack *unpack;         /* CMS_COMPRESSED, until that is over */
    uint32_t header_left;          /* of the zlib header */
    bool is_wanted;
};

static const char damaged[] = "a damaged S/MIME structure";

static bool on_unpacked(void *context, struct slice data)
{
    struct content_cms *cms = context;
    cms->is_wanted = cms->is_wanted && content_stream_push(cms->stream, data);
    return cms->is_wanted;
}

static void unpack_some(struct content_cms *cms, struct slice bytes)
{
    size_t skipped = bytes.length < cms->header_left ? bytes.length : cms->header_left;
    cms->header_left -= (uint32_t)skipped;
    bytes = slice_part(bytes, skipped, bytes.length);
    if (bytes.length == 0 || cms->unpack == NULL)
        return;
    size_t used;
    enum unpack_result result = unpack_push(cms->unpack, bytes, &cms->sink, &used);
    if (result == UNPACK_MORE)
        return;
    cms->is_wanted = false;
    TALLOC_FREE(cms->unpack);
    if (result == UNPACK_OVER_BUDGET)
        content_add_condition(cms->subject, ATTACHMENT_OVER_BUDGET, "too much to unpack");
    else if (result != UNPACK_END && result != UNPACK_UNWANTED)
        content_add_condition(cms->subject, ATTACHMENT_UNINSPECTABLE, damaged);
}

static void on_content(void *context, struct slice bytes)
{
    struct content_cms *cms = context;
    if (!cms->is_wanted)
        return;
    if (cms->kind == CMS_COMPRESSED)
        unpack_some(cms, bytes);
    else
        cms->is_wanted = content_stream_push(cms->stream, bytes);
}

static bool begin_unpacking(struct content_cms *cms)
{
    struct content_scan *scan = cms->subject->scan;
    cms->sink = (struct archive_sink){.context = cms, .member_data = on_unpacked};
    cms->unpack = unpack_create(cms, UNPACK_DEFLATE, &scan->archive_budget);
    cms->header_left = ZLIB_HEADER_BYTES;
    if (cms->unpack == NULL)
        content_add_condition(cms->subject, ATTACHMENT_OVER_BUDGET, "too much to unpack");
    return cms->unpack != NULL;
}

struct content_cms *content_cms_create(void *owner, struct content_subject *subject, enum cms_kind kind,
                                       struct content_depth depth)
{
    struct content_scan *scan = subject->scan;
    if (!content_enter_level(scan, &depth))
        return NULL;
    struct content_cms *cms = talloc_zero(owner, struct content_cms);
    if (cms == NULL) {
        content_fail(scan);
        return NULL;
    }
    cms->subject = subject;
    cms->kind = kind;
    cms->is_wanted = true;
    cms_reader_init(&cms->reader, on_content, cms);
    cms->stream = content_stream_create(cms, subject, CONTENT_IS_SIGNED, depth);
    if (cms->stream == NULL || (kind == CMS_COMPRESSED && !begin_unpacking(cms)))
        TALLOC_FREE(cms);
    return cms;
}

static bool cms_push(void *state, struct slice bytes)
{
    struct content_cms *cms = state;
    enum cms_result result = cms_reader_push(&cms->reader, bytes);
    /* Without content no client makes anything of it. */
    if (result == CMS_DAMAGED && cms->reader.has_content)
        content_add_condition(cms->subject, ATTACHMENT_UNINSPECTABLE, damaged);
    else if (result == CMS_TOO_DEEP)
        content_add_condition(cms->subject, ATTACHMENT_OVER_BUDGET, "too many levels in an S/MIME structure");
    return cms->is_wanted && result == CMS_MORE;
}

static void cms_end(void *state, bool is_cut)
{
    struct content_cms *cms = state;
    (void)is_cut;
    if (cms->unpack != NULL && cms->is_wanted)
        content_add_condition(cms->subject, ATTACHMENT_UNINSPECTABLE, damaged);
    content_stream_end(cms->stream);
}

const struct content_consumer content_cms_consumer = {cms_push, cms_end};
