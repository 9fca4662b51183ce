#include "scan/mime/cms_reader.h"

enum {
    TAG_OBJECT_ID = 0x06,
    TAG_OCTETS = 0x04,
    TAG_OCTETS_IN_PIECES = 0x24,
    TAG_SEQUENCE = 0x30,
    TAG_EXPLICIT_0 = 0xa0,
    TAG_CONSTRUCTED = 0x20,
};

static const uint64_t indefinite = UINT64_MAX;

/* ---- the kind ---------------------------------------------------------------------------------------- */

/* Takes a tag and a length off the front; false where `tag` does not stand there. */
static bool take_header(struct slice *s, unsigned char tag)
{
    if (s->length < 2 || (unsigned char)s->data[0] != tag)
        return false;
    unsigned char first = (unsigned char)s->data[1];
    size_t header = first > 0x80 ? 2 + (first & 0x7fu) : 2;
    if (header > s->length)
        return false;
    *s = slice_part(*s, header, s->length);
    return true;
}

static enum cms_kind kind_of_pkcs7(char last)
{
    switch (last) {
    case 1: /* data */
    case 2: /* signed-data */
    case 5: /* digested-data */
        return CMS_PLAIN;
    case 3: /* enveloped-data */
    case 4: /* signed-and-enveloped-data (PKCS #7) */
    case 6: /* encrypted-data */
        return CMS_ENCRYPTED;
    default:
        return CMS_NONE;
    }
}

static enum cms_kind kind_of_smime(char last)
{
    switch (last) {
    case 2: /* authenticated-data */
        return CMS_PLAIN;
    case 9: /* compressed-data */
        return CMS_COMPRESSED;
    case 23: /* authenticated-enveloped-data (RFC 5083) */
        return CMS_ENCRYPTED;
    default:
        return CMS_NONE;
    }
}

