#include "scan/mime/name_superset.h"

#include "base/strbuf.h"
#include "scan/mime/mime_word.h"
#include "scan/mime/name_text.h"
#include "scan/mime/transfer_decode.h"

/* How often what was decoded is decoded again: gateways encode what is encoded already. */
enum { ROUNDS = 3 };

/* In a reduced text: a control character or the edge of an encoded word, and a character beyond ASCII. */
enum { CONTROL = '\1', OTHER = '\x7f' };

void name_superset_init(struct name_superset *superset, void *owner)
{
    name_set_init(&superset->texts, owner, NAME_SUPERSET_TEXTS);
    name_set_init(&superset->pieces, owner, NAME_SUPERSET_PIECES);
}

bool name_superset_is_empty(const struct name_superset *superset)
{
    return superset->texts.count == 0;
}

bool name_superset_is_over_limit(const struct name_superset *superset)
{
    return superset->texts.is_over_limit || superset->pieces.is_over_limit;
}

bool name_superset_failed(const struct name_superset *superset)
{
    return superset->texts.failed || superset->pieces.failed;
}

/* ---- decoding ---- */

static bool is_base64(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '+' || c == '/';
}

/* How bytes outside the alphabet of base64 may count. */
enum base64_reading {
    BASE64_PLAIN,
    BASE64_URL,     /* "-" and "_" are digits too (RFC 4648 5) */
    BASE64_PADDING, /* padding is a digit, of the value zero */
};

static char base64_digit(char c, enum base64_reading reading)
{
    if (reading == BASE64_URL)
        return c == '-' ? '+' : (char)(c == '_' ? '/' : c);
    return reading == BASE64_PADDING && c == '=' ? 'A' : c;
}

/* Appends what the digits in `text` mean as one, whatever stands between them. */
static void decode_base64(struct slice text, enum base64_reading reading, struct strbuf *out)
{
    struct transfer_decoder decoder;
    char piece[4 * TRANSFER_ROOM_MIN];
    transfer_decoder_init(&decoder, TRANSFER_BASE64);
    for (size_t i = 0; i < text.length; i++) {
        char digit = base64_digit(text.data[i], reading);
        struct slice rest = slice_make(&digit, is_base64(digit) ? 1 : 0);
        while (rest.length > 0)
            strbuf_append(out, piece, transfer_decode(&decoder, &rest, piece, sizeof piece));
    }
    strbuf_append(out, piece, transfer_decode_end(&decoder, piece));
    strbuf_append_byte(out, CONTROL);
}

/* Appends what base64 means; padding may be its end, or not, or nothing at all, as may be whatever is no
 * digit. Returns the offset behind it. */
