/*
 * OpenPGP messages in their binary form (RFC 9580): what is only signed, compressed or wrapped is open to
 * anybody, and is read; what is encrypted is said to be.
 *
 * A message is a row of packets. A compressed one holds packets again, a literal one is the file.
 */
#include "scan/archive/archive_formats.h"
#include "scan/archive/archive_walk.h"
#include "scan/archive/unpack.h"

#include <talloc.h>

enum {
    LEVELS_MAX = 8, /* of compressed packets within each other */
    NAME_BYTES_MAX = 255,
    DATE_BYTES = 4,
    HEADER_BYTES_MAX = 6,
    PROBE_BYTES = 32,
    ZLIB_HEADER_BYTES = 2,
};

enum packet_tag {
    TAG_SESSION_KEY = 1,
    TAG_SIGNATURE = 2,
    TAG_PASSWORD_KEY = 3,
    TAG_ONE_PASS = 4,
    TAG_COMPRESSED = 8,
    TAG_ENCRYPTED = 9,
    TAG_MARKER = 10,
    TAG_LITERAL = 11,
    TAG_PROTECTED = 18,
    TAG_AEAD = 20,
};

/* How long a packet is, by the bytes behind its tag. */
struct packet_length {
    uint64_t bytes;
    size_t header_bytes; /* tag included; 0: it is not complete */
    bool is_partial;     /* another length follows these bytes */
    bool is_endless;     /* up to the end of what holds it */
};

enum packet_state { PACKET_HEADER, PACKET_BODY, PACKET_MORE /* the length of the next part */ };

/* One row of packets: the file's, or that in a compressed packet. */
struct packets {
    struct openpgp_reader *reader;
    unsigned level;
    enum packet_state state;
    unsigned tag;
    size_t header_length;
    uint8_t header[HEADER_BYTES_MAX];
    struct packet_length length; /* of the body, or of its part; bytes: those to come */
    size_t taken;                /* bytes of a literal's or compressed packet's own fields */
    size_t name_length;
    char name[NAME_BYTES_MAX];
    unsigned header_left; /* of zlib's */
    bool is_packed;       /* else the body of a compressed packet is packets as they are */
    struct unpack *unpack;
    struct packets *inner;
};

struct openpgp_reader {
    struct archive_walk walk; /* what it says to the sink */
    struct packets *packets;
    bool is_signature; /* it begins with one, and may be no more than that */
    bool has_content;
};

/* ---- headers ---------------------------------------------------------------------------------------- */

static unsigned tag_of(uint8_t first)
{
    return (first & 0x40) != 0 ? first & 0x3fu : first >> 2 & 0x0fu;
}

