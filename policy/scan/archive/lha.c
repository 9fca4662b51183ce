/*
 * LHA (lzh) archives, headers of levels 0 to 3: a chain of headers, each followed by its data, ended by a
 * zero byte.
 *
 * Level 0 keeps the name in the header, level 1 there or in an extended header, 2 and 3 in extended headers,
 * where a second one may hold it in UTF-16. All of them are reported. Checksums are not looked at.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_text.h"
#include "scan/archive/archive_walk.h"

#include <talloc.h>

enum {
    BASE_BYTES = 21, /* what all levels share */
    METHOD_AT = 2,
    LEVEL_AT = 20,
    LEVEL_HIGHEST = 3,
    NAME_LENGTH_BYTES = 1,
    REST_OF_LEVEL_2 = 5, /* CRC, system, size of the first extended header */
    REST_OF_LEVEL_3 = 11,
    EXTENDED_BYTES_MOST = 65535,
    HEADER_BYTES_LARGEST = 1 << 20, /* of level 3 */

    EXTENDED_NAME = 0x01,
    EXTENDED_FOLDER = 0x02,
    EXTENDED_UTF16_NAME = 0x44,
    EXTENDED_UTF16_FOLDER = 0x45,
};

enum lha_state {
    LHA_AT_FIRST_BYTE,
    LHA_AT_BASE,
    LHA_AT_REST,
    LHA_AT_EXTENDED,
};

struct lha_reader {
    struct archive_walk walk;
    enum lha_state state;
    unsigned char base[BASE_BYTES];
    unsigned level;
    bool is_folder;
    bool is_stored;
    bool has_member; /* the header's member was begun */
    uint64_t data_bytes;
    uint64_t header_left; /* bytes of the header that extended headers may still take */
    struct strbuf text;
};

static bool method_is(const char *method, const char *pattern)
{
    return memcmp(method, pattern, 5) == 0;
}

/* -lh0- to -lh7-, -lhd-, -lhx-, -lzs-, -lz4-, -lz5-, and those of PMarc. */
static bool lha_recognise(struct slice probe)
{
    if (probe.length < BASE_BYTES || (unsigned char)probe.data[LEVEL_AT] > LEVEL_HIGHEST)
        return false;
    const char *method = probe.data + METHOD_AT;
    bool lha = method[1] == 'l' && (method[2] == 'h' || method[2] == 'z') &&
               strchr("01234567dxs", method[3]) != NULL;
    bool pmarc = method[1] == 'p' && method[2] == 'm' && strchr("012s", method[3]) != NULL;
    return method[0] == '-' && method[4] == '-' && method[3] != '\0' && (lha || pmarc);
}

static int lha_deinit(struct lha_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->text);
    return 0;
}

static void *lha_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct lha_reader *reader = talloc_zero(owner, struct lha_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    strbuf_init(&reader->text, 0);
    talloc_set_destructor(reader, lha_deinit);
    archive_walk_record(&reader->walk, 1);
    return reader;
}

static void stop_damaged(struct lha_reader *reader)
{
    archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "an LHA header is damaged");
}

static void expect(struct lha_reader *reader, enum lha_state state, size_t byte_count)
{
    reader->state = state;
    if (!reader->walk.finished)
        archive_walk_record(&reader->walk, byte_count);
}

/* A name of the header's member, which begins with the first of them. */
static void report_name(struct lha_reader *reader, struct slice name)
{
    struct archive_member member = {.name = name, .is_folder = reader->is_folder};
    if (reader->has_member)
        archive_walk_other_name(&reader->walk, name);
    else
        reader->has_member = archive_walk_member(&reader->walk, &member);
}

/* The header is over: its data follows. */
static void end_header(struct lha_reader *reader)
{
    struct archive_walk *walk = &reader->walk;
    if (!reader->has_member)
        report_name(reader, slice_of(""));
    archive_walk_skip(walk, reader->level >= 2 ? reader->header_left : 0);
    if (reader->is_stored) {
        archive_walk_content(walk, reader->data_bytes);
    } else {
        if (reader->data_bytes > 0)
            archive_walk_content_missing(walk);
        archive_walk_skip(walk, reader->data_bytes);
    }
    expect(reader, LHA_AT_FIRST_BYTE, 1);
}

/* An extended header of `size` bytes, its own size field at its end; in level 1 they are counted as data. */
static void expect_extended(struct lha_reader *reader, uint64_t size)
{
    uint64_t *left = reader->level == 1 ? &reader->data_bytes : &reader->header_left;
    unsigned size_bytes = reader->level == 3 ? 4 : 2;
    if (size == 0) {
        end_header(reader);
    } else if (size <= size_bytes || size > *left || size > EXTENDED_BYTES_MOST) {
        stop_damaged(reader);
    } else {
        *left -= size;
        expect(reader, LHA_AT_EXTENDED, (size_t)size);
    }
}

