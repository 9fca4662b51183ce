/*
 * PDF (ISO 32000-1): the files attached inside (7.11.4), and whether the rest needs a password (7.6).
 *
 * Objects are read as they pass, in the file and in object streams (7.5.7); what stands between them is for
 * nobody, as readers go to an object by its place or look for its first words. A file's content stands in a
 * stream of type EmbeddedFile, its names in a file specification that refers to it: each is reported by
 * itself. What such a specification refers to and was not seen to be one makes the whole unsupported, so that
 * nothing is clean that was not read. Streams end where "endstream" stands.
 */
#include "scan/archive/archive_buffer.h"
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_text.h"
#include "scan/archive/archive_walk.h"
#include "scan/archive/pdf/pdf_decode.h"
#include "scan/archive/pdf/pdf_lexer.h"

#include <talloc.h>

static const char end_mark[] = "endstream";

enum {
    PROBE_BYTES = 1024, /* readers look for the header so far */
    END_MARK_BYTES = sizeof end_mark - 1,
    NAMES_MAX = 16, /* of one object's file specifications */
    FILE_KEYS = 5,
    REFERENCES_MAX = 256, /* of the whole document */
    SEARCH_BYTES = 1024,  /* in one piece for what begins an object */
    NUMBERS_BYTES = 64,   /* as far before "obj" its numbers may begin */
    BEGINNING_BYTES = 8,  /* "obj" or "trailer", and what ends the word */
};

/* What the object that is being read says. */
struct pdf_object {
    uint64_t number;
    bool is_file;        /* the dictionary of a stream that is an attached file */
    bool is_container;   /* of one with objects in it */
    bool has_files;      /* it refers to attached files */
    bool is_file_list;   /* it is nothing but the value of /EF, an object of its own */
    bool has_other_type; /* a stream of some other use */
    struct pdf_filters filters;
    struct strbuf names; /* each behind its length, as two bytes */
    unsigned name_count;
    uint64_t listed[FILE_KEYS]; /* what a list of files refers to */
    unsigned listed_count;
};

/* Reads tokens, of the file or of an object stream. */
struct pdf_parser {
    struct pdf_lexer lexer;
    struct pdf_object object;
    bool is_between;                   /* objects */
    uint32_t depth;                    /* of dictionaries */
    uint32_t files_depth;              /* of the one that refers to attached files, behind /EF; 0: none */
    bool in_filters;                   /* in the value of /Filter */
    char name[PDF_WORD_BYTES_MAX + 1]; /* the last token, where it was a name; else empty */
    uint64_t numbers[2];               /* the last two */
};

struct pdf_reader {
    struct archive_walk walk; /* what it says to the sink */
    struct pdf_parser file;
    struct pdf_parser *inner; /* of an object stream; NULL before the first */
    bool in_stream;
    bool is_at_line_end;       /* behind the keyword, whose line end is not part of the stream */
    struct pdf_decode *decode; /* of the stream, where it is wanted */
    bool is_decode_container;
    size_t kept; /* bytes at the end of what came that may begin the end mark */
    bool is_encrypted;
    bool is_damaged;
    bool is_unsupported;
    uint64_t referred[REFERENCES_MAX], seen[REFERENCES_MAX]; /* numbers of objects */
    size_t referred_count, seen_count;
};

/* Where `mark` stands in `bytes`, found by its rarest letter: their length if nowhere. */
static size_t position_of(struct slice mark, char rarest, struct slice bytes)
{
    size_t before = slice_find(mark, rarest);
    for (size_t at = before; at < bytes.length; at++) {
        at += slice_find(slice_part(bytes, at, bytes.length), rarest);
        if (bytes.length - at + before >= mark.length &&
            memcmp(bytes.data + at - before, mark.data, mark.length) == 0)
            return at - before;
    }
    return bytes.length;
}

static bool pdf_recognise(struct slice probe)
{
    size_t at = position_of(slice_of("%PDF-"), '%', probe);
    return at < probe.length && slice_find(slice_part(probe, 0, at), '\0') == at;
}

