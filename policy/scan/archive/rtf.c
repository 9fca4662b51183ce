/*
 * Rich Text: the files packed into a document, in the hexadecimal data of its objects (\objdata).
 *
 * Each is an object of OLE 1 ([MS-OLEDS] 2.2.5). Of a "Package" the names are reported, as in ole.c, and the
 * content; of any other class the native data, which may be an OLE file. Groups and control words among the
 * digits are passed over, as Word does; nothing is reported of data that makes no sense.
 */
#include "scan/archive/archive_bytes.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"
#include "scan/archive/ole/ole_package.h"

#include <stdlib.h>
#include <talloc.h>

static const char signature[] = "{\\rt"; /* all that Word wants to see */

enum {
    WORD_BYTES = 16,
    OUTPUT_BYTES = 4096,
    NAME_BYTES_MOST = 1024,
    FORMAT_EMBEDDED = 2,
};

enum rtf_state { RTF_IN_TEXT, RTF_IN_WORD, RTF_IN_BINARY, RTF_IN_ESCAPE /* the digits behind \\' */ };

/* Where the record asked for stands in an object. */
enum rtf_object_state {
    RTF_AT_HEAD, /* version, format, length of the class */
    RTF_AT_CLASS,
    RTF_AT_TOPIC_LENGTH,
    RTF_AT_ITEM_LENGTH,
    RTF_AT_DATA_LENGTH,
    RTF_AT_PACKAGE,
    RTF_AT_LABEL,
    RTF_AT_NAME,
    RTF_AT_SOURCE_LENGTH,
    RTF_AT_SOURCE,
    RTF_AT_CONTENT_LENGTH,
    RTF_AT_END,
};

struct rtf_reader {
    struct archive_walk walk; /* over the object */
    enum rtf_state state;
    bool in_object;
    enum rtf_object_state object_state;
    bool is_package;
    struct strbuf label;      /* of the package */
    struct strbuf path;       /* likewise, until it is known whether that is its file's or its icon's */
    unsigned depth;           /* of groups in the object's data */
    char word[WORD_BYTES];    /* a control word, with its number */
    size_t word_length;       /* WORD_BYTES: it is longer */
    unsigned long bytes_left; /* of binary data */
    int digit;                /* the first one of a byte, or -1 */
    size_t output_length;
    char output[OUTPUT_BYTES];
};

static bool rtf_recognise(struct slice probe)
{
    return probe.length >= sizeof signature - 1 && memcmp(probe.data, signature, sizeof signature - 1) == 0;
}

static int rtf_deinit(struct rtf_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    strbuf_deinit(&reader->label);
    strbuf_deinit(&reader->path);
    return 0;
}

static void *rtf_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct rtf_reader *reader = talloc_zero(owner, struct rtf_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    strbuf_init(&reader->label, 0);
    strbuf_init(&reader->path, 0);
    talloc_set_destructor(reader, rtf_deinit);
    return reader;
}

/* ---- the object ---- */

static void expect(struct rtf_reader *reader, enum rtf_object_state state, size_t byte_count)
{
    reader->object_state = state;
    archive_walk_record(&reader->walk, byte_count);
}

static void expect_text(struct rtf_reader *reader, enum rtf_object_state state)
{
    reader->object_state = state;
    archive_walk_text(&reader->walk, NAME_BYTES_MOST);
}

static void expect_content(struct rtf_reader *reader, uint32_t byte_count)
{
    reader->object_state = RTF_AT_END;
    if (byte_count == 0) {
        archive_walk_finish(&reader->walk);
        return;
    }
    archive_walk_content(&reader->walk, byte_count);
    archive_walk_call_back(&reader->walk);
}

static void read_head(struct rtf_reader *reader, struct slice record)
{
    uint64_t class_bytes = archive_le(record.data + 8, 4);
    if (archive_le(record.data + 4, 4) != FORMAT_EMBEDDED || class_bytes > NAME_BYTES_MOST)
        archive_walk_finish(&reader->walk);
    else if (class_bytes == 0)
        expect(reader, RTF_AT_TOPIC_LENGTH, 4);
    else
        expect(reader, RTF_AT_CLASS, (size_t)class_bytes);
}

