#include "scan/mime/name_step.h"

#include "scan/mime/mime_word.h"
#include "scan/mime/name_text.h"
#include "scan/mime/transfer_decode.h"

/* So many bytes that are dropped may stand inside an escape. */
enum { ESCAPE_BETWEEN_BYTES = 7 };

static bool has_word(struct slice text)
{
    return memmem(text.data, text.length, "=?", 2) != NULL;
}

/* Whether there may be more than one. */
static bool has_words(struct slice text)
{
    const char *first = memmem(text.data, text.length, "=?", 2);
    size_t at = first == NULL ? text.length : (size_t)(first - text.data) + 2;
    return has_word(slice_part(text, at, text.length));
}

static bool is_base64(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '+' || c == '/';
}

/* How bytes outside the alphabet of base64 may count; bits. */
enum base64_reading {
    BASE64_PLAIN = 0,
    BASE64_URL = 1 << 0,     /* "-" and "_" are digits too (RFC 4648 5) */
    BASE64_PADDING = 1 << 1, /* padding is a digit, of the value zero */
};

static char base64_digit(char c, unsigned reading)
{
    if ((reading & BASE64_URL) != 0 && (c == '-' || c == '_'))
        return c == '-' ? '+' : '/';
    return (reading & BASE64_PADDING) != 0 && c == '=' ? 'A' : c;
}

/* Appends what the digits in `text` mean behind `phase` others, whatever stands between them. */
static void decode_base64_from(struct slice text, unsigned reading, unsigned phase, struct strbuf *out)
{
    struct transfer_decoder decoder;
    char piece[4 * TRANSFER_ROOM_MIN];
    struct slice before = slice_make("AAA", phase);
    transfer_decoder_init(&decoder, TRANSFER_BASE64);
    while (before.length > 0)
        strbuf_append(out, piece, transfer_decode(&decoder, &before, piece, sizeof piece));
    for (size_t i = 0; i < text.length; i++) {
        char digit = base64_digit(text.data[i], reading);
        struct slice rest = slice_make(&digit, is_base64(digit) ? 1 : 0);
        while (rest.length > 0)
            strbuf_append(out, piece, transfer_decode(&decoder, &rest, piece, sizeof piece));
    }
    strbuf_append(out, piece, transfer_decode_end(&decoder, piece));
    strbuf_append_byte(out, NAME_STEP_EDGE);
}

static void decode_base64(struct slice text, unsigned reading, struct strbuf *out)
{
    decode_base64_from(text, reading, 0, out);
}

/* Puts what was appended since `from` in parentheses, so that it may be left out. */
static void enclose(struct strbuf *out, size_t from)
{
    struct strbuf copy;
    strbuf_init(&copy, 0);
    strbuf_append(&copy, strbuf_slice(out).data + from, out->length - from);
    strbuf_truncate(out, from);
    strbuf_append_byte(out, '(');
    for (size_t i = 0; i < copy.length; i++) {
        char c = strbuf_slice(&copy).data[i];
        strbuf_append_byte(out, c == '(' || c == ')' ? (char)NAME_STEP_EDGE : c);
    }
    strbuf_append_byte(out, ')');
    out->failed = out->failed || copy.failed;
    strbuf_deinit(&copy);
}

/* The offset of the next "?=", or the length. */
static size_t find_close(struct slice text, size_t at)
{
    const char *close = at < text.length ? memmem(text.data + at, text.length - at, "?=", 2) : NULL;
    return close == NULL ? text.length : (size_t)(close - text.data);
}

/* Appends, as a comment, what base64 means whose digits are thrown out of step: by garbage before them that
 * some count, and by padding after which some begin anew. */