static int pdf_deinit(struct pdf_reader *reader)
{
    strbuf_deinit(&reader->file.object.names);
    if (reader->inner != NULL)
        strbuf_deinit(&reader->inner->object.names);
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void parser_init(struct pdf_parser *parser)
{
    pdf_lexer_init(&parser->lexer);
    strbuf_init(&parser->object.names, 0);
}

static void set_between(struct pdf_parser *parser, bool is_between)
{
    parser->is_between = parser->lexer.only_words = is_between;
}

static void *pdf_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct pdf_reader *reader = talloc_zero(owner, struct pdf_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    parser_init(&reader->file);
    set_between(&reader->file, true);
    talloc_set_destructor(reader, pdf_deinit);
    return reader;
}

/* ---- objects ---------------------------------------------------------------------------------------- */

static void object_reset(struct pdf_object *object, uint64_t number)
{
    struct strbuf names = object->names;
    strbuf_reset(&names);
    *object = (struct pdf_object){.number = number, .is_file_list = true, .names = names};
}

/* A text string: UTF-16 behind its mark, else bytes. */
static bool report_name(struct pdf_reader *reader, struct slice name)
{
    struct strbuf text;
    struct archive_member member = {.name = name};
    strbuf_init(&text, 0);
    if (name.length >= 2 &&
        (memcmp(name.data, "\xfe\xff", 2) == 0 || memcmp(name.data, "\xff\xfe", 2) == 0)) {
        archive_text_append_utf16(&text, slice_part(name, 2, name.length),
                                  name.data[0] == '\xfe' ? ARCHIVE_BIG_ENDIAN : ARCHIVE_LITTLE_ENDIAN);
        member.name = strbuf_slice(&text);
    }
    bool is_begun = !text.failed && archive_walk_member(&reader->walk, &member);
    if (is_begun) {
        archive_walk_content_missing(&reader->walk);
        archive_walk_member_end(&reader->walk);
    }
    if (text.failed)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for a name in a PDF");
    strbuf_deinit(&text);
    return is_begun;
}

static void keep_number(struct pdf_reader *reader, uint64_t *numbers, size_t *count, uint64_t number)
{
    for (size_t i = 0; i < *count; i++)
        if (numbers[i] == number)
            return;
    if (*count < REFERENCES_MAX)
        numbers[(*count)++] = number;
    else
        reader->is_unsupported = true;
}

/* The object is complete: file specifications without files are links. */
static void end_object(struct pdf_reader *reader, struct pdf_parser *parser)
{
    struct pdf_object *object = &parser->object;
    struct slice names = strbuf_slice(&object->names);
    while (object->has_files && names.length > 2) {
        size_t length = (unsigned char)names.data[0] | (size_t)(unsigned char)names.data[1] << 8;
        if (!report_name(reader, slice_part(names, 2, 2 + length)))
            break;
        names = slice_part(names, 2 + length, names.length);
    }
    for (unsigned i = 0; i < object->listed_count && object->is_file_list; i++)
        keep_number(reader, reader->referred, &reader->referred_count, object->listed[i]);
    object_reset(object, 0);
}

static void keep_name(struct pdf_reader *reader, struct pdf_object *object, struct slice name)
{
    if (name.length == 0)
        return;
    if (object->name_count++ == NAMES_MAX) {
        reader->is_unsupported = true;
        return;
    }
    strbuf_append_byte(&object->names, (char)(name.length & 0xff));
    strbuf_append_byte(&object->names, (char)(name.length >> 8));
    strbuf_append_slice(&object->names, name);
    if (object->names.failed)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for a name in a PDF");
}

/* The keys of a file specification under which its names stand, and in the value of /EF its files. */
static bool is_file_key(const char *name)
{
    static const char *const keys[] = {"F", "UF", "DOS", "Mac", "Unix"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(name, keys[i]) == 0)
            return true;
    return false;
}

static void take_name(struct pdf_reader *reader, struct pdf_parser *parser, const char *name)
{
    struct pdf_object *object = &parser->object;
    const char *key = parser->name;
    if (strcmp(name, "Encrypt") == 0)
        reader->is_encrypted = true;
    if (strcmp(key, "Type") == 0) {
        object->is_file = object->is_file || strcmp(name, "EmbeddedFile") == 0;
        object->is_container = object->is_container || strcmp(name, "ObjStm") == 0;
        object->has_other_type = object->has_other_type || strcmp(name, "EmbeddedFile") != 0;
    } else if (strcmp(key, "Subtype") == 0) {
        /* That of an attached file is a media type. */
        object->is_file = object->is_file || strchr(name, '/') != NULL;
    } else if (strcmp(key, "Filter") == 0 || parser->in_filters) {
        pdf_filters_add(&object->filters, name);
    } else if (strcmp(name, "EF") == 0) {
        object->has_files = true;
    }
    object->is_file_list = object->is_file_list && is_file_key(name);
}

static void take_word(struct pdf_reader *reader, struct pdf_parser *parser, struct slice word)
{
    struct pdf_object *object = &parser->object;
    uint64_t number = 0;
    bool is_number = word.length > 0 && word.length < 19;
    for (size_t i = 0; i < word.length && is_number; i++) {
        is_number = ascii_is_digit(word.data[i]);
        number = number * 10 + (uint64_t)(word.data[i] - '0');
    }
    if (is_number) {
        parser->numbers[0] = parser->numbers[1];
        parser->numbers[1] = number;
    } else if (slice_equal(word, slice_of("obj")) || slice_equal(word, slice_of("trailer"))) {
        end_object(reader, parser);
        set_between(parser, false);
        parser->object.number = parser->numbers[0];
        parser->depth = parser->files_depth = 0;
    } else if (slice_equal(word, slice_of("endobj")) || slice_equal(word, slice_of("startxref"))) {
        end_object(reader, parser);
        set_between(parser, parser == &reader->file);
    } else if (!parser->is_between && slice_equal(word, slice_of("R"))) {
        if (parser->files_depth > 0)
            keep_number(reader, reader->referred, &reader->referred_count, parser->numbers[0]);
        else if (object->is_file_list && object->listed_count < FILE_KEYS)
            object->listed[object->listed_count++] = parser->numbers[0];
    } else {
        object->is_file_list = false;
    }
}

static void take_bracket(struct pdf_parser *parser, enum pdf_token token, char bracket)
{
    parser->object.is_file_list = parser->object.is_file_list && token != PDF_BRACKET && parser->depth <= 1;
    if (token == PDF_OPEN) {
        parser->depth++;
        if (strcmp(parser->name, "EF") == 0 && parser->files_depth == 0)
            parser->files_depth = parser->depth;
    } else if (token == PDF_CLOSE) {
        if (parser->depth == parser->files_depth)
            parser->files_depth = 0;
        parser->depth -= parser->depth > 0 ? 1 : 0;
    }
    parser->in_filters = bracket == '[' && strcmp(parser->name, "Filter") == 0;
}

/* One token. True: it is the keyword behind which a stream begins. */
static bool take_token(struct pdf_reader *reader, struct pdf_parser *parser, enum pdf_token token,
                       struct slice text)
{
    char name[PDF_WORD_BYTES_MAX + 1] = "";
    bool was_inner_end = token == PDF_CLOSE && parser->depth == 1 && parser == reader->inner;
    if (token == PDF_NAME) {
        memcpy(name, text.data, text.length);
        name[text.length] = '\0';
        take_name(reader, parser, name);
    } else if (token == PDF_STRING) {
        parser->object.is_file_list = false;
        if (is_file_key(parser->name))
            keep_name(reader, &parser->object, text);
    } else if (token == PDF_WORD) {
        if (slice_equal(text, slice_of("stream")) && parser == &reader->file)
            return true;
        take_word(reader, parser, text);
    } else {
        take_bracket(parser, token, text.length > 0 ? text.data[0] : '\0');
    }
    memcpy(parser->name, name, sizeof name);
    /* An object in a stream has no words around it. */
    if (was_inner_end)
        end_object(reader, parser);
    return false;
}

/* ---- streams ---------------------------------------------------------------------------------------- */

static bool on_inner(void *context, struct slice bytes)
{
    struct pdf_reader *reader = context;
    enum pdf_token token;
    struct slice text;
    while (!reader->walk.finished && pdf_lexer_next(&reader->inner->lexer, &bytes, &token, &text))
        take_token(reader, reader->inner, token, text);
    return !reader->walk.finished;
}

static bool on_file(void *context, struct slice bytes)
{
    struct pdf_reader *reader = context;
    return archive_walk_data(&reader->walk, bytes);
}

static bool prepare_inner(struct pdf_reader *reader)
{
    if (reader->inner == NULL) {
        reader->inner = talloc_zero(reader, struct pdf_parser);
        if (reader->inner == NULL) {
            archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory for a PDF");
            return false;
        }
        parser_init(reader->inner);
    }
    pdf_lexer_init(&reader->inner->lexer);
    object_reset(&reader->inner->object, 0);
    reader->inner->depth = reader->inner->files_depth = 0;
    return true;
}

static void begin_stream(struct pdf_reader *reader)
{
    struct pdf_object *object = &reader->file.object;
    struct archive_member member = {.name = slice_of("")};
    bool is_file = object->is_file && !object->is_container;
    reader->in_stream = reader->is_at_line_end = true;
    reader->kept = 0;
    if (is_file)
        keep_number(reader, reader->seen, &reader->seen_count, object->number);
    if (reader->is_encrypted || !(is_file || object->is_container))
        return;
    if (is_file ? !archive_walk_member(&reader->walk, &member) : !prepare_inner(reader))
        return;
    if (!pdf_filters_are_known(&object->filters)) {
        reader->is_unsupported = true;
        archive_walk_content_missing(&reader->walk);
        return;
    }
    const struct archive_sink sink = {.context = reader, .member_data = is_file ? on_file : on_inner};
    reader->decode = pdf_decode_create(reader, &object->filters, &sink, reader->walk.budget);
    if (reader->decode == NULL)
        archive_walk_stop(&reader->walk, ARCHIVE_OVER_BUDGET, "no memory left to unpack");
}

static void end_stream(struct pdf_reader *reader)
{
    reader->in_stream = false;
    if (reader->decode != NULL) {
        enum unpack_result result = pdf_decode_end(reader->decode);
        if (result == UNPACK_OVER_BUDGET)
            archive_walk_report(&reader->walk, ARCHIVE_OVER_BUDGET, "too much to unpack");
        reader->is_damaged = reader->is_damaged || result == UNPACK_DAMAGED;
        if (result == UNPACK_DAMAGED)
            archive_walk_content_missing(&reader->walk);
    }
    TALLOC_FREE(reader->decode);
    archive_walk_member_end(&reader->walk);
    end_object(reader, &reader->file);
    set_between(&reader->file, true);
}

static void pass_stream(struct pdf_reader *reader, struct slice bytes)
{
    if (reader->decode != NULL && bytes.length > 0)
        pdf_decode_push(reader->decode, bytes);
}

/* How many bytes at the end of `bytes` may begin the end mark. */
static size_t open_end(struct slice bytes)
{
    size_t most = bytes.length < END_MARK_BYTES - 1 ? bytes.length : END_MARK_BYTES - 1;
    for (size_t length = most; length > 0; length--)
        if (memcmp(bytes.data + bytes.length - length, end_mark, length) == 0)
            return length;
    return 0;
}

/* Behind a beginning of the end mark, that came before, `bytes` goes on with it or does not. */
static struct slice finish_mark(struct pdf_reader *reader, struct slice bytes)
{
    while (reader->kept > 0 && bytes.length > 0) {
        if (bytes.data[0] == end_mark[reader->kept]) {
            bytes = slice_part(bytes, 1, bytes.length);
            if (++reader->kept == END_MARK_BYTES) {
                reader->kept = 0;
                end_stream(reader);
            }
        } else {
            /* The mark may begin anew at its second e, the last letter kept; nowhere else in it. */
            size_t again = reader->kept == END_MARK_BYTES - 2 ? 1 : 0;
            pass_stream(reader, slice_make(end_mark, reader->kept - again));
            reader->kept = again;
        }
    }
    return bytes;
}

/* The bytes of a stream; returns what stands behind it. */
static struct slice read_stream(struct pdf_reader *reader, struct slice bytes)
{
    while (reader->is_at_line_end && bytes.length > 0 && (bytes.data[0] == '\r' || bytes.data[0] == '\n')) {
        reader->is_at_line_end = bytes.data[0] == '\r';
        bytes = slice_part(bytes, 1, bytes.length);
    }
    if (bytes.length > 0)
        reader->is_at_line_end = false;
    bytes = finish_mark(reader, bytes);
    if (!reader->in_stream || bytes.length == 0)
        return bytes;
    const char *end = memmem(bytes.data, bytes.length, end_mark, END_MARK_BYTES);
    if (end == NULL) {
        reader->kept = open_end(bytes);
        pass_stream(reader, slice_part(bytes, 0, bytes.length - reader->kept));
        return slice_part(bytes, bytes.length, bytes.length);
    }
    size_t length = (size_t)(end - bytes.data);
    pass_stream(reader, slice_part(bytes, 0, length));
    end_stream(reader);
    return slice_part(bytes, length + END_MARK_BYTES, bytes.length);
}

/* ---- the file ---------------------------------------------------------------------------------------- */

/* Outside objects only the words count that begin one, with its numbers before them, or the dictionary at the
 * end of the file. Returns what has not been read. */
static struct slice read_between(struct pdf_reader *reader, struct slice bytes)
{
    struct pdf_parser *parser = &reader->file;
    enum pdf_token token;
    struct slice text;
    if (parser->lexer.state == PDF_LEXER_WORD) {
        if (pdf_lexer_next(&parser->lexer, &bytes, &token, &text))
            take_token(reader, parser, token, text);
        return bytes;
    }
    size_t length = bytes.length < SEARCH_BYTES ? bytes.length : SEARCH_BYTES;
    size_t object = position_of(slice_of("obj"), 'j', slice_part(bytes, 0, length));
    size_t mark = position_of(slice_of("trailer"), 'l', slice_part(bytes, 0, object));
    size_t from = mark > NUMBERS_BYTES ? mark - NUMBERS_BYTES : 0;
    size_t to = bytes.length - mark > BEGINNING_BYTES ? mark + BEGINNING_BYTES : bytes.length;
    if (mark == length && length < bytes.length)
        return slice_part(bytes, from, bytes.length);
    struct slice words = slice_part(bytes, from, to);
    while (parser->is_between && pdf_lexer_next(&parser->lexer, &words, &token, &text))
        take_token(reader, parser, token, text);
    return slice_part(bytes, to - words.length, bytes.length);
}

static bool pdf_push(void *context, struct slice bytes)
{
    struct pdf_reader *reader = context;
    enum pdf_token token;
    struct slice text;
    while (bytes.length > 0 && !reader->walk.finished) {
        if (reader->in_stream)
            bytes = read_stream(reader, bytes);
        else if (reader->file.is_between)
            bytes = read_between(reader, bytes);
        else if (pdf_lexer_next(&reader->file.lexer, &bytes, &token, &text) &&
                 take_token(reader, &reader->file, token, text))
            begin_stream(reader);
    }
    return !reader->walk.finished;
}

/* Whether every file that is referred to was read as one. */
static bool all_were_seen(const struct pdf_reader *reader)
{
    for (size_t i = 0; i < reader->referred_count; i++) {
        bool is_seen = false;
        for (size_t n = 0; n < reader->seen_count; n++)
            is_seen = is_seen || reader->seen[n] == reader->referred[i];
        if (!is_seen)
            return false;
    }
    return true;
}

static void pdf_end(void *context)
{
    struct pdf_reader *reader = context;
    struct archive_walk *walk = &reader->walk;
    if (reader->in_stream)
        end_stream(reader);
    end_object(reader, &reader->file);
    if (reader->is_encrypted) {
        archive_walk_report(walk, ARCHIVE_INDEX_ENCRYPTED, "an encrypted PDF");
    } else {
        if (reader->is_damaged)
            archive_walk_report(walk, ARCHIVE_DAMAGED, "a file in a PDF cannot be unpacked");
        if (reader->is_unsupported || !all_were_seen(reader))
            archive_walk_report(walk, ARCHIVE_UNSUPPORTED, "a file in a PDF that cannot be read here");
    }
    archive_walk_finish(walk);
}

const struct archive_format pdf_format = {
    .name = "pdf",
    .document_extensions = "pdf",
    .traits = ARCHIVE_IS_DOCUMENT,
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = PROBE_BYTES,
    .recognise = pdf_recognise,
    .create = pdf_create,
    .push = pdf_push,
    .end = pdf_end,
};