/* What comes behind the lengths: a package, or the data of some other program. */
static void begin_data(struct rtf_reader *reader, struct slice record)
{
    struct archive_member member = {.name = slice_of("")};
    if (reader->is_package)
        expect(reader, RTF_AT_PACKAGE, 2);
    else if (archive_walk_member(&reader->walk, &member))
        expect_content(reader, (uint32_t)archive_le(record.data, 4));
}

static struct slice text_of(struct slice record)
{
    return slice_part(record, 0, slice_find(record, '\0'));
}

/* The package's path, once its source is known (empty: there is none). */
static void report_path(struct rtf_reader *reader, struct slice source)
{
    struct slice path = strbuf_slice(&reader->path);
    if (reader->label.failed || reader->path.failed)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for the names in a text");
    if (!ole_package_path_is_icon(path, strbuf_slice(&reader->label), source))
        archive_walk_other_name(&reader->walk, path);
    archive_walk_other_name(&reader->walk, source);
    strbuf_reset(&reader->path);
}

static void report_source(struct rtf_reader *reader, struct slice source)
{
    report_path(reader, source);
    if (!reader->walk.finished)
        expect(reader, RTF_AT_CONTENT_LENGTH, 4);
}

static void read_package(struct rtf_reader *reader, struct slice record)
{
    struct archive_member member = {.name = text_of(record)};
    uint64_t length = record.length < 4 ? 0 : archive_le(record.data + record.length - 4, 4);
    switch (reader->object_state) {
    case RTF_AT_PACKAGE:
        expect_text(reader, RTF_AT_LABEL);
        return;
    case RTF_AT_LABEL:
        strbuf_reset(&reader->label);
        strbuf_append_slice(&reader->label, member.name);
        if (archive_walk_member(&reader->walk, &member))
            expect_text(reader, RTF_AT_NAME);
        return;
    case RTF_AT_NAME:
        strbuf_append_slice(&reader->path, text_of(record));
        expect(reader, RTF_AT_SOURCE_LENGTH, 2 + 2 + 4);
        return;
    case RTF_AT_SOURCE_LENGTH:
        if (length > NAME_BYTES_MOST)
            archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "a file packed into a text makes no sense");
        else if (length > 0)
            expect(reader, RTF_AT_SOURCE, (size_t)length);
        else
            report_source(reader, slice_make("", 0));
        return;
    case RTF_AT_SOURCE:
        report_source(reader, text_of(record));
        return;
    default:
        expect_content(reader, (uint32_t)length);
        return;
    }
}

static void rtf_step(void *context, struct slice record)
{
    struct rtf_reader *reader = context;
    switch (reader->object_state) {
    case RTF_AT_HEAD:
        read_head(reader, record);
        return;
    case RTF_AT_CLASS:
        reader->is_package = slice_equal_nocase(text_of(record), slice_of("Package"));
        expect(reader, RTF_AT_TOPIC_LENGTH, 4);
        return;
    case RTF_AT_TOPIC_LENGTH:
    case RTF_AT_ITEM_LENGTH:
        archive_walk_skip(&reader->walk, archive_le(record.data, 4));
        expect(reader, reader->object_state + 1, 4);
        return;
    case RTF_AT_DATA_LENGTH:
        begin_data(reader, record);
        return;
    case RTF_AT_END:
        archive_walk_finish(&reader->walk);
        return;
    default:
        read_package(reader, record);
        return;
    }
}

static void flush(struct rtf_reader *reader)
{
    archive_walk_push(&reader->walk, slice_make(reader->output, reader->output_length), rtf_step, reader);
    reader->output_length = 0;
}

static void put(struct rtf_reader *reader, char byte)
{
    reader->output[reader->output_length++] = byte;
    if (reader->output_length == OUTPUT_BYTES)
        flush(reader);
}

