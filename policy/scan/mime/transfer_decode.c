#include "scan/mime/transfer_decode.h"

#include "scan/mime/base64.h"

#include <assert.h>

/* So many base64 characters in a row after padding are more data, not a list's footer in words. */
enum { CONCATENATED_RUN = 40 };

/* So far in padding that completes no group changes what a file looks like. */
enum { ODD_PADDING_BYTES = 256 };

void transfer_decoder_init(struct transfer_decoder *decoder, enum transfer_encoding encoding)
{
    *decoder = (struct transfer_decoder){.encoding = encoding};
}

static struct slice without_front(struct slice s, size_t count)
{
    return slice_part(s, count, s.length);
}

/* Writes the whole bytes of an unfinished group. */
static size_t base64_flush(struct transfer_decoder *decoder, char *out)
{
    size_t made = 0;
    if (decoder->bit_groups >= 2)
        out[made++] = (char)(decoder->bits >> (decoder->bit_groups == 2 ? 4 : 10));
    if (decoder->bit_groups == 3)
        out[made++] = (char)(decoder->bits >> 2);
    decoder->bits = 0;
    decoder->bit_groups = 0;
    return made;
}

static size_t base64_value(struct transfer_decoder *decoder, unsigned value, char *out)
{
    /* Odd padding is skipped by some, who then decode other groups; further on it is of a footer in words. */
    bool is_odd =
        (decoder->pads_wanted > 0 && decoder->decoded_bytes < ODD_PADDING_BYTES) || decoder->odd_bytes > 0;
    decoder->pads_wanted = 0;
    decoder->odd_bytes += is_odd && decoder->odd_bytes < CONCATENATED_RUN ? 1 : 0;
    bool goes_on = decoder->is_after_pad &&
                   (++decoder->run_after_pad >= CONCATENATED_RUN || decoder->odd_bytes >= CONCATENATED_RUN);
    if (goes_on && !decoder->is_concatenated) {
        decoder->is_concatenated = true;
        decoder->concatenated_at = decoder->decoded_bytes;
    }
    decoder->bits = decoder->bits << 6 | value;
    if (++decoder->bit_groups < 4)
        return 0;
    out[0] = (char)(decoder->bits >> 16);
    out[1] = (char)(decoder->bits >> 8);
    out[2] = (char)decoder->bits;
    decoder->bits = 0;
    decoder->bit_groups = 0;
    return 3;
}

static size_t base64_byte(struct transfer_decoder *decoder, unsigned char byte, char *out)
{
    unsigned value = base64_values[byte];
    if (value < 64)
        return base64_value(decoder, value, out);
    if (value == BASE64_PAD) {
        if (decoder->bit_groups > 0)
            decoder->pads_wanted = 4 - decoder->bit_groups;
        decoder->pads_wanted -= decoder->pads_wanted > 0 ? 1 : 0;
        decoder->is_after_pad = true;
        decoder->run_after_pad = 0;
        return base64_flush(decoder, out);
    }
    if (byte != '\r' && byte != '\n')
        decoder->run_after_pad = 0;
    if ((byte == '-' || byte == '_') && !decoder->is_after_pad && !decoder->has_junk) {
        decoder->has_junk = true;
        decoder->junk_at = decoder->decoded_bytes;
    }
    return 0;
}

/* Whether the fast loop sees all that the slow one would note. */
static bool base64_is_regular(const struct transfer_decoder *decoder)
{
    return decoder->bit_groups == 0 && (!decoder->is_after_pad || decoder->is_concatenated);
}

