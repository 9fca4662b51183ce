/*
 * BinHex 4.0 (RFC 1741): text in which a Macintosh file stands, six bits a character, with runs shortened.
 *
 * Lines of prose may come before the one that says what it is. Nothing is reported of such a line with no
 * coded text behind it: that is somebody writing about BinHex.
 */
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"

#include <talloc.h>

static const char announcement[] = "(This file must be converted with BinHex";

enum {
    PROBE_BYTES = 2048,
    OUTPUT_BYTES = 4096,
    RUN_MARK = 0x90,
    NAME_BYTES_MOST = 63,
    AFTER_NAME_BYTES = 1 + 4 + 4 + 2 + 4 + 4 + 2, /* version, type, creator, flags, lengths, check sum */
};

enum binhex_state {
    BINHEX_BEFORE_LINE, /* the announcement has not come */
    BINHEX_IN_LINE,     /* its line goes on */
    BINHEX_BEFORE_TEXT, /* the colon has not come */
    BINHEX_IN_TEXT,
    BINHEX_DONE,
};

struct binhex_reader {
    struct archive_walk walk; /* over what is decoded */
    enum binhex_state state;
    size_t matched; /* characters of the announcement */
    unsigned bits;
    unsigned bit_count;
    bool has_mark; /* the byte before was RUN_MARK: a count follows */
    char last;     /* what a run repeats */
    bool has_name;
    size_t output_length;
    char output[OUTPUT_BYTES];
};

static bool binhex_recognise(struct slice probe)
{
    const char *at = memmem(probe.data, probe.length, announcement, sizeof announcement - 1);
    return at != NULL && (at == probe.data || at[-1] == '\n' || at[-1] == '\r');
}

static int binhex_deinit(struct binhex_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *binhex_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct binhex_reader *reader = talloc_zero(owner, struct binhex_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, binhex_deinit);
    archive_walk_record(&reader->walk, 1);
    return reader;
}

/* The length of the name, then the name and what follows it, then (empty) the end of the data fork. */
static void binhex_step(void *context, struct slice record)
{
    struct binhex_reader *reader = context;
    struct archive_walk *walk = &reader->walk;
    if (record.length == 1) {
        size_t length = (unsigned char)record.data[0];
        if (length == 0 || length > NAME_BYTES_MOST)
            archive_walk_stop(walk, ARCHIVE_DAMAGED, "a BinHex file is damaged");
        else
            archive_walk_record(walk, length + AFTER_NAME_BYTES);
        return;
    }
    if (record.length == 0) {
        archive_walk_finish(walk);
        return;
    }
    size_t name_length = record.length - AFTER_NAME_BYTES;
    uint32_t data_bytes = 0;
    for (size_t i = 0; i < 4; i++)
        data_bytes = data_bytes << 8 | (unsigned char)record.data[name_length + 11 + i];
    struct archive_member member = {.name = slice_part(record, 0, name_length)};
    reader->has_name = true;
    if (!archive_walk_member(walk, &member) || data_bytes == 0) {
        archive_walk_finish(walk);
        return;
    }
    archive_walk_content(walk, data_bytes);
    archive_walk_call_back(walk);
}

static void binhex_flush(struct binhex_reader *reader)
{
    struct slice output = slice_make(reader->output, reader->output_length);
    reader->output_length = 0;
    if (!archive_budget_take_unpacked(reader->walk.budget, output.length))
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "more content than may be unpacked");
    if (!archive_walk_push(&reader->walk, output, binhex_step, reader))
        reader->state = BINHEX_DONE;
}

static void binhex_put(struct binhex_reader *reader, char byte)
{
    reader->last = byte;
    reader->output[reader->output_length++] = byte;
    if (reader->output_length == OUTPUT_BYTES)
        binhex_flush(reader);
}

/* A byte before runs are made long again. */
static void binhex_take_byte(struct binhex_reader *reader, unsigned byte)
{
    if (!reader->has_mark && byte == RUN_MARK) {
        reader->has_mark = true;
    } else if (!reader->has_mark) {
        binhex_put(reader, (char)byte);
    } else if (byte == 0) {
        reader->has_mark = false;
        binhex_put(reader, (char)RUN_MARK);
    } else {
        reader->has_mark = false;
        for (unsigned i = 1; i < byte && reader->state == BINHEX_IN_TEXT; i++)
            binhex_put(reader, reader->last);
    }
}

static void binhex_take_text(struct binhex_reader *reader, char c)
{
    static const char alphabet[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
        return;
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    if (at == NULL) { /* the colon at the end, or nothing that belongs here */
        binhex_flush(reader);
        reader->state = BINHEX_DONE;
        return;
    }
    reader->bits = (reader->bits << 6 | (unsigned)(at - alphabet)) & 0xffff;
    reader->bit_count += 6;
    if (reader->bit_count >= 8) {
        reader->bit_count -= 8;
        binhex_take_byte(reader, reader->bits >> reader->bit_count & 0xff);
    }
}

static void binhex_take(struct binhex_reader *reader, char c)
{
    switch (reader->state) {
    case BINHEX_BEFORE_LINE:
        reader->matched = c == announcement[reader->matched] ? reader->matched + 1 : c == announcement[0];
        if (announcement[reader->matched] == '\0')
            reader->state = BINHEX_IN_LINE;
        return;
    case BINHEX_IN_LINE:
        if (c == '\n' || c == '\r')
            reader->state = BINHEX_BEFORE_TEXT;
        return;
    case BINHEX_BEFORE_TEXT:
        if (c == ':')
            reader->state = BINHEX_IN_TEXT;
        else if (c != '\n' && c != '\r' && c != ' ' && c != '\t')
            reader->state = BINHEX_DONE;
        return;
    case BINHEX_IN_TEXT:
        binhex_take_text(reader, c);
        return;
    case BINHEX_DONE:
        return;
    }
}

static bool binhex_push(void *context, struct slice bytes)
{
    struct binhex_reader *reader = context;
    for (size_t i = 0; i < bytes.length && reader->state != BINHEX_DONE; i++)
        binhex_take(reader, bytes.data[i]);
    return reader->state != BINHEX_DONE;
}

static void binhex_end(void *context)
{
    struct binhex_reader *reader = context;
    if (reader->state == BINHEX_IN_TEXT)
        binhex_flush(reader);
    bool has_begun = reader->has_name || reader->walk.record.length > 0 || reader->state == BINHEX_IN_TEXT;
    archive_walk_end(&reader->walk, !has_begun || reader->walk.calls_back);
}

const struct archive_format binhex_format = {
    .name = "binhex",
    .extensions = "hqx",
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = PROBE_BYTES,
    .recognise = binhex_recognise,
    .create = binhex_create,
    .push = binhex_push,
    .end = binhex_end,
};