enum cms_kind cms_recognise(struct slice head)
{
    static const char pkcs7[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07";
    static const char smime[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01";
    if (!take_header(&head, TAG_SEQUENCE) || !take_header(&head, TAG_OBJECT_ID) || head.length < 11)
        return CMS_NONE;
    if (memcmp(head.data, pkcs7, sizeof pkcs7 - 1) == 0)
        return kind_of_pkcs7(head.data[8]);
    if (memcmp(head.data, smime, sizeof smime - 1) == 0)
        return kind_of_smime(head.data[10]);
    return CMS_NONE;
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

void cms_reader_init(struct cms_reader *reader, void (*content)(void *context, struct slice bytes),
                     void *context)
{
    *reader = (struct cms_reader){.content = content, .context = context};
}

/*
 * The way to the content: in a ContentInfo, [0], the structure of its type, in that an
 * EncapsulatedContentInfo, [0] (RFC 5652 5.2). Plain data stands in the first [0].
 */
static const unsigned char way[] = {TAG_SEQUENCE, TAG_EXPLICIT_0, TAG_SEQUENCE, TAG_SEQUENCE, TAG_EXPLICIT_0};

/* Whether the open elements are the way to the content, and then only pieces of it. */
static bool is_in_content(const struct cms_reader *reader)
{
    uint32_t at = 0;
    while (at < sizeof way && at < reader->open_count && reader->open[at].tag == way[at])
        at++;
    if (at != 2 && at != sizeof way)
        return false;
    while (at < reader->open_count && reader->open[at].tag == TAG_OCTETS_IN_PIECES)
        at++;
    return at == reader->open_count;
}

/* Whether the element that is read may be a step on the way; else it is passed over. */
static bool may_hold_content(const struct cms_reader *reader)
{
    bool is_step = reader->open_count < sizeof way && reader->tag == way[reader->open_count];
    return is_step || (reader->tag == TAG_OCTETS_IN_PIECES && reader->open_count >= 2);
}

static void close_last(struct cms_reader *reader)
{
    reader->open_count--;
    /* Certificates and signatures follow the content. */
    if (reader->open_count == 0 || (reader->has_content && reader->open_count <= 3))
        reader->result = CMS_END;
}

static void close_ended(struct cms_reader *reader)
{
    while (reader->open_count > 0 && reader->open[reader->open_count - 1].end <= reader->offset)
        close_last(reader);
}

static void begin_constructed(struct cms_reader *reader, uint64_t end)
{
    reader->state = CMS_IN_TAG;
    if (reader->open_count == CMS_LEVELS_MAX) {
        reader->result = CMS_TOO_DEEP;
        return;
    }
    reader->open[reader->open_count++] = (struct cms_element){reader->tag, end};
    close_ended(reader);
}

/* Tag and length are known, and `reader->offset` is where the value begins. */
static void begin_value(struct cms_reader *reader, bool is_indefinite)
{
    bool is_constructed = (reader->tag & TAG_CONSTRUCTED) != 0;
    uint64_t around = reader->open_count == 0 ? indefinite : reader->open[reader->open_count - 1].end;
    reader->state = CMS_IN_TAG;
    if (reader->tag == 0 && reader->length == 0 && !is_indefinite) {
        if (reader->open_count > 0 && around == indefinite)
            close_last(reader);
        close_ended(reader);
    } else if (around < reader->offset ||
               (is_indefinite ? !is_constructed : reader->length > around - reader->offset)) {
        reader->result = CMS_DAMAGED;
    } else if (is_constructed && (is_indefinite || may_hold_content(reader))) {
        begin_constructed(reader, is_indefinite ? indefinite : reader->offset + reader->length);
    } else if (reader->length > 0) {
        reader->state = CMS_IN_VALUE;
    } else {
        close_ended(reader);
    }
}

static void take_length(struct cms_reader *reader, unsigned char first)
{
    reader->length = first < 0x80 ? first : 0;
    reader->length_bytes_left = first < 0x80 ? 0 : first & 0x7fu;
    if (reader->length_bytes_left > 0)
        reader->state = CMS_IN_LONG_LENGTH;
    else
        begin_value(reader, first == 0x80);
}

static void take_long_length(struct cms_reader *reader, unsigned char byte)
{
    if (reader->length >> 48 != 0) {
        reader->result = CMS_DAMAGED;
        return;
    }
    reader->length = reader->length << 8 | byte;
    if (--reader->length_bytes_left == 0)
        begin_value(reader, false);
}

static void take_byte(struct cms_reader *reader, unsigned char byte)
{
    reader->offset++;
    switch (reader->state) {
    case CMS_IN_TAG:
        reader->tag = byte;
        reader->state = (byte & 0x1f) == 0x1f ? CMS_IN_LONG_TAG : CMS_IN_LENGTH;
        break;
    case CMS_IN_LONG_TAG:
        if ((byte & 0x80) == 0)
            reader->state = CMS_IN_LENGTH;
        break;
    case CMS_IN_LENGTH:
        take_length(reader, byte);
        break;
    case CMS_IN_LONG_LENGTH:
        take_long_length(reader, byte);
        break;
    case CMS_IN_VALUE:
        break;
    }
}

/* Takes what of a value is in `bytes`; returns what follows it. */
static struct slice take_value(struct cms_reader *reader, struct slice bytes)
{
    size_t taken = bytes.length < reader->length ? bytes.length : (size_t)reader->length;
    if (reader->tag == TAG_OCTETS && is_in_content(reader)) {
        reader->has_content = true;
        reader->content(reader->context, slice_part(bytes, 0, taken));
    }
    reader->offset += taken;
    reader->length -= taken;
    if (reader->length == 0) {
        reader->state = CMS_IN_TAG;
        close_ended(reader);
    }
    return slice_part(bytes, taken, bytes.length);
}

enum cms_result cms_reader_push(struct cms_reader *reader, struct slice bytes)
{
    while (bytes.length > 0 && reader->result == CMS_MORE) {
        if (reader->state == CMS_IN_VALUE) {
            bytes = take_value(reader, bytes);
        } else {
            take_byte(reader, (unsigned char)bytes.data[0]);
            bytes = slice_part(bytes, 1, bytes.length);
        }
    }
    return reader->result;
}
