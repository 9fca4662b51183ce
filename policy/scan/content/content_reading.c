#include "scan/content/content_reading.h"

#include "scan/content/file_magic.h"
#include "scan/content/zip_mark.h"

#include <talloc.h>

enum { DECODED_PIECE_BYTES = 16384, FOOTER_BYTES = 4096 };

struct content_reading {
    struct transfer_decoder decoder;
    struct content_stream *stream;
    uint32_t line_bytes; /* its first line, with its end; 0 while that is not seen */
    uint32_t line_end_bytes;
    uint32_t first_bytes;          /* of a first line that is not complete */
    bool is_after_cr;              /* the last byte of it was a CR */
    bool is_resumed;               /* decoding began again at the mark of a zip */
    struct zip_mark_search search; /* base64: while the stream only waits for a zip, nothing is decoded */
    bool is_enough;                /* nothing more is wanted of it */
    struct strbuf behind_junk;     /* base64: all from the first "-" or "_" on, as far as FOOTER_BYTES */
};

static int reading_destroy(struct content_reading *reading)
{
    strbuf_deinit(&reading->behind_junk);
    return 0;
}

struct content_reading *content_reading_create(void *owner, enum transfer_encoding encoding,
                                               struct content_subject *subject, unsigned flags,
                                               struct content_depth depth)
{
    struct content_reading *reading = talloc_zero(owner, struct content_reading);
    if (reading == NULL) {
        content_fail(subject->scan);
        return NULL;
    }
    transfer_decoder_init(&reading->decoder, encoding);
    strbuf_init(&reading->behind_junk, FOOTER_BYTES);
    talloc_set_destructor(reading, reading_destroy);
    reading->stream = content_stream_create(reading, subject, flags, depth);
    if (reading->stream == NULL)
        TALLOC_FREE(reading);
    return reading;
}

/* Keeps what some decode otherwise: "-" and "_" are digits to them. */
static void keep_behind_junk(struct content_reading *reading, struct slice raw)
{
    size_t at = 0;
    if (reading->behind_junk.length == 0) {
        const char *dash = memchr(raw.data, '-', raw.length), *score = memchr(raw.data, '_', raw.length);
        const char *first = dash == NULL || (score != NULL && score < dash) ? score : dash;
        at = first == NULL ? raw.length : (size_t)(first - raw.data);
    }
    strbuf_append_slice(&reading->behind_junk, slice_part(raw, at, raw.length));
}

/* Whether bytes hold a mark of an archive, or a word that every object of a PDF needs. */
static bool has_mark(struct slice bytes)
{
    bool is_found = memmem(bytes.data, bytes.length, "obj", 3) != NULL;
    for (size_t i = 0; archive_formats[i] != NULL; i++) {
        struct slice mark = archive_formats[i]->embedded_mark;
        is_found =
            is_found || (mark.length > 0 && memmem(bytes.data, bytes.length, mark.data, mark.length) != NULL);
    }
    return is_found;
}

/* Whether nothing comes out of the rest to those who decode "-" and "_", wherever their groups of digits
 * begin there: a list's footer behind a file that tells where it ends. */
static bool is_footer(const struct content_reading *reading)
{
    struct slice rest = strbuf_slice(&reading->behind_junk);
    bool is_harmless = content_stream_is_ended_file(reading->stream) && !reading->behind_junk.failed;
    for (size_t phase = 0; phase < 4 && is_harmless; phase++) {
        char digits[FOOTER_BYTES + 4], bytes[FOOTER_BYTES + TRANSFER_ROOM_MIN];
        size_t length = phase;
        memset(digits, 'A', phase);
        for (size_t i = 0; i < rest.length; i++)
            digits[length++] = rest.data[i] == '-' ? '+' : rest.data[i] == '_' ? '/' : rest.data[i];
        struct transfer_decoder decoder;
        struct slice left = slice_make(digits, length);
        transfer_decoder_init(&decoder, TRANSFER_BASE64);
        is_harmless = !has_mark(slice_make(bytes, transfer_decode(&decoder, &left, bytes, sizeof bytes)));
    }
    return is_harmless;
}

/* Decodes `raw` into the reading's stream. Returns whether more is wanted. */
static bool decode_into(struct content_reading *reading, struct slice raw)
{
    char piece[DECODED_PIECE_BYTES];
    bool is_wanted = true;
    while (raw.length > 0 && is_wanted) {
        size_t made = transfer_decode(&reading->decoder, &raw, piece, sizeof piece);
        is_wanted = content_stream_push(reading->stream, slice_make(piece, made));
    }
    return is_wanted;
}