static uint64_t number_be(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The length that begins at bytes[0], as packets write it since RFC 2440. */
static struct packet_length new_length(const uint8_t *bytes, size_t count)
{
    uint8_t first = count > 0 ? bytes[0] : 0;
    if (count >= 1 && first < 192)
        return (struct packet_length){.bytes = first, .header_bytes = 1};
    if (count >= 2 && first >= 192 && first < 224)
        return (struct packet_length){.bytes = ((first - 192u) << 8) + bytes[1] + 192, .header_bytes = 2};
    if (count >= 5 && first == 255)
        return (struct packet_length){.bytes = number_be(bytes + 1, 4), .header_bytes = 5};
    if (count >= 1 && first >= 224 && first < 255)
        return (struct packet_length){
            .bytes = UINT64_C(1) << (first & 0x1f), .header_bytes = 1, .is_partial = true};
    return (struct packet_length){.header_bytes = 0};
}

/* The tag byte is bytes[0]. */
static struct packet_length packet_length(const uint8_t *bytes, size_t count)
{
    static const size_t widths[] = {1, 2, 4, 0};
    struct packet_length length;
    if ((bytes[0] & 0x40) != 0) {
        length = new_length(bytes + 1, count - 1);
        length.header_bytes += length.header_bytes > 0 ? 1 : 0;
        return length;
    }
    size_t width = widths[bytes[0] & 3];
    if (width == 0)
        return (struct packet_length){.bytes = UINT64_MAX, .header_bytes = 1, .is_endless = true};
    if (count < 1 + width)
        return (struct packet_length){.header_bytes = 0};
    return (struct packet_length){.bytes = number_be(bytes + 1, width), .header_bytes = 1 + width};
}

/* ---- recognition ------------------------------------------------------------------------------------ */

static bool is_one_of(uint8_t value, const char *list)
{
    return value != 0 && strchr(list, value) != NULL;
}

static bool is_literal(const uint8_t *body, size_t count, const struct packet_length *length)
{
    if (count < 2 || !is_one_of(body[0], "btuml1") ||
        (!length->is_endless && !length->is_partial && length->bytes < 2u + body[1] + DATE_BYTES))
        return false;
    for (size_t i = 2; i < count && i < 2u + body[1]; i++)
        if (body[i] < ' ' || body[i] == 0x7f)
            return false;
    return true;
}

static bool is_compressed(const uint8_t *body, size_t count)
{
    if (count < 4)
        return false;
    switch (body[0]) {
    case 0:
        return (body[1] & 0x80) != 0;
    case 1:
        return (body[1] & 6) != 6; /* a kind of block that there is */
    case 2:
        return (body[1] & 0x0f) == 8 && (body[1] * 256u + body[2]) % 31 == 0;
    case 3:
        return memcmp(body + 1, "BZh", 3) == 0;
    default:
        return false;
    }
}

static bool openpgp_recognise(struct slice probe)
{
    const uint8_t *bytes = (const uint8_t *)probe.data;
    if (probe.length < 8 || (bytes[0] & 0x80) == 0)
        return false;
    struct packet_length length = packet_length(bytes, probe.length);
    if (length.header_bytes == 0 || length.header_bytes + 4 > probe.length)
        return false;
    const uint8_t *body = bytes + length.header_bytes;
    size_t count = probe.length - length.header_bytes;
    switch (tag_of(bytes[0])) {
    case TAG_LITERAL:
        return is_literal(body, count, &length);
    case TAG_COMPRESSED:
        return is_compressed(body, count);
    case TAG_ONE_PASS:
        return body[0] == 3 && length.bytes == 13 && body[1] <= 1;
    case TAG_SIGNATURE:
        return (body[0] == 4 && body[1] <= 1 && length.bytes >= 64) || (body[0] == 3 && body[1] == 5);
    case TAG_MARKER:
        return length.bytes == 3 && memcmp(body, "PGP", 3) == 0;
    case TAG_SESSION_KEY:
        return (body[0] == 3 || body[0] == 6) && length.bytes >= 24 && length.bytes < 8192 &&
               !length.is_partial;
    case TAG_PASSWORD_KEY:
        return body[0] >= 4 && body[0] <= 6 && body[1] <= 13 && length.bytes < 256 && !length.is_partial;
    default:
        return false;
    }
}

/* ---- packets ---------------------------------------------------------------------------------------- */

static void damaged(struct openpgp_reader *reader)
{
    if (reader->is_signature && !reader->has_content)
        archive_walk_finish(&reader->walk); /* nothing that anybody opens */
    else
        archive_walk_stop(&reader->walk, ARCHIVE_DAMAGED, "an OpenPGP message makes no sense");
}

static void take(struct packets *packets, struct slice bytes);

static bool on_unpacked(void *context, struct slice bytes)
{
    struct packets *inner = context;
    take(inner, bytes);
    return !inner->reader->walk.finished;
}

static struct packets *packets_create(void *owner, struct openpgp_reader *reader, unsigned level)
{
    struct packets *packets = talloc_zero(owner, struct packets);
    if (packets != NULL) {
        packets->reader = reader;
        packets->level = level;
    }
    return packets;
}

/* The first byte of a compressed packet says how. */
static void begin_unpacking(struct packets *packets, uint8_t algorithm)
{
    struct archive_walk *walk = &packets->reader->walk;
    packets->reader->has_content = true;
    if (packets->level + 1 == LEVELS_MAX) {
        archive_walk_stop(walk, ARCHIVE_OVER_BUDGET, "too many levels in an OpenPGP message");
        return;
    }
    if (algorithm > 3) {
        archive_walk_stop(walk, ARCHIVE_UNSUPPORTED, "an OpenPGP message packed in an unknown way");
        return;
    }
    packets->inner = packets_create(packets, packets->reader, packets->level + 1);
    if (algorithm > 0 && packets->inner != NULL)
        packets->unpack =
            unpack_create(packets, algorithm == 3 ? UNPACK_BZIP2 : UNPACK_DEFLATE, walk->budget);
    packets->is_packed = algorithm > 0;
    packets->header_left = algorithm == 2 ? ZLIB_HEADER_BYTES : 0;
    if (packets->inner == NULL || (algorithm > 0 && packets->unpack == NULL))
        archive_walk_stop(walk, ARCHIVE_OVER_BUDGET, "no memory left to unpack");
}

static void unpack_some(struct packets *packets, struct slice bytes)
{
    struct archive_walk *walk = &packets->reader->walk;
    size_t used, skipped = bytes.length < packets->header_left ? bytes.length : packets->header_left;
    packets->header_left -= (unsigned)skipped;
    bytes = slice_part(bytes, skipped, bytes.length);
    if (bytes.length == 0)
        return;
    const struct archive_sink sink = {.context = packets->inner, .member_data = on_unpacked};
    enum unpack_result result = unpack_push(packets->unpack, bytes, &sink, &used);
    if (result == UNPACK_DAMAGED)
        damaged(packets->reader);
    else if (result == UNPACK_OVER_BUDGET)
        archive_walk_stop(walk, ARCHIVE_OVER_BUDGET, "too much to unpack");
    if (result != UNPACK_MORE)
        TALLOC_FREE(packets->unpack);
}

static void take_compressed(struct packets *packets, struct slice bytes)
{
    if (packets->taken == 0) {
        packets->taken = 1;
        begin_unpacking(packets, (uint8_t)bytes.data[0]);
        bytes = slice_part(bytes, 1, bytes.length);
    }
    if (bytes.length == 0 || packets->reader->walk.finished)
        return;
    if (packets->unpack != NULL)
        unpack_some(packets, bytes);
    else if (!packets->is_packed && packets->inner != NULL)
        take(packets->inner, bytes);
}

/* A literal: its form, its name behind a length, its date, and then the file. */
static void take_literal(struct packets *packets, struct slice bytes)
{
    struct archive_walk *walk = &packets->reader->walk;
    while (bytes.length > 0 &&
           (packets->taken < 2 || packets->taken < 2 + packets->name_length + DATE_BYTES)) {
        char c = bytes.data[0];
        if (packets->taken == 1)
            packets->name_length = (unsigned char)c;
        else if (packets->taken > 1 && packets->taken < 2 + packets->name_length)
            packets->name[packets->taken - 2] = c;
        packets->taken++;
        bytes = slice_part(bytes, 1, bytes.length);
        if (packets->taken == 2 + packets->name_length + DATE_BYTES) {
            const struct archive_member member = {.name = slice_make(packets->name, packets->name_length)};
            packets->reader->has_content = true;
            archive_walk_member(walk, &member);
        }
    }
    if (bytes.length > 0)
        archive_walk_data(walk, bytes);
}

static void take_body(struct packets *packets, struct slice bytes)
{
    if (packets->tag == TAG_LITERAL)
        take_literal(packets, bytes);
    else if (packets->tag == TAG_COMPRESSED)
        take_compressed(packets, bytes);
}

static void end_packet(struct packets *packets)
{
    packets->state = PACKET_HEADER;
    packets->header_length = 0;
    if (packets->tag == TAG_LITERAL)
        archive_walk_member_end(&packets->reader->walk);
    TALLOC_FREE(packets->unpack);
    TALLOC_FREE(packets->inner);
}

static void begin_packet(struct packets *packets)
{
    struct openpgp_reader *reader = packets->reader;
    packets->tag = tag_of(packets->header[0]);
    packets->state = PACKET_BODY;
    packets->taken = packets->name_length = 0;
    switch (packets->tag) {
    case TAG_SESSION_KEY:
    case TAG_PASSWORD_KEY:
    case TAG_ENCRYPTED:
    case TAG_PROTECTED:
    case TAG_AEAD:
        archive_walk_stop(&reader->walk, ARCHIVE_INDEX_ENCRYPTED, "an OpenPGP message");
        return;
    case TAG_SIGNATURE:
        reader->is_signature = reader->is_signature || !reader->has_content;
        return;
    default:
        return;
    }
}

/* One byte of a header, or of the length of a packet's next part. */
static void take_header_byte(struct packets *packets, uint8_t byte)
{
    bool is_more = packets->state == PACKET_MORE;
    if (!is_more && packets->header_length == 0 && (byte & 0x80) == 0) {
        damaged(packets->reader);
        return;
    }
    packets->header[packets->header_length++] = byte;
    packets->length = is_more ? new_length(packets->header, packets->header_length)
                              : packet_length(packets->header, packets->header_length);
    if (packets->length.header_bytes == 0)
        return;
    if (is_more)
        packets->state = PACKET_BODY;
    else
        begin_packet(packets);
    packets->header_length = 0;
    if (packets->length.bytes == 0 && !packets->length.is_partial)
        end_packet(packets);
}

static void take(struct packets *packets, struct slice bytes)
{
    const struct archive_walk *walk = &packets->reader->walk;
    while (bytes.length > 0 && !walk->finished) {
        if (packets->state != PACKET_BODY) {
            take_header_byte(packets, (uint8_t)bytes.data[0]);
            bytes = slice_part(bytes, 1, bytes.length);
            continue;
        }
        uint64_t left = packets->length.bytes;
        size_t count = left < bytes.length ? (size_t)left : bytes.length;
        take_body(packets, slice_part(bytes, 0, count));
        packets->length.bytes -= packets->length.is_endless ? 0 : count;
        bytes = slice_part(bytes, count, bytes.length);
        if (packets->length.bytes > 0)
            continue;
        if (packets->length.is_partial)
            packets->state = PACKET_MORE;
        else
            end_packet(packets);
    }
}

/* Whether the row ends between two packets, or in one that has no other end. */
static bool is_whole(const struct packets *packets)
{
    if (packets->inner != NULL && !is_whole(packets->inner))
        return false;
    return packets->state == PACKET_HEADER ? packets->header_length == 0
                                           : packets->state == PACKET_BODY && packets->length.is_endless;
}

/* ---- the reader ------------------------------------------------------------------------------------- */

static int openpgp_deinit(struct openpgp_reader *reader)
{
    archive_walk_deinit(&reader->walk);
    return 0;
}

static void *openpgp_create(void *owner, const struct archive_sink *sink, struct archive_budget *budget)
{
    struct openpgp_reader *reader = talloc_zero(owner, struct openpgp_reader);
    if (reader == NULL)
        return NULL;
    archive_walk_init(&reader->walk, sink, budget);
    talloc_set_destructor(reader, openpgp_deinit);
    reader->packets = packets_create(reader, reader, 0);
    if (reader->packets == NULL)
        TALLOC_FREE(reader);
    return reader;
}

static bool openpgp_push(void *context, struct slice bytes)
{
    struct openpgp_reader *reader = context;
    take(reader->packets, bytes);
    return !reader->walk.finished;
}

static void openpgp_end(void *context)
{
    struct openpgp_reader *reader = context;
    if (!reader->walk.finished && !is_whole(reader->packets))
        damaged(reader);
    archive_walk_finish(&reader->walk);
}

const struct archive_format openpgp_format = {
    .name = "openpgp",
    .traits = ARCHIVE_IS_ONE_FILE,
    .depth = ARCHIVE_DEPTH_MESSAGE,
    .probe_bytes = PROBE_BYTES,
    .recognise = openpgp_recognise,
    .create = openpgp_create,
    .push = openpgp_push,
    .end = openpgp_end,
};