static void begin_object(struct rtf_reader *reader)
{
    const struct archive_walk before = reader->walk;
    archive_walk_deinit(&reader->walk);
    archive_walk_init(&reader->walk, before.sink, before.budget);
    reader->walk.reported = before.reported;
    reader->in_object = true;
    reader->is_package = false;
    strbuf_reset(&reader->path);
    reader->depth = 0;
    reader->digit = -1;
    expect(reader, RTF_AT_HEAD, 4 + 4 + 4);
}

static void end_object(struct rtf_reader *reader)
{
    if (!reader->in_object)
        return;
    flush(reader);
    reader->in_object = false;
    report_path(reader, slice_make("", 0)); /* cut short before its source */
    if (reader->object_state > RTF_AT_LABEL && reader->walk.member_open)
        archive_walk_end(&reader->walk, reader->walk.calls_back);
    archive_walk_finish(&reader->walk);
}

/* ---- the text ---- */

static void take_data(struct rtf_reader *reader, char c)
{
    int digit = ascii_hex_value(c);
    if (c == '{') {
        reader->depth++;
    } else if (c == '}' && reader->depth == 0) {
        end_object(reader);
    } else if (c == '}') {
        reader->depth--;
    } else if (digit >= 0 && reader->depth == 0) {
        if (reader->digit >= 0)
            put(reader, (char)(reader->digit << 4 | digit));
        reader->digit = reader->digit >= 0 ? -1 : digit;
    }
}

/* A control word is over, with the character before `c`. Returns whether `c` belongs to it. */
static bool end_word(struct rtf_reader *reader, char c)
{
    size_t length = reader->word_length < WORD_BYTES ? reader->word_length : 0;
    reader->word[length] = '\0';
    reader->state = RTF_IN_TEXT;
    if (strcmp(reader->word, "objdata") == 0) {
        end_object(reader);
        begin_object(reader);
    } else if (strncmp(reader->word, "bin", 3) == 0 && ascii_is_digit(reader->word[3])) {
        reader->bytes_left = strtoul(reader->word + 3, NULL, 10);
        reader->state = reader->bytes_left > 0 ? RTF_IN_BINARY : RTF_IN_TEXT;
    }
    return c == ' ';
}

/* Returns whether `c` was taken. */
static bool take_word(struct rtf_reader *reader, char c)
{
    if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-') {
        if (reader->word_length > 0)
            return end_word(reader, c);
        reader->state = c == '\'' ? RTF_IN_ESCAPE : RTF_IN_TEXT; /* a symbol: its character alone */
        reader->bytes_left = 2;
        return true;
    }
    if (reader->word_length < WORD_BYTES - 1)
        reader->word[reader->word_length++] = c;
    else
        reader->word_length = WORD_BYTES;
    return true;
}

static void take(struct rtf_reader *reader, char c)
{
    if (reader->state == RTF_IN_BINARY || reader->state == RTF_IN_ESCAPE) {
        if (reader->state == RTF_IN_BINARY && reader->in_object && reader->depth == 0)
            put(reader, c);
        if (--reader->bytes_left == 0)
            reader->state = RTF_IN_TEXT;
        return;
    }
    if (reader->state == RTF_IN_WORD && take_word(reader, c))
        return;
    if (reader->state == RTF_IN_BINARY) { /* begun by the word that just ended */
        take(reader, c);
    } else if (c == '\\') {
        reader->state = RTF_IN_WORD;
        reader->word_length = 0;
    } else if (reader->in_object) {
        take_data(reader, c);
    }
}

static bool rtf_push(void *context, struct slice bytes)
{
    struct rtf_reader *reader = context;
    for (size_t i = 0; i < bytes.length; i++) {
        if (reader->state == RTF_IN_TEXT && !reader->in_object) {
            const char *next = memchr(bytes.data + i, '\\', bytes.length - i);
            if (next == NULL)
                break;
            i = (size_t)(next - bytes.data);
        }
        take(reader, bytes.data[i]);
    }
    return true;
}

static void rtf_end(void *context)
{
    struct rtf_reader *reader = context;
    end_object(reader);
}

const struct archive_format rtf_format = {
    .name = "rtf",
    .document_extensions = "rtf",
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = sizeof signature - 1,
    .recognise = rtf_recognise,
    .create = rtf_create,
    .push = rtf_push,
    .end = rtf_end,
};
