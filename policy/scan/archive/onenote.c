/*
 * OneNote sections (.one): the files embedded in them, found by the mark in front of each ([MS-ONESTORE]
 * 2.6.13, FileDataStoreObject). What they are called stands elsewhere, in structures not read here: they are
 * judged by their content.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <talloc.h>

/* {7B5C52E4-D88C-4DA7-AEB1-5378D02996D3} */
static const char signature[] = "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3";
/* {BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}; its first byte does not come again in it. */
static const char mark[] = "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";

enum {
    MARK_BYTES = sizeof mark - 1,
    AFTER_MARK_BYTES = 8 + 4 + 8, /* length, unused, reserved */
};

struct onenote_reader {
    struct archive_walk walk; /* over one file, from behind its mark */
    bool in_file;
    size_t matched; /* bytes of the mark */
};

static bool onenote_recognise(struct slice probe)
{
    return probe.length >= sizeof signature - 1 && memcmp(probe.data, signature, sizeof signature - 1) == 0;
}

static int onenote_deinit(struct onenote_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *onenote_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct onenote_reader *reader = talloc_zero(owner, struct onenote_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, onenote_deinit);
    return reader;
}

/* What follows a mark; then (empty) what follows the file. */
static void onenote_step(void *context, struct slice record)
{
    struct onenote_reader *reader = context;
    struct archive_member member = {.name = slice_of("")};
    if (record.length > 0 && archive_walk_member(&reader->walk, &member)) {
        uint64_t file_bytes = archive_le(record.data, 8);
        if (file_bytes > 0) {
            archive_walk_content(&reader->walk, file_bytes);
            archive_walk_call_back(&reader->walk);
            return;
        }
    }
    archive_walk_finish(&reader->walk);
}

/* Goes past the next mark; what is left of `bytes` is behind it. False: there is none. */
static bool onenote_find_mark(struct onenote_reader *reader, struct slice *bytes)
{
    for (size_t i = 0; i < bytes->length; i++) {
        if (reader->matched == 0) {
            const char *next = memchr(bytes->data + i, (unsigned char)mark[0], bytes->length - i);
            if (next == NULL)
                return false;
            i = (size_t)(next - bytes->data);
        }
        char c = bytes->data[i];
        reader->matched = c == mark[reader->matched] ? reader->matched + 1 : c == mark[0];
        if (reader->matched == MARK_BYTES) {
            *bytes = slice_part(*bytes, i + 1, bytes->length);
            return true;
        }
    }
    return false;
}

static bool onenote_push(void *context, struct slice bytes)
{
    struct onenote_reader *reader = context;
    struct archive_walk *walk = &reader->walk;
    while (bytes.length > 0) {
        if (!reader->in_file) {
            if (!onenote_find_mark(reader, &bytes))
                return true;
            reader->matched = 0;
            reader->in_file = true;
            const struct archive_walk before = *walk;
            archive_walk_init(walk, before.sink, before.budget);
            walk->reported = before.reported;
            archive_walk_record(walk, AFTER_MARK_BYTES);
        }
        uint64_t position = walk->position;
        reader->in_file = archive_walk_push(walk, bytes, onenote_step, reader);
        bytes = slice_part(bytes, (size_t)(walk->position - position), bytes.length);
        if ((walk->reported & 1u << ARCHIVE_OVER_BUDGET) != 0)
            return false;
    }
    return true;
}

static void onenote_end(void *context)
{
    struct onenote_reader *reader = context;
    if (reader->in_file)
        archive_walk_end(&reader->walk, reader->walk.calls_back);
}

const struct archive_format onenote_format = {
    .name = "onenote",
    .document_extensions = "one",
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = sizeof signature - 1,
    .recognise = onenote_recognise,
    .create = onenote_create,
    .push = onenote_push,
    .end = onenote_end,
};