/* As decode_into, for a stream that only waits for a zip: begins to decode where one begins. */
static bool search_into(struct content_reading *reading, struct slice raw)
{
    struct zip_mark_hit hit;
    if (!zip_mark_find(&reading->search, raw, &hit))
        return true;
    content_stream_end_search(reading->stream);
    reading->is_resumed = true;
    transfer_decoder_init(&reading->decoder, TRANSFER_BASE64);
    return decode_into(reading, slice_of(hit.group)) &&
           decode_into(reading, slice_make(hit.between, hit.between_length)) &&
           decode_into(reading, hit.rest);
}

/* Measures the first line that is not empty. */
static void measure_line(struct content_reading *reading, struct slice raw)
{
    size_t end = slice_find(raw, '\n');
    reading->first_bytes += (uint32_t)(end < 4096 ? end : 4096);
    if (end == raw.length || reading->first_bytes > 4096)
        return;
    bool has_cr = end > 0 ? raw.data[end - 1] == '\r' : reading->is_after_cr;
    reading->line_end_bytes = has_cr ? 2 : 1;
    reading->line_bytes = reading->first_bytes + 1;
}

static bool read_into(struct content_reading *reading, struct slice raw)
{
    if (reading->line_bytes == 0) {
        measure_line(reading, raw);
        reading->is_after_cr = raw.data[raw.length - 1] == '\r';
    }
    if (reading->decoder.encoding == TRANSFER_IDENTITY)
        return content_stream_push(reading->stream, raw);
    if (reading->decoder.encoding == TRANSFER_BASE64)
        keep_behind_junk(reading, raw);
    if (reading->decoder.encoding == TRANSFER_BASE64 && content_stream_is_searching(reading->stream))
        return search_into(reading, raw);
    return decode_into(reading, raw);
}

bool content_reading_push(struct content_reading *reading, struct slice raw)
{
    reading->is_enough = reading->is_enough || !read_into(reading, raw);
    return !reading->is_enough;
}

/* Whether what is decoded from `at` on matters: it is in the head, or in content that is read to its end. The
 * answer may not depend on how much happened to be decoded beyond. */
static bool matters(const struct content_reading *reading, uint64_t at)
{
    enum { SIGNATURE_BYTES = 16 };
    if (at >= SIGNATURE_BYTES && content_stream_is_known(reading->stream))
        return false;
    return !reading->is_resumed && (at <= FILE_MAGIC_HEAD_BYTES ||
                                    (!reading->is_enough && !content_stream_is_searching(reading->stream)));
}

unsigned content_reading_end(struct content_reading *reading)
{
    char rest[TRANSFER_ROOM_MIN];
    size_t made = reading->is_enough ? 0 : transfer_decode_end(&reading->decoder, rest);
    if (made > 0)
        content_stream_push(reading->stream, slice_make(rest, made));
    content_stream_end(reading->stream);
    const struct transfer_decoder *decoder = &reading->decoder;
    bool is_settled =
        content_stream_is_known(reading->stream) || content_stream_is_typed_text(reading->stream);
    /* Behind the last of the data stands a footer. */
    bool is_junk_between = decoder->has_junk && decoder->decoded_bytes > decoder->junk_at;
    bool goes_on = decoder->is_concatenated && matters(reading, decoder->concatenated_at);
    bool has_junk = is_junk_between && matters(reading, decoder->junk_at) && !is_footer(reading);
    return (goes_on ? CONTENT_READING_GOES_ON : 0u) | (has_junk ? CONTENT_READING_HAS_JUNK : 0u) |
           (is_settled ? 0u : CONTENT_READING_IS_OPEN);
}

uint64_t content_reading_size(const struct content_reading *reading, uint64_t raw_bytes)
{
    if (reading->decoder.encoding != TRANSFER_BASE64)
        return raw_bytes;
    uint64_t line = reading->line_bytes == 0 ? raw_bytes + 1 : reading->line_bytes;
    uint64_t characters = line - (reading->line_bytes == 0 ? 1 : reading->line_end_bytes);
    uint64_t last = raw_bytes % line;
    return (raw_bytes / line * characters + (last < characters ? last : characters)) / 4 * 3;
}
