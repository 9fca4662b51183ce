/*
 * ar: static libraries and Debian packages. A header of 60 bytes in text and the member's content, again and
 * again, each on an even offset. Names that are too long stand in a member of their own (System V), or before
 * the content (BSD).
 */
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <talloc.h>

static const char signature[] = "!<arch>\n";

enum {
    SIGNATURE_BYTES = sizeof signature - 1,
    HEADER_BYTES = 60,
    NAME_BYTES = 16,
    SIZE_AT = 48,
    SIZE_BYTES = 10,
    END_AT = 58, /* two characters that every header ends with */
    NAMES_BYTES_MAX = 1 << 20,
    LONG_NAME_BYTES_MAX = 4096,
};

enum ar_state { AR_AT_SIGNATURE, AR_AT_HEADER, AR_AT_NAMES, AR_AT_LONG_NAME };

struct ar_reader {
    struct archive_walk walk;
    enum ar_state state;
    uint64_t content_bytes; /* of the member, behind its long name */
    bool is_odd;            /* a byte follows that is no one's */
    struct strbuf names;    /* the table of long ones */
};

static bool ar_recognise(struct slice probe)
{
    return probe.length >= SIGNATURE_BYTES && memcmp(probe.data, signature, SIGNATURE_BYTES) == 0;
}

static int ar_deinit(struct ar_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->names);
    return 0;
}

static void *ar_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct ar_reader *reader = talloc_zero(owner, struct ar_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    strbuf_init(&reader->names, NAMES_BYTES_MAX);
    talloc_set_destructor(reader, ar_deinit);
    archive_walk_record(&reader->walk, SIGNATURE_BYTES);
    return reader;
}

static bool read_decimal(struct slice text, uint64_t *value)
{
    text = slice_trim(text);
    *value = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!ascii_is_digit(text.data[i]))
            return false;
        *value = *value * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.length > 0 && text.length <= SIZE_BYTES;
}

static void expect_header(struct ar_reader *reader)
{
    if (reader->walk.finished)
        return;
    archive_walk_skip(&reader->walk, reader->is_odd ? 1 : 0);
    reader->state = AR_AT_HEADER;
    archive_walk_record(&reader->walk, HEADER_BYTES);
}

static void report_member(struct ar_reader *reader, struct slice name)
{
    struct archive_member member = {.name = name};
    if (!archive_walk_member(&reader->walk, &member))
        return;
    archive_walk_content(&reader->walk, reader->content_bytes);
    expect_header(reader);
}

/* The name at an offset of the table, where it ends in a slash and a line end. */
static struct slice long_name(const struct ar_reader *reader, uint64_t offset)
{
    struct slice names = strbuf_slice(&reader->names);
    if (offset >= names.length)
        return slice_make("", 0);
    names = slice_part(names, (size_t)offset, names.length);
    struct slice name = slice_part(names, 0, slice_find(names, '\n'));
    return slice_ends_nocase(name, slice_of("/")) ? slice_part(name, 0, name.length - 1) : name;
}

static void read_header(struct ar_reader *reader, struct slice header)
{
    struct slice name = slice_trim(slice_part(header, 0, NAME_BYTES));
    uint64_t number, size;
    archive_walk_member_end(&reader->walk);
    if (memcmp(header.data + END_AT, "`\n", 2) != 0 ||
        !read_decimal(slice_part(header, SIZE_AT, SIZE_AT + SIZE_BYTES), &size)) {
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "a header of an ar archive is damaged");
        return;
    }
    reader->content_bytes = size;
    reader->is_odd = size % 2 != 0;
    bool is_long = slice_starts_nocase(name, slice_of("#1/")) &&
                   read_decimal(slice_part(name, 3, name.length), &number) && number > 0 && number <= size &&
                   number <= LONG_NAME_BYTES_MAX;
    if (is_long) {
        reader->content_bytes = size - number;
        reader->state = AR_AT_LONG_NAME;
        archive_walk_record(&reader->walk, (size_t)number);
    } else if (slice_equal(name, slice_of("//")) && size > 0 && size <= NAMES_BYTES_MAX) {
        reader->state = AR_AT_NAMES;
        archive_walk_record(&reader->walk, (size_t)size);
    } else if (name.length > 1 && name.data[0] == '/' &&
               read_decimal(slice_part(name, 1, name.length), &number)) {
        report_member(reader, long_name(reader, number));
    } else {
        bool has_end = name.length > 1 && name.data[name.length - 1] == '/' && name.data[0] != '/';
        report_member(reader, has_end ? slice_part(name, 0, name.length - 1) : name);
    }
}

static void ar_step(void *context, struct slice record)
{
    struct ar_reader *reader = context;
    switch (reader->state) {
    case AR_AT_SIGNATURE:
        expect_header(reader);
        return;
    case AR_AT_HEADER:
        read_header(reader, record);
        return;
    case AR_AT_NAMES:
        strbuf_reset(&reader->names);
        strbuf_append_slice(&reader->names, record);
        if (reader->names.failed)
            archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for the names in an ar archive");
        expect_header(reader);
        return;
    case AR_AT_LONG_NAME:
        report_member(reader, slice_part(record, 0, slice_find(record, '\0')));
        return;
    }
}

static bool ar_push(void *context, struct slice bytes)
{
    struct ar_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, ar_step, reader);
}

/* An end between two members, or before the last one's odd byte, is the archive's. */
static void ar_end(void *context)
{
    struct ar_reader *reader = context;
    const struct archive_walk *walk = &reader->walk;
    bool is_between = reader->state == AR_AT_HEADER && walk->content_left == 0 && walk->record.length == 0;
    if (is_between)
        archive_walk_finish(&reader->walk);
    else
        archive_walk_end(&reader->walk, false);
}

const struct archive_format ar_format = {
    .name = "ar",
    .extensions = "deb udeb",
    .probe_bytes = SIGNATURE_BYTES,
    .recognise = ar_recognise,
    .create = ar_create,
    .push = ar_push,
    .end = ar_end,
};