static void append_base64_shifted(struct slice all, struct strbuf *out)
{
    enum { PHASES = 4 };
    size_t from = out->length;
    for (size_t i = 0; i < all.length; i++) {
        size_t end = i;
        while (end < all.length && all.data[end] != '=')
            end++;
        decode_base64(slice_part(all, i, end), BASE64_URL, out);
        i = end;
    }
    for (unsigned phase = 1; phase < PHASES; phase++)
        decode_base64_from(all, BASE64_URL, phase, out);
    enclose(out, from);
}

/* Appends what base64 means where padding is nothing, or a digit. */
static void append_base64_whole(struct slice all, bool is_plain_known, struct strbuf *out)
{
    bool is_odd = false;
    for (size_t i = 0; i + 2 < all.length; i++)
        is_odd = is_odd || !is_base64(all.data[i]);
    if (!is_plain_known)
        decode_base64(all, BASE64_PLAIN, out);
    if (is_odd)
        append_base64_shifted(all, out);
    bool has_url = slice_find(all, '-') < all.length || slice_find(all, '_') < all.length;
    bool has_padding = slice_find(all, '=') + 2 < all.length;
    if (has_url)
        decode_base64(all, BASE64_URL, out);
    if (has_padding)
        decode_base64(all, BASE64_PADDING, out);
    if (has_url && has_padding)
        decode_base64(all, BASE64_URL | BASE64_PADDING, out);
}

/* Appends what base64 means; padding may be its end, or not, or nothing at all, as may be whatever is no
 * digit. Returns the offset behind it. */
static size_t append_base64(struct slice text, size_t at, enum name_step step, struct strbuf *out)
{
    bool is_closed = step == NAME_STEP_CLOSED_WORDS || step == NAME_STEP_CLOSED_PADDED_WORDS;
    size_t close = is_closed ? find_close(text, at) : at + slice_find(slice_part(text, at, text.length), '?');
    struct slice all = slice_part(text, at, close);
    if (step == NAME_STEP_CLOSED_WORDS) {
        append_base64_whole(all, false, out);
        return close;
    }
    if (step == NAME_STEP_PADDED_WORDS || step == NAME_STEP_CLOSED_PADDED_WORDS) {
        decode_base64(slice_part(all, 0, slice_find(all, '=')), BASE64_PLAIN, out);
        bool is_next = close < text.length && close > at && text.data[close - 1] == '='; /* another word */
        return is_next ? close - 1 : close;
    }
    if (step == NAME_STEP_WHOLE_WORDS) {
        decode_base64(all, BASE64_PLAIN, out);
        return close;
    }
    unsigned runs = 0;
    while (at < text.length && (is_base64(text.data[at]) || text.data[at] == '=')) {
        size_t end = at;
        while (end < text.length && is_base64(text.data[end]))
            end++;
        decode_base64(slice_part(text, at, end), BASE64_PLAIN, out);
        runs++;
        for (at = end; at < text.length && text.data[at] == '=';)
            at++;
    }
    append_base64_whole(all, runs == 1 && at == close, out);
    return at;
}

/* The length of "=?charset?B?" or "=?charset?Q?" at the front of `text`, whose last letter is its encoding;
 * or 0. */
static size_t word_mark(struct slice text)
{
    enum { CHARSET_BYTES = 64 };
    size_t room = text.length < CHARSET_BYTES ? text.length : CHARSET_BYTES;
    if (text.length < 5 || text.data[0] != '=' || text.data[1] != '?')
        return 0;
    size_t mark = 2 + slice_find(slice_part(text, 2, room), '?');
    bool is_word = mark + 2 < text.length && text.data[mark] == '?' && text.data[mark + 2] == '?' &&
                   strchr("bBqQ", text.data[mark + 1]) != NULL;
    return is_word ? mark + 3 : 0;
}