static size_t append_base64(struct slice text, size_t at, struct strbuf *out)
{
    size_t close = at + slice_find(slice_part(text, at, text.length), '?');
    struct slice all = slice_part(text, at, close);
    while (at < text.length && (is_base64(text.data[at]) || text.data[at] == '=')) {
        size_t end = at;
        while (end < text.length && is_base64(text.data[end]))
            end++;
        decode_base64(slice_part(text, at, end), BASE64_PLAIN, out);
        for (at = end; at < text.length && text.data[at] == '=';)
            at++;
    }
    decode_base64(all, BASE64_PLAIN, out);
    if (slice_find(all, '-') < all.length || slice_find(all, '_') < all.length)
        decode_base64(all, BASE64_URL, out);
    if (slice_find(all, '=') + 2 < all.length)
        decode_base64(all, BASE64_PADDING, out);
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

/* Encoded words without regard to their form: base64 behind each mark, and =XX anywhere. `has_blanks`: those
 * inside words, where there should be none, are kept. */
static void append_words_anywhere(struct slice text, bool has_blanks, struct strbuf *out)
{
    bool in_word = false;
    for (size_t at = 0; at < text.length;) {
        size_t mark = word_mark(slice_part(text, at, text.length));
        int high = text.data[at] == '=' && at + 2 < text.length ? ascii_hex_value(text.data[at + 1]) : -1;
        int low = high >= 0 ? ascii_hex_value(text.data[at + 2]) : -1;
        if (mark > 0) {
            bool is_base64_word = strchr("bB", text.data[at + mark - 2]) != NULL;
            strbuf_append_byte(out, CONTROL);
            in_word = true;
            at += mark;
            at = is_base64_word ? append_base64(text, at, out) : at;
        } else if (text.data[at] == '?' && at + 1 < text.length && text.data[at + 1] == '=') {
            strbuf_append_byte(out, CONTROL);
            in_word = false;
            at += word_mark(slice_part(text, at + 1, text.length)) > 0 ? 1 : 2; /* "?=" may be "?" and "=?" */
        } else {
            if (has_blanks || !in_word || low >= 0 || strchr(" \t\r\n", text.data[at]) == NULL)
                strbuf_append_byte(out, (char)(low >= 0 ? high << 4 | low : text.data[at]));
            at += low >= 0 ? 3 : 1;
        }
    }
}

/* The hex digit at or behind `*at`, with a few bytes between that are no letters or digits; -1: none. `*at`
 * becomes the offset behind it. */
static int escape_digit(struct slice text, size_t *at)
{
    enum { BETWEEN_BYTES = 8 };
    size_t end = *at + BETWEEN_BYTES < text.length ? *at + BETWEEN_BYTES : text.length;
    for (size_t i = *at; i < end; i++) {
        bool is_dropped =
            !ascii_is_alpha(text.data[i]) && !ascii_is_digit(text.data[i]) && text.data[i] != '%';
        if (is_dropped)
            continue;
        *at = i + 1;
        return ascii_hex_value(text.data[i]);
    }
    return -1;
}

/* `%` and two hex digits, whatever some program drops stands between. */
static void append_percent_decoded(struct slice text, struct strbuf *out)
{
    for (size_t i = 0; i < text.length; i++) {
        size_t behind = i + 1;
        int high = text.data[i] == '%' ? escape_digit(text, &behind) : -1;
        int low = high >= 0 ? escape_digit(text, &behind) : -1;
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

/* The pieces of one value as they stand, without what separates them: `a"; name*1="b` as `ab`. */
static void append_joined(struct slice text, struct strbuf *out)
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

/* ---- reducing ---- */

/* What one character is in a reduced text; `with_looks`: characters beyond ASCII as the ASCII that some make
 * of them. */
static char reduced_character(uint32_t code, enum name_text_kind kind, bool with_looks)
{
    bool has_look = kind != NAME_TEXT_INVALID && (with_looks || code < 0x80);
    char look = has_look ? name_text_look(code) : '\0';
    if (code == 0 || (kind == NAME_TEXT_CHARACTER && code >= 0x80 && name_text_is_invisible(code)))
        return CONTROL;
    if (look == '\0')
        return OTHER;
    return name_text_is_control(look) ? (char)CONTROL : look;
}

/* Lower case, CONTROL and OTHER for what is no ASCII. */
static void append_reduced(struct slice text, bool with_looks, struct strbuf *out)
{
    while (text.length > 0) {
        uint32_t code;
        enum name_text_kind kind;
        size_t length = name_text_decode(text, &code, &kind);
        strbuf_append_byte(out, reduced_character(code, kind, with_looks));
        text = slice_part(text, length, text.length);
    }
}

/* Without quotes, comments, specials (RFC 2045 5.1), and what is no visible ASCII, where something is left to
 * decode that such may cut in two. */
static void append_bare(struct slice text, struct strbuf *out)
{
    if (slice_find(text, '%') == text.length && slice_find(text, '&') == text.length &&
        memmem(text.data, text.length, "=?", 2) == NULL)
        return;
    while (text.length > 0) {
        uint32_t code;
        enum name_text_kind kind;
        size_t length = name_text_decode(text, &code, &kind);
        size_t close = text.data[0] == '(' ? slice_find(text, ')') : text.length;
        char reduced = reduced_character(code, kind, false);
        if (close < text.length)
            length = close + 1;
        else if (reduced != CONTROL && reduced != OTHER && strchr("\"\\()<>@,:[]{}|^`~!$", reduced) == NULL)
            strbuf_append_slice(out, slice_part(text, 0, length));
        text = slice_part(text, length, text.length);
    }
}

/* From where on a name may be a value: behind the first "name" that is left once all that may be dropped is.
 */
static struct slice behind_name(struct slice reduced)
{
    static const char word[] = "name";
    size_t matched = 0;
    for (size_t i = 0; i < reduced.length; i++) {
        char c = reduced.data[i];
        if (c == word[matched])
            matched++;
        else if (ascii_is_alpha(c) || ascii_is_digit(c))
            matched = c == word[0] ? 1 : 0;
        if (matched == sizeof word - 1)
            return slice_part(reduced, i + 1, reduced.length);
    }
    return slice_make("", 0);
}

/* What some program leaves out of a name; a blank only beside such. */
static bool is_droppable(char c)
{
    return c == CONTROL || c == OTHER || strchr("\"'\\<>|*?:/=&@[]{}()+^`~!#$%,", c) != NULL;
}

static bool ends_piece(char c)
{
    return strchr("\"'=;*,()<>?", c) != NULL || c == CONTROL;
}

static void add_stripped_piece(struct name_superset *superset, struct slice piece)
{
    struct strbuf stripped;
    strbuf_init(&stripped, 0);
    for (size_t i = 0; i < piece.length; i++)
        if (!is_droppable(piece.data[i]))
            strbuf_append_byte(&stripped, piece.data[i]);
    name_set_add(&superset->pieces, strbuf_slice(&stripped));
    superset->pieces.failed = superset->pieces.failed || stripped.failed;
    strbuf_deinit(&stripped);
}

/* Values between the marks that may end one, also without what may be dropped; such as hold a blank also cut
 * there. */
static void add_pieces(struct name_superset *superset, struct slice reduced)
{
    for (size_t from = 0; from < reduced.length;) {
        size_t end = from;
        while (end < reduced.length && !ends_piece(reduced.data[end]))
            end++;
        struct slice piece = slice_trim(slice_part(reduced, from, end));
        name_set_add(&superset->pieces, piece);
        name_set_add(&superset->pieces, slice_part(piece, 0, slice_find(piece, ' ')));
        add_stripped_piece(superset, piece);
        from = end + 1;
    }
}

static void add_reduced(struct name_superset *superset, struct slice text, bool with_looks)
{
    struct strbuf reduced;
    strbuf_init(&reduced, 0);
    append_reduced(text, with_looks, &reduced);
    struct slice rest = behind_name(strbuf_slice(&reduced));
    if (name_set_add(&superset->texts, rest) && slice_find(strbuf_slice(&reduced), '*') < reduced.length)
        add_pieces(superset, rest);
    superset->texts.failed = superset->texts.failed || reduced.failed;
    strbuf_deinit(&reduced);
}

static void add_text(struct name_superset *superset, struct slice text)
{
    bool is_ascii = true;
    for (size_t i = 0; i < text.length; i++)
        is_ascii = is_ascii && (unsigned char)text.data[i] < 0x80;
    add_reduced(superset, text, true);
    if (!is_ascii)
        add_reduced(superset, text, false);
}

static void add_decoded(struct name_superset *superset, struct slice text, int rounds);

/* Adds what one step of decoding makes of `text`, unless that is nothing new. */
static void add_step(struct name_superset *superset, struct slice text, int rounds, struct strbuf *step)
{
    superset->texts.failed = superset->texts.failed || step->failed;
    if (step->length > 0 && !slice_equal(strbuf_slice(step), text))
        add_decoded(superset, strbuf_slice(step), rounds - 1);
    strbuf_truncate(step, 0);
}

static void add_decoded(struct name_superset *superset, struct slice text, int rounds)
{
    struct strbuf step;
    add_text(superset, text);
    if (rounds == 0)
        return;
    strbuf_init(&step, 0);
    if (memmem(text.data, text.length, "=?", 2) != NULL)
        mime_word_decode(text, MIME_WORD_BLANKS_DROPPED, &step);
    add_step(superset, text, rounds, &step);
    if (slice_find(text, '=') < text.length)
        append_words_anywhere(text, true, &step);
    add_step(superset, text, rounds, &step);
    if (memmem(text.data, text.length, "=?", 2) != NULL)
        append_words_anywhere(text, false, &step);
    add_step(superset, text, rounds, &step);
    if (slice_find(text, '%') < text.length)
        append_percent_decoded(text, &step);
    add_step(superset, text, rounds, &step);
    append_stripped(text, &step);
    add_step(superset, text, rounds, &step);
    append_bare(text, &step);
    add_step(superset, text, rounds, &step);
    if (slice_find(text, '&') < text.length)
        append_references_expanded(text, &step);
    add_step(superset, text, rounds, &step);
    strbuf_deinit(&step);
}

void name_superset_add(struct name_superset *superset, struct slice field)
{
    struct strbuf joined;
    if (field.length > NAME_SUPERSET_FIELD_BYTES) {
        superset->texts.is_over_limit = true;
        field.length = NAME_SUPERSET_FIELD_BYTES;
    }
    add_decoded(superset, field, ROUNDS);
    if (slice_find(field, '*') == field.length)
        return;
    strbuf_init(&joined, 0);
    strbuf_append_text(&joined, "name="); /* its key may be among what was left out */
    append_joined(field, &joined);
    superset->texts.failed = superset->texts.failed || joined.failed;
    add_decoded(superset, strbuf_slice(&joined), ROUNDS);
    strbuf_deinit(&joined);
}

/* ---- asking ---- */

/* Words, and ends of host names, which stand in honest names with a blank behind them. */
static bool is_word(struct slice extension)
{
    static const char *const words[] = {"com",     "app",         "url", "prf", "prg",   "reg",     "ins",
                                        "inf",     "its",         "bas", "job", "link",  "name",    "one",
                                        "pl",      "ps",          "py",  "sh",  "theme", "website", "gadget",
                                        "library", "application", "zip", "mov", "cc",    "md",      "rs"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_equal(extension, slice_of(words[i])))
            return true;
    return false;
}

static bool is_name_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.' || c == OTHER;
}

/* Over a run of what may be dropped, and blanks in it; `at` where there is none, or nothing but blanks. */
static size_t skip_droppable(struct slice text, size_t at)
{
    size_t end = at;
    bool is_dropped = false;
    while (end < text.length && (is_droppable(text.data[end]) || text.data[end] == ' ')) {
        is_dropped = is_dropped || text.data[end] != ' ';
        end++;
    }
    return is_dropped ? end : at;
}

/* Behind the comment that begins at `at` (RFC 5322 3.2.2), without regard to others in it. */
static size_t skip_comment(struct slice text, size_t at)
{
    size_t close = at + slice_find(slice_part(text, at, text.length), ')');
    return close < text.length ? close + 1 : at;
}

/* Whether a parameter may begin at `at`: behind a semicolon in a sentence none does. */
static bool begins_parameter(struct slice text, size_t at)
{
    while (at < text.length && (text.data[at] == ' ' || text.data[at] == CONTROL || text.data[at] == '"'))
        at++;
    size_t end = at;
    while (end < text.length && (is_name_byte(text.data[end]) || text.data[end] == '*'))
        end++;
    return end == text.length || text.data[end] == '=';
}

/* Whether a name may end at `at`. For an extension that is a word, a value must. */
static bool may_end(struct slice text, size_t at, bool is_strict)
{
    size_t end = at;
    if (!is_strict && at < text.length && text.data[at] == OTHER) /* none of a token either */
        return true;
    while (end < text.length && (text.data[end] == '.' || text.data[end] == OTHER))
        end++;
    if (end == text.length)
        return true;
    char c = text.data[end];
    if (c == '/' || c == '\\') {
        size_t behind = skip_droppable(text, end);
        /* None of a token (RFC 2045 5.1): the value may end there. */
        return (c == '/' && !is_strict) || behind == text.length || text.data[behind] == ';' ||
               memchr(text.data + end, '"', behind - end) != NULL;
    }
    if (!is_strict)
        return !is_name_byte(c);
    while (end < text.length && c == CONTROL && (text.data[end] == CONTROL || text.data[end] == ' '))
        end++;
    if (end == text.length || text.data[end] == ';')
        return end == text.length || begins_parameter(text, end + 1);
    return strchr("\"?'", text.data[end]) != NULL;
}

/* An extension that is being spelled. */
struct spelling {
    bool (*visit)(void *context, struct slice extension);
    void *context;
    char text[NAME_SUPERSET_EXTENSION_BYTES];
    size_t length;
};

/* Tells what is spelled if a name may end at `at`. False: the visitor has enough. */
static bool spelling_end(struct spelling *spelling, struct slice text, size_t at)
{
    struct slice extension = slice_make(spelling->text, spelling->length);
    return extension.length == 0 || !may_end(text, at, is_word(extension)) ||
           spelling->visit(spelling->context, extension);
}

static bool is_extension_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

/* Spells on from `at`. False: the visitor has enough. */
static bool spell_on(struct spelling *spelling, struct slice text, size_t at, unsigned comments_left)
{
    for (;;) {
        if (!spelling_end(spelling, text, at))
            return false;
        if (at == text.length || spelling->length == sizeof spelling->text)
            return true;
        if (is_extension_byte(text.data[at])) {
            spelling->text[spelling->length++] = text.data[at++];
            continue;
        }
        if (text.data[at] == '(' && comments_left > 0) {
            size_t length = spelling->length;
            if (!spell_on(spelling, text, skip_comment(text, at), comments_left - 1))
                return false;
            spelling->length = length;
        }
        size_t next = skip_droppable(text, at);
        if (next == at)
            return true;
        at = next;
    }
}

static bool visit_text(struct spelling *spelling, struct slice text)
{
    enum { COMMENTS = 4 };
    for (size_t at = slice_find(text, '.'); at < text.length;
         at += 1 + slice_find(slice_part(text, at + 1, text.length), '.')) {
        spelling->length = 0;
        if (!spell_on(spelling, text, at + 1, COMMENTS))
            return false;
    }
    return true;
}

/* What stands behind the last dot of one piece, and then another. */
static bool visit_pairs(struct spelling *spelling, const struct name_set *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        struct slice first = pieces->items[i];
        size_t dot = slice_find_last(first, '.');
        if (dot == first.length || first.length - dot > sizeof spelling->text)
            continue;
        for (size_t k = 0; k < pieces->count; k++) {
            spelling->length = first.length - dot - 1;
            memcpy(spelling->text, first.data + dot + 1, spelling->length);
            if (pieces->items[k].data[0] != '.' && !spell_on(spelling, pieces->items[k], 0, 0))
                return false;
        }
    }
    return true;
}

bool name_superset_visit(const struct name_superset *superset,
                         bool (*visit)(void *context, struct slice extension), void *context)
{
    struct spelling spelling = {.visit = visit, .context = context};
    for (size_t i = 0; i < superset->texts.count; i++)
        if (!visit_text(&spelling, superset->texts.items[i]))
            return false;
    return visit_pairs(&spelling, &superset->pieces);
}

/* Whether `piece` ends in a dot and the first `count` bytes of the extension. */
static bool piece_begins(struct slice piece, struct slice extension, size_t count)
{
    return piece.length > count && piece.data[piece.length - count - 1] == '.' &&
           memcmp(piece.data + piece.length - count, extension.data, count) == 0;
}

bool name_superset_pieces_spell(const struct name_superset *superset, struct slice extension)
{
    /* The numbers of bytes of the extension that some pieces spell behind a dot. */
    bool reached[NAME_SUPERSET_EXTENSION_BYTES] = {false};
    const struct name_set *pieces = &superset->pieces;
    bool is_strict = is_word(extension);
    if (pieces->count == 0 || extension.length >= sizeof reached)
        return false;
    for (size_t i = 0; i < pieces->count; i++)
        for (size_t count = 0; count < extension.length; count++)
            reached[count] = reached[count] || piece_begins(pieces->items[i], extension, count);
    for (size_t count = 0; count < extension.length; count++) {
        struct slice rest = slice_part(extension, count, extension.length);
        for (size_t i = 0; reached[count] && i < pieces->count; i++) {
            struct slice piece = pieces->items[i];
            if (slice_starts_nocase(piece, rest) && may_end(piece, rest.length, is_strict))
                return true;
            if (piece.length < rest.length && slice_starts_nocase(rest, piece))
                reached[count + piece.length] = true;
        }
    }
    return false;
}