static size_t base64_decode(struct transfer_decoder *decoder, struct slice *input, char *out, size_t room)
{
    size_t made = 0;
    while (input->length > 0 && room - made >= TRANSFER_ROOM_MIN) {
        if (base64_is_regular(decoder)) {
            size_t fast = 0;
            size_t used = base64_decode_groups(*input, (uint8_t *)out + made, room - made, &fast);
            made += fast;
            decoder->decoded_bytes += fast;
            *input = without_front(*input, used);
        }
        /* Up to the next regular group, byte by byte. */
        do {
            if (input->length == 0 || room - made < TRANSFER_ROOM_MIN)
                return made;
            size_t some = base64_byte(decoder, (unsigned char)input->data[0], out + made);
            made += some;
            decoder->decoded_bytes += some;
            *input = without_front(*input, 1);
        } while (!base64_is_regular(decoder));
    }
    return made;
}

static size_t escape_give_up(struct transfer_decoder *decoder, char *out)
{
    size_t made = decoder->escape_length;
    memcpy(out, decoder->escape, made);
    decoder->escape_length = 0;
    decoder->escape_is_blank = false;
    return made;
}

/* One byte after a `=`. `*is_used` is false if the byte has yet to be looked at as plain text. */
static size_t escape_byte(struct transfer_decoder *decoder, char byte, char *out, bool *is_used)
{
    *is_used = true;
    if (byte == '\n' && (decoder->escape_length == 1 || decoder->escape_is_blank)) {
        decoder->escape_length = 0;
        decoder->escape_is_blank = false;
        return 0;
    }
    if (decoder->escape_length == 1 && strchr(" \t\r", byte) != NULL && byte != '\0') {
        decoder->escape_is_blank = true;
        return 0;
    }
    bool is_hex = !decoder->escape_is_blank && ascii_hex_value(byte) >= 0;
    if (is_hex && decoder->escape_length == 1) {
        decoder->escape[decoder->escape_length++] = byte;
        return 0;
    }
    if (is_hex) {
        out[0] = (char)((unsigned)ascii_hex_value(decoder->escape[1]) << 4 | (unsigned)ascii_hex_value(byte));
        decoder->escape_length = 0;
        return 1;
    }
    *is_used = false;
    return escape_give_up(decoder, out);
}

/* Plain text up to the next `=`, as much as fits. */
static size_t quoted_printable_text(struct slice *input, char *out, size_t room)
{
    size_t length = input->length < room ? input->length : room;
    length = slice_find(slice_part(*input, 0, length), '=');
    memcpy(out, input->data, length);
    *input = without_front(*input, length);
    return length;
}

static size_t quoted_printable_decode(struct transfer_decoder *decoder, struct slice *input, char *out,
                                      size_t room)
{
    size_t made = 0;
    while (input->length > 0 && room - made >= TRANSFER_ROOM_MIN) {
        if (decoder->escape_length > 0) {
            bool is_used;
            made += escape_byte(decoder, input->data[0], out + made, &is_used);
            *input = without_front(*input, is_used ? 1 : 0);
        } else if (input->data[0] == '=') {
            decoder->escape[0] = '=';
            decoder->escape_length = 1;
            *input = without_front(*input, 1);
        } else {
            made += quoted_printable_text(input, out + made, room - made);
        }
    }
    return made;
}

static size_t identity_decode(struct slice *input, char *out, size_t room)
{
    size_t length = input->length < room ? input->length : room;
    memcpy(out, input->data, length);
    *input = without_front(*input, length);
    return length;
}

size_t transfer_decode(struct transfer_decoder *decoder, struct slice *input, char *out, size_t room)
{
    assert(room >= TRANSFER_ROOM_MIN);
    if (input->length == 0)
        return 0;
    if (decoder->encoding == TRANSFER_BASE64)
        return base64_decode(decoder, input, out, room);
    if (decoder->encoding == TRANSFER_QUOTED_PRINTABLE)
        return quoted_printable_decode(decoder, input, out, room);
    return identity_decode(input, out, room);
}

size_t transfer_decode_end(struct transfer_decoder *decoder, char *out)
{
    if (decoder->encoding == TRANSFER_BASE64)
        return base64_flush(decoder, out);
    return decoder->encoding == TRANSFER_QUOTED_PRINTABLE ? escape_give_up(decoder, out) : 0;
}