/* Whether some word of base64 has a "?" that does not close it or, `padding`, digits behind padding. */
static bool has_odd_base64(struct slice text, bool padding)
{
    for (size_t at = slice_find(text, '='); at < text.length;
         at += 1 + slice_find(slice_part(text, at + 1, text.length), '=')) {
        size_t mark = word_mark(slice_part(text, at, text.length));
        size_t behind = at + mark;
        if (mark == 0 || strchr("bB", text.data[behind - 2]) == NULL)
            continue;
        size_t question = behind + slice_find(slice_part(text, behind, text.length), '?');
        size_t pad = behind + slice_find(slice_part(text, behind, question), '=');
        while (pad < question && text.data[pad] == '=')
            pad++;
        if (padding ? pad < question : question + 1 < text.length && text.data[question + 1] != '=')
            return true;
    }
    return false;
}

/* Encoded words without regard to their form: base64 behind each mark, and =XX anywhere. */
static void append_words_anywhere(struct slice text, enum name_step step, struct strbuf *out)
{
    size_t word = 0; /* in the result, the beginning of one that is open */
    bool in_word = false;
    for (size_t at = 0; at < text.length;) {
        size_t mark = word_mark(slice_part(text, at, text.length));
        int high = text.data[at] == '=' && at + 2 < text.length ? ascii_hex_value(text.data[at + 1]) : -1;
        int low = high >= 0 ? ascii_hex_value(text.data[at + 2]) : -1;
        if (mark > 0) {
            bool is_base64_word = strchr("bB", text.data[at + mark - 2]) != NULL;
            strbuf_append_byte(out, NAME_STEP_EDGE);
            word = out->length;
            in_word = true;
            at += mark;
            at = is_base64_word ? append_base64(text, at, step, out) : at;
        } else if (text.data[at] == '?' && at + 1 < text.length && text.data[at + 1] == '=') {
            if (step == NAME_STEP_DROPPED_WORDS && in_word)
                enclose(out, word);
            strbuf_append_byte(out, NAME_STEP_EDGE);
            in_word = false;
            at += word_mark(slice_part(text, at + 1, text.length)) > 0 ? 1 : 2; /* "?=" may be "?" and "=?" */
        } else {
            if (step != NAME_STEP_BLANKLESS_WORDS || !in_word || low >= 0 ||
                strchr(" \t\r\n", text.data[at]) == NULL)
                strbuf_append_byte(out, (char)(low >= 0 ? high << 4 | low : text.data[at]));
            at += low >= 0 ? 3 : 1;
        }
    }
}

/* The hex digit at or behind `*at`, with up to `between` bytes before it that are no letters, digits or dots;
 * -1: none. `*at` becomes the offset behind it. */
static int escape_digit(struct slice text, size_t *at, size_t between)
{
    for (size_t i = *at; i < text.length && i <= *at + between; i++) {
        char c = text.data[i];
        bool is_dropped = !ascii_is_alpha(c) && !ascii_is_digit(c) && c != '%' && c != '.';
        if (is_dropped)
            continue;
        *at = i + 1;
        return ascii_hex_value(c);
    }
    return -1;
}

/* `%` and two hex digits; with up to `between` bytes before each that some program drops. */
static void append_percent_decoded(struct slice text, size_t between, struct strbuf *out)
{
    for (size_t i = 0; i < text.length; i++) {
        size_t behind = i + 1;
        int high = text.data[i] == '%' ? escape_digit(text, &behind, between) : -1;
        int low = high >= 0 ? escape_digit(text, &behind, between) : -1;
        strbuf_append_byte(out, (char)(low >= 0 ? high << 4 | low : text.data[i]));
        i = low >= 0 ? behind - 1 : i;
    }
}

static void append_references_expanded(struct slice text, struct strbuf *out)
{
    while (text.length > 0) {
        char character;
        size_t length = text.data[0] == '&' ? name_text_reference(text, &character) : 0;
        strbuf_append_byte(out, length > 0 ? character : text.data[0]);
        text = slice_part(text, length > 0 ? length : 1, text.length);
    }
}