static void read_extended(struct lha_reader *reader, struct slice record)
{
    unsigned size_bytes = reader->level == 3 ? 4 : 2;
    size_t end = record.length - size_bytes;
    unsigned type = (unsigned char)record.data[0];
    struct slice text = slice_part(record, 1, end > 1 ? end : 1);
    bool is_name = type == EXTENDED_NAME || type == EXTENDED_UTF16_NAME;
    bool is_folder = type == EXTENDED_FOLDER || type == EXTENDED_UTF16_FOLDER;
    if (type >= EXTENDED_UTF16_NAME && (is_name || is_folder)) {
        strbuf_reset(&reader->text);
        archive_text_append_utf16(&reader->text, text, ARCHIVE_LITTLE_ENDIAN);
        text = strbuf_slice(&reader->text);
    }
    if (is_name || (is_folder && reader->is_folder))
        report_name(reader, text);
    if (reader->text.failed)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for an LHA name");
    if (!reader->walk.finished)
        expect_extended(reader, archive_le(record.data + end, size_bytes));
}

/* What each level has behind the shared base. */
static void read_base(struct lha_reader *reader, struct slice record)
{
    memcpy(reader->base + 1, record.data, BASE_BYTES - 1);
    const char *base = (const char *)reader->base;
    const char *method = base + METHOD_AT;
    reader->level = reader->base[LEVEL_AT];
    reader->data_bytes = archive_le(base + 7, 4);
    reader->is_folder = method_is(method, "-lhd-");
    reader->is_stored =
        method_is(method, "-lh0-") || method_is(method, "-lz4-") || method_is(method, "-pm0-");
    reader->has_member = false;
    archive_walk_member_end(&reader->walk);
    size_t short_size = (size_t)reader->base[0] + 2;
    uint64_t size = archive_le(base, 2);
    if (method[0] != '-' || method[4] != '-' || reader->level > LEVEL_HIGHEST)
        stop_damaged(reader);
    else if (reader->level <= 1 && short_size > BASE_BYTES + NAME_LENGTH_BYTES)
        expect(reader, LHA_AT_REST, short_size - BASE_BYTES);
    else if (reader->level == 2 && size >= BASE_BYTES + REST_OF_LEVEL_2) {
        reader->header_left = size - (BASE_BYTES + REST_OF_LEVEL_2);
        expect(reader, LHA_AT_REST, REST_OF_LEVEL_2);
    } else if (reader->level == 3)
        expect(reader, LHA_AT_REST, REST_OF_LEVEL_3);
    else
        stop_damaged(reader);
}

/* Levels 0 and 1: the name, and with level 1 the size of the first extended header at the end. */
static void read_short_rest(struct lha_reader *reader, struct slice record)
{
    struct archive_bytes bytes = archive_bytes_of(record);
    struct slice name = archive_bytes_take(&bytes, archive_bytes_u8(&bytes));
    if (bytes.overrun || (reader->level == 1 && bytes.left.length < 2)) {
        stop_damaged(reader);
        return;
    }
    if (name.length > 0)
        report_name(reader, name);
    if (reader->walk.finished)
        return;
    if (reader->level == 1)
        expect_extended(reader, archive_le(record.data + record.length - 2, 2));
    else
        end_header(reader);
}

static void read_rest(struct lha_reader *reader, struct slice record)
{
    if (reader->level <= 1) {
        read_short_rest(reader, record);
    } else if (reader->level == 2) {
        expect_extended(reader, archive_le(record.data + 3, 2));
    } else {
        uint64_t size = archive_le(record.data + 3, 4);
        if (size < BASE_BYTES + REST_OF_LEVEL_3 || size > HEADER_BYTES_LARGEST) {
            stop_damaged(reader);
            return;
        }
        reader->header_left = size - (BASE_BYTES + REST_OF_LEVEL_3);
        expect_extended(reader, archive_le(record.data + 7, 4));
    }
}

static void lha_step(void *context, struct slice record)
{
    struct lha_reader *reader = context;
    switch (reader->state) {
    case LHA_AT_FIRST_BYTE:
        reader->base[0] = (unsigned char)record.data[0];
        if (reader->base[0] == 0)
            archive_walk_expect_end(&reader->walk);
        else
            expect(reader, LHA_AT_BASE, BASE_BYTES - 1);
        return;
    case LHA_AT_BASE:
        read_base(reader, record);
        return;
    case LHA_AT_REST:
        read_rest(reader, record);
        return;
    case LHA_AT_EXTENDED:
        read_extended(reader, record);
        return;
    }
}

static bool lha_push(void *context, struct slice bytes)
{
    struct lha_reader *reader = context;
    return archive_walk_push(&reader->walk, bytes, lha_step, reader);
}

/* Some archivers leave the zero byte at the end out. */
static void lha_end(void *context)
{
    struct lha_reader *reader = context;
    archive_walk_end(&reader->walk, reader->state == LHA_AT_FIRST_BYTE && reader->walk.position > 0);
}

const struct archive_format lha_format = {
    .name = "lha",
    .extensions = "lzh lha",
    .traits = ARCHIVE_NAME_BINDS | ARCHIVE_HAS_OWN_METHODS,
    .probe_bytes = BASE_BYTES,
    .recognise = lha_recognise,
    .create = lha_create,
    .push = lha_push,
    .end = lha_end,
};
