#include "scan/content/content_private.h"

#include "scan/mime/boundary_set.h"
#include "scan/mime/transfer_decode.h"

#include <talloc.h>

enum {
    DECODED_PIECE_BYTES = 16384,
    READINGS_MAX = 2,
};

struct encoded_reading {
    struct transfer_decoder decoder;
    struct content_message *message;
};

struct content_encoded {
    struct content_scan *scan;
    struct encoded_reading readings[READINGS_MAX];
    uint32_t reading_count;
    /* A line that may yet turn out to be the delimiter which ends the multipart. */
    uint32_t held_length;
    char held[BOUNDARY_BYTES_MAX + 124];
};

static int encoded_destroy(struct content_encoded *encoded)
{
    encoded->scan->encoded_count -= encoded->reading_count;
    return 0;
}

/* The decoded delimiters of a sender that encoded them too, and did not mean to: =AB in the boundary. */
static void add_decoded(struct name_set *boundaries, enum transfer_encoding encoding)
{
    size_t count = boundaries->count;
    for (size_t i = 0; i < count && encoding == TRANSFER_QUOTED_PRINTABLE; i++) {
        char text[BOUNDARY_BYTES_MAX + TRANSFER_ROOM_MIN];
        struct transfer_decoder decoder;
        struct slice rest = boundaries->items[i];
        if (rest.length > BOUNDARY_BYTES_MAX)
            continue;
        transfer_decoder_init(&decoder, encoding);
        size_t length = transfer_decode(&decoder, &rest, text, sizeof text - TRANSFER_ROOM_MIN);
        length += transfer_decode_end(&decoder, text + length);
        name_set_add(boundaries, slice_make(text, length));
    }
}

static void add_reading(struct content_encoded *encoded, const char *path, struct content_depth depth,
                        const struct mime_entity *entity, enum transfer_encoding encoding)
{
    struct content_scan *scan = encoded->scan;
    if ((entity->encodings & (unsigned)encoding) == 0)
        return;
    if (scan->encoded_count == CONTENT_READ_AGAIN_MAX) {
        content_add_message_condition(scan, ATTACHMENT_AMBIGUOUS, "encoded multiparts within each other");
        return;
    }
    struct encoded_reading *reading = &encoded->readings[encoded->reading_count];
    struct name_set boundaries = entity->parameters.boundaries;
    name_set_init(&boundaries, encoded, MIME_BOUNDARIES_MAX);
    for (size_t i = 0; i < entity->parameters.boundaries.count; i++)
        name_set_add(&boundaries, entity->parameters.boundaries.items[i]);
    add_decoded(&boundaries, encoding);
    transfer_decoder_init(&reading->decoder, encoding);
    reading->message = content_message_create(encoded, scan, path, depth);
    if (reading->message == NULL || boundaries.failed) {
        content_fail(scan);
        return;
    }
    encoded->reading_count++;
    scan->encoded_count++;
    mime_reader_begin_multipart(content_message_reader(reading->message), &boundaries, entity->is_digest);
}

struct content_encoded *content_encoded_create(void *owner, struct content_scan *scan, const char *path,
                                               struct content_depth depth, const struct mime_entity *entity)
{
    if ((entity->encodings & (TRANSFER_BASE64 | TRANSFER_QUOTED_PRINTABLE)) == 0)
        return NULL;
    struct content_encoded *encoded = talloc_zero(owner, struct content_encoded);
    if (encoded == NULL) {
        content_fail(scan);
        return NULL;
    }
    encoded->scan = scan;
    talloc_set_destructor(encoded, encoded_destroy);
    scan->decoded_pass_count++;
    add_reading(encoded, path, depth, entity, TRANSFER_BASE64);
    add_reading(encoded, path, depth, entity, TRANSFER_QUOTED_PRINTABLE);
    scan->decoded_pass_count--;
    return encoded;
}

/* Delimiters do not come out of base64 by chance; senders that say quoted-printable are sloppy, and most are
 * honest. Returns what end_decoded_pass wants. */
static bool begin_decoded_pass(struct content_encoded *encoded, const struct encoded_reading *reading)
{
    bool around = encoded->scan->is_decoded_pass_ambiguous;
    encoded->scan->decoded_pass_count++;
    encoded->scan->is_decoded_pass_ambiguous = reading->decoder.encoding == TRANSFER_BASE64;
    return around;
}

static void end_decoded_pass(struct content_encoded *encoded, bool around)
{
    encoded->scan->decoded_pass_count--;
    encoded->scan->is_decoded_pass_ambiguous = around;
}

static void decode(struct content_encoded *encoded, struct slice raw)
{
    char piece[DECODED_PIECE_BYTES];
    for (uint32_t i = 0; i < encoded->reading_count; i++) {
        struct encoded_reading *reading = &encoded->readings[i];
        struct slice rest = raw;
        bool around = begin_decoded_pass(encoded, reading);
        while (rest.length > 0) {
            size_t made = transfer_decode(&reading->decoder, &rest, piece, sizeof piece);
            content_message_push(reading->message, slice_make(piece, made));
        }
        end_decoded_pass(encoded, around);
    }
}

void content_encoded_flush(struct content_encoded *encoded)
{
    decode(encoded, slice_make(encoded->held, encoded->held_length));
    encoded->held_length = 0;
}

void content_encoded_push(struct content_encoded *encoded, struct slice raw)
{
    size_t whole = slice_find_last(raw, '\n');
    whole = whole < raw.length ? whole + 1 : 0;
    if (whole > 0 || encoded->held_length + raw.length > sizeof encoded->held)
        content_encoded_flush(encoded);
    decode(encoded, slice_part(raw, 0, whole));
    raw = slice_part(raw, whole, raw.length);
    if (raw.length > sizeof encoded->held) {
        decode(encoded, raw);
        return;
    }
    memcpy(encoded->held + encoded->held_length, raw.data, raw.length);
    encoded->held_length += (uint32_t)raw.length;
}

void content_encoded_end(struct content_encoded *encoded)
{
    char rest[TRANSFER_ROOM_MIN];
    for (uint32_t i = 0; i < encoded->reading_count; i++) {
        struct encoded_reading *reading = &encoded->readings[i];
        bool around = begin_decoded_pass(encoded, reading);
        size_t made = transfer_decode_end(&reading->decoder, rest);
        content_message_push(reading->message, slice_make(rest, made));
        content_message_end(reading->message);
        end_decoded_pass(encoded, around);
    }
}