/* Without backslashes and folds, which some drop before they decode anything. */
static void append_stripped(struct slice text, struct strbuf *out)
{
    bool in_fold = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        in_fold = c == '\r' || c == '\n' || (in_fold && (c == ' ' || c == '\t'));
        if (!in_fold && c != '\\')
            strbuf_append_byte(out, c);
    }
}

/* Without quotes, comments, specials (RFC 2045 5.1), and what is no visible ASCII, where something is left to
 * decode that such may cut in two. */
static void append_bare(struct slice text, struct strbuf *out)
{
    if (slice_find(text, '%') == text.length && slice_find(text, '&') == text.length && !has_word(text))
        return;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        size_t close = c == '(' ? i + slice_find(slice_part(text, i, text.length), ')') : text.length;
        if (close < text.length)
            i = close;
        else if (c >= ' ' && c < 0x7f && strchr("\"\\()<>@,:[]{}|^`~!$", c) == NULL)
            strbuf_append_byte(out, c);
    }
}

void name_step_append(enum name_step step, struct slice text, struct strbuf *out)
{
    switch (step) {
    case NAME_STEP_WORDS:
        if (has_word(text))
            mime_word_decode(text, MIME_WORD_BLANKS_DROPPED, out);
        break;
    case NAME_STEP_LOOSE_WORDS:
        if (slice_find(text, '=') < text.length)
            append_words_anywhere(text, step, out);
        break;
    case NAME_STEP_BLANKLESS_WORDS:
    case NAME_STEP_PADDED_WORDS:
        if (has_word(text))
            append_words_anywhere(text, step, out);
        break;
    case NAME_STEP_DROPPED_WORDS:
        if (has_words(text))
            append_words_anywhere(text, step, out);
        break;
    case NAME_STEP_WHOLE_WORDS:
    case NAME_STEP_CLOSED_WORDS:
    case NAME_STEP_CLOSED_PADDED_WORDS:
        if (has_odd_base64(text, step == NAME_STEP_WHOLE_WORDS))
            append_words_anywhere(text, step, out);
        break;
    case NAME_STEP_PERCENT:
    case NAME_STEP_LOOSE_PERCENT:
        if (slice_find(text, '%') < text.length)
            append_percent_decoded(text, step == NAME_STEP_PERCENT ? 0 : ESCAPE_BETWEEN_BYTES, out);
        break;
    case NAME_STEP_STRIPPED:
        append_stripped(text, out);
        break;
    case NAME_STEP_BLANKLESS:
        for (size_t i = 0; i < text.length && slice_find(text, '?') < text.length; i++)
            if (strchr(" \t\r\n", text.data[i]) == NULL || text.data[i] == '\0')
                strbuf_append_byte(out, text.data[i]);
        break;
    case NAME_STEP_BARE:
        append_bare(text, out);
        break;
    case NAME_STEP_REFERENCES:
        if (slice_find(text, '&') < text.length)
            append_references_expanded(text, out);
        break;
    case NAME_STEP_COUNT:
        break;
    }
}

/* The pieces of one value as they stand, without what separates them: `a"; name*1="b` as `ab`. */
void name_step_append_joined(struct slice text, struct strbuf *out)
{
    for (size_t at = 0; at < text.length; at++) {
        size_t semicolon = at, equals;
        while (semicolon < text.length && strchr("\"' \t\r\n", text.data[semicolon]) != NULL)
            semicolon++;
        equals = semicolon + slice_find(slice_part(text, semicolon, text.length), '=');
        bool is_separator = semicolon < text.length && text.data[semicolon] == ';' && equals < text.length &&
                            memchr(text.data + semicolon + 1, ';', equals - semicolon - 1) == NULL;
        if (!is_separator) {
            strbuf_append_byte(out, text.data[at]);
            continue;
        }
        at = equals;
        while (at + 1 < text.length && strchr("\"' \t\r\n", text.data[at + 1]) != NULL)
            at++;
    }
}
