#include "scan/mime/mime_word.h"

#include "scan/mime/mime_charset.h"
#include "scan/mime/transfer_decode.h"

enum { CHARSET_NAME_BYTES = 64 };

struct word {
    struct slice charset;
    char encoding; /* 'b' or 'q' */
    struct slice text;
    size_t length; /* of all of it, delimiters included */
};

struct word_decoder {
    struct strbuf *out;
    struct strbuf joined; /* decoded bytes of neighbouring words of one charset */
    struct slice charset;
    unsigned conversions;
    unsigned result; /* mime_word_result */
};

/* Whether a word starts at the front of `s`. */
static bool word_parse(struct slice s, struct word *word)
{
    if (s.length < 6 || s.data[0] != '=' || s.data[1] != '?')
        return false;
    size_t room = s.length - 2 < CHARSET_NAME_BYTES ? s.length - 2 : CHARSET_NAME_BYTES;
    size_t charset_length = slice_find(slice_part(s, 2, 2 + room), '?');
    size_t at = 2 + charset_length + 1;
    if (charset_length == room || at + 1 >= s.length)
        return false;
    word->charset = slice_part(s, 2, 2 + charset_length);
    word->encoding = ascii_lower(s.data[at]);
    if ((word->encoding != 'b' && word->encoding != 'q') || s.data[at + 1] != '?')
        return false;
    at += 2;
    const char *end = at < s.length ? memmem(s.data + at, s.length - at, "?=", 2) : NULL;
    size_t text_end = end == NULL ? s.length : (size_t)(end - s.data);
    if (end == NULL && text_end > at &&
        s.data[text_end - 1] == '?') /* only the last of its delimiter is missing */
        text_end--;
    word->text = slice_part(s, at, text_end);
    word->length = end == NULL ? s.length : text_end + 2;
    return true;
}

static void append_q(struct slice text, struct strbuf *out)
{
    for (size_t i = 0; i < text.length; i++) {
        int high = text.data[i] == '=' && i + 2 < text.length ? ascii_hex_value(text.data[i + 1]) : -1;
        int low = high >= 0 ? ascii_hex_value(text.data[i + 2]) : -1;
        if (low >= 0) {
            strbuf_append_byte(out, (char)(high << 4 | low));
            i += 2;
        } else {
            strbuf_append_byte(out, text.data[i] == '_' ? (char)' ' : text.data[i]);
        }
    }
}

static void append_b(struct slice text, struct strbuf *out)
{
    struct transfer_decoder decoder;
    transfer_decoder_init(&decoder, TRANSFER_BASE64);
    char piece[512];
    while (text.length > 0)
        strbuf_append(out, piece, transfer_decode(&decoder, &text, piece, sizeof piece));
    strbuf_append(out, piece, transfer_decode_end(&decoder, piece));
}

static void flush_joined(struct word_decoder *decoder)
{
    struct slice joined = strbuf_slice(&decoder->joined);
    decoder->out->failed = decoder->out->failed || decoder->joined.failed;
    if (joined.length == 0)
        return;
    enum mime_charset_result result = MIME_CHARSET_UNKNOWN;
    if (decoder->conversions++ < MIME_WORD_CONVERSIONS_MAX)
        result = mime_charset_to_utf8(decoder->charset, joined, decoder->out);
    if (result == MIME_CHARSET_UNKNOWN)
        strbuf_append_slice(decoder->out, joined);
    if (result != MIME_CHARSET_SURE)
        decoder->result |= MIME_WORD_DOUBTFUL;
    strbuf_reset(&decoder->joined);
}

static void append_word(struct word_decoder *decoder, const struct word *word)
{
    if (!slice_equal_nocase(word->charset, decoder->charset))
        flush_joined(decoder);
    decoder->charset = word->charset;
    if (word->encoding == 'b')
        append_b(word->text, &decoder->joined);
    else
        append_q(word->text, &decoder->joined);
}

static size_t blank_length(struct slice s)
{
    size_t length = 0;
    while (length < s.length && (s.data[length] == ' ' || s.data[length] == '\t' || s.data[length] == '\r' ||
                                 s.data[length] == '\n'))
        length++;
    return length;
}

static void append_plain(struct word_decoder *decoder, struct slice plain)
{
    if (plain.length == 0)
        return;
    flush_joined(decoder);
    strbuf_append_slice(decoder->out, plain);
}

unsigned mime_word_decode(struct slice text, enum mime_word_blanks blanks, struct strbuf *out)
{
    struct word_decoder decoder = {.out = out};
    bool after_word = false;
    strbuf_init(&decoder.joined, 0);
    while (text.length > 0) {
        struct word word;
        size_t blank = after_word ? blank_length(text) : 0;
        if (word_parse(slice_part(text, blank, text.length), &word)) {
            if (blanks == MIME_WORD_BLANKS_KEPT)
                append_plain(&decoder, slice_part(text, 0, blank));
            append_word(&decoder, &word);
            text = slice_part(text, blank + word.length, text.length);
            after_word = true;
            decoder.result |= MIME_WORD_FOUND;
            continue;
        }
        /* Up to the next byte that could begin a word. */
        size_t plain = 1 + slice_find(slice_part(text, 1, text.length), '=');
        append_plain(&decoder, slice_part(text, 0, plain));
        text = slice_part(text, plain, text.length);
        after_word = false;
    }
    flush_joined(&decoder);
    strbuf_deinit(&decoder.joined);
    return decoder.result;
}
