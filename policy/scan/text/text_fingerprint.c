#include "scan/text/text_fingerprint.h"

#include <endian.h>

enum {
    PIECE_BYTES = 1024,
    GREETING_WORDS_MAX = 6,
    LONGER = TEXT_WORD_BYTES_MAX + 1,
    AHEAD_BYTES = TEXT_WORD_BYTES_MAX + 16, /* what take_usual_word() may look at from where a word begins */
};

/* Eight bytes at a time. Whoever writes the text may make its hash what he likes. */
static const uint64_t hash_start = 0xcbf29ce484222325u, hash_prime = 0x9e3779b97f4a7c15u;

/* ---- bytes ------------------------------------------------------------------------------------------ */

enum byte_class {
    BYTE_SIGN = 1 << 0,
    BYTE_BLANK = 1 << 1,
    BYTE_SMALL = 1 << 2, /* a letter, or `; of two bytes in UTF-8, of either case, too */
    BYTE_CAPITAL = 1 << 3,
    BYTE_JOINER = 1 << 4, /* within a word: don't, so-called */
    BYTE_DIGIT = 1 << 5,
};

static unsigned char classes[256];

__attribute__((constructor)) static void make_classes(void)
{
    for (unsigned c = 0; c < 256; c++)
        classes[c] = (unsigned char)(c <= ' '                              ? BYTE_BLANK
                                     : c >= 0x80 || (c >= '`' && c <= 'z') ? BYTE_SMALL
                                     : c >= 'A' && c <= 'Z'                ? BYTE_CAPITAL
                                     : c == '\'' || c == '-'               ? BYTE_JOINER
                                     : c >= '0' && c <= '9'                ? BYTE_DIGIT
                                                                           : BYTE_SIGN);
}

static unsigned class_of(char c)
{
    return classes[(unsigned char)c];
}

static bool is_alphanumeric(char c)
{
    return (class_of(c) & (BYTE_SMALL | BYTE_CAPITAL | BYTE_DIGIT)) != 0;
}

/* ---- words ------------------------------------------------------------------------------------------ */

/* Of ASCII, and of the Latin, Greek and Cyrillic letters of two bytes in UTF-8 that names begin with. */
static bool begins_with_capital(struct slice word)
{
    const unsigned char first = (unsigned char)word.data[0];
    const unsigned char second = word.length > 1 ? (unsigned char)word.data[1] : 0;
    if (first < 0x80)
        return class_of(word.data[0]) == BYTE_CAPITAL;
    return (first == 0xc3 && second >= 0x80 && second <= 0x9e) ||
           (first == 0xce && second >= 0x86 && second <= 0xab) ||
           (first == 0xd0 && second >= 0x80 && second <= 0xaf);
}

static uint64_t add_piece(uint64_t hash, uint64_t piece)
{
    return ((hash << 5 | hash >> 59) ^ piece) * hash_prime;
}

static uint64_t read_piece(const char *from, size_t length)
{
    uint64_t piece = 0;
    memcpy(&piece, from, length);
    return le64toh(piece);
}

/* Its pieces of eight bytes, and what is left: fewer, maybe none, so that each word ends in the hash. */
static void count_word(struct text_words *words, struct slice word)
{
    if (words->count == TEXT_FINGERPRINT_WORDS_MAX)
        return;
    for (; word.length >= sizeof(uint64_t); word = slice_part(word, sizeof(uint64_t), word.length))
        words->hash = add_piece(words->hash, read_piece(word.data, sizeof(uint64_t)));
    words->hash = add_piece(words->hash, read_piece(word.data, word.length));
    words->count++;
}

static unsigned classes_in(struct slice word)
{
    unsigned seen = 0;
    for (size_t i = 0; i < word.length; i++)
        seen |= class_of(word.data[i]);
    return seen;
}

/* Without the punctuation around it; with digits or other signs within it is none. */
static void take_odd_word(struct text_fingerprint *print, struct slice word)
{
    if (print->line_words == 1 && !print->is_html && word.data[0] == '>')
        print->is_quoted = true;
    while (word.length > 0 && !is_alphanumeric(word.data[word.length - 1]))
        word.length--;
    while (word.length > 0 && !is_alphanumeric(word.data[0]))
        word = slice_part(word, 1, word.length);
    if (word.length > 0 && (classes_in(word) & (BYTE_SIGN | BYTE_DIGIT)) == 0 && !begins_with_capital(word))
        count_word(&print->words, word);
}

/* Of which no more than that is known: it may have come in pieces. */
static void take_long_word(struct text_fingerprint *print)
{
    print->line_words++;
    print->last_byte = '\0';
}

/* `seen`: the classes of all its bytes. */
static void take_word(struct text_fingerprint *print, struct slice word, unsigned seen)
{
    const char first = word.data[0], last = word.data[word.length - 1];
    print->line_words++;
    print->last_byte = last;
    if ((seen & ~(unsigned)(BYTE_SMALL | BYTE_JOINER)) == 0 && first >= '`' && class_of(last) == BYTE_SMALL)
        count_word(&print->words, word);
    else if (class_of(first) != BYTE_CAPITAL)
        take_odd_word(print, word);
}

static void end_word(struct text_fingerprint *print)
{
    if (print->word_length == 0)
        return;
    const struct slice word = slice_make(print->word, print->word_length);
    print->word_length = 0;
    if (word.length > TEXT_WORD_BYTES_MAX)
        take_long_word(print);
    else
        take_word(print, word, classes_in(word));
}

static void end_line(struct text_fingerprint *print)
{
    end_word(print);
    const bool is_greeting = print->line_words <= GREETING_WORDS_MAX &&
                             (print->last_byte == ',' || print->last_byte == '!' || print->last_byte == ':');
    if (print->is_quoted || is_greeting)
        print->words = print->before_line;
    print->before_line = print->words;
    print->line_words = 0;
    print->last_byte = '\0';
    print->is_quoted = false;
}

static void take_text(struct text_fingerprint *print, char c)
{
    if ((unsigned char)c <= ' ') {
        end_word(print);
        if (c == '\n' && !print->is_html)
            end_line(print);
    } else if (print->word_length < TEXT_WORD_BYTES_MAX) {
        print->word[print->word_length++] = c;
    } else {
        print->word_length = LONGER;
    }
}

/* ---- HTML ------------------------------------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static void end_tag(struct text_fingerprint *print)
{
    static const char *const lines[] = {"br", "p",  "/p", "div", "/div", "tr", "td", "li",
                                        "h1", "h2", "h3", "h4",  "/td",  "hr", "ul", NULL};
    static const char *const unseen[] = {"style", "script", "title", NULL};
    print->is_in_tag = false;
    print->tag[print->tag_length] = '\0';
    if (print->hidden[0] != '\0') {
        if (print->tag[0] == '/' && strcmp(print->tag + 1, print->hidden) == 0)
            print->hidden[0] = '\0';
    } else if (is_one_of(print->tag, unseen)) {
        memcpy(print->hidden, print->tag, sizeof print->hidden);
    } else if (is_one_of(print->tag, lines)) {
        end_line(print);
    }
}

static void take_tag(struct text_fingerprint *print, char c)
{
    if (c == '>')
        end_tag(print);
    else if ((unsigned char)c <= ' ' || (c == '/' && print->tag_length > 0))
        print->is_tag_named = true;
    else if (!print->is_tag_named && print->tag_length < TEXT_TAG_NAME_BYTES_MAX)
        print->tag[print->tag_length++] = ascii_lower(c);
}

static void begin_tag(struct text_fingerprint *print)
{
    end_word(print);
    print->is_in_tag = true;
    print->is_tag_named = false;
    print->tag_length = 0;
}

/* "&uuml;" is some letter, "&nbsp;" and "&#160;" a blank. */
static void take_entity(struct text_fingerprint *print, char c)
{
    const bool is_over =
        c == ';' || (unsigned char)c <= ' ' || print->entity_length == TEXT_TAG_NAME_BYTES_MAX;
    if (!is_over) {
        print->is_blank_entity =
            print->is_blank_entity || (print->entity_length == 0 && (c == 'n' || c == '#'));
        print->entity_length++;
        return;
    }
    print->is_in_entity = false;
    take_text(print, print->is_blank_entity ? ' ' : '\x80');
}

static void take_html(struct text_fingerprint *print, char c)
{
    if (print->is_in_tag) {
        take_tag(print, c);
    } else if (c == '<') {
        begin_tag(print);
    } else if (print->hidden[0] != '\0') {
        return;
    } else if (print->is_in_entity) {
        take_entity(print, c);
    } else if (c == '&') {
        print->is_in_entity = true;
        print->is_blank_entity = false;
        print->entity_length = 0;
    } else {
        take_text(print, c);
    }
}

/* ---- texts ------------------------------------------------------------------------------------------ */

void text_fingerprint_begin(struct text_fingerprint *print, enum transfer_encoding encoding, bool is_html)
{
    if (print->is_complete)
        return;
    const struct text_words none = {.hash = hash_start};
    *print = (struct text_fingerprint){.raw_bytes_left = TEXT_FINGERPRINT_RAW_BYTES_MAX,
                                       .is_html = is_html,
                                       .words = none,
                                       .before_line = none};
    transfer_decoder_init(&print->decoder, encoding);
}

/* A greeting is a line that has ended, and what is quoted is taken back when its line ends. */
static bool is_enough(const struct text_fingerprint *print)
{
    return print->is_complete || print->raw_bytes_left == 0 ||
           print->before_line.count == TEXT_FINGERPRINT_WORDS_MAX ||
           (print->words.count == TEXT_FINGERPRINT_WORDS_MAX && print->line_words > GREETING_WORDS_MAX &&
            !print->is_quoted);
}

/* The high bit of each byte that is no BYTE_SMALL: what stands in ASCII before ` or behind z. */
static uint64_t not_small_in(uint64_t piece)
{
    const uint64_t each = 0x0101010101010101u;
    return (((piece ^ each * '`') & each * 0x7f) + each * (0x7f - ('z' ^ '`'))) & ~piece & each * 0x80;
}

/* A word in small letters, of which AHEAD_BYTES can be looked at: adds it to `hash`, and returns where its
 * letters end; NULL: it has other bytes in it, or is too long. */
static inline const char *read_usual_word(const char *word, uint64_t *hash)
{
    const char *end = word;
    uint64_t piece = read_piece(end, sizeof piece), odd, sum = *hash;
    while ((odd = not_small_in(piece)) == 0) {
        if (end - word >= TEXT_WORD_BYTES_MAX - (int)sizeof piece)
            return NULL;
        sum = add_piece(sum, piece);
        piece = read_piece(end += sizeof piece, sizeof piece);
    }
    end += (unsigned)__builtin_ctzll(odd) >> 3;
    if (*end != ' ' && class_of(*end) != BYTE_BLANK &&
        (class_of(*end) != BYTE_SIGN || class_of(end[1]) != BYTE_BLANK))
        return NULL;
    *hash = add_piece(sum, piece & (odd ^ (odd - 1)) >> 8);
    return end;
}

/* Takes such words, and the sign and space behind each, up to `last` for as long as it can: nearly all are
 * such. Returns where it ended. What begins in UTF-8 may be a capital. On its own, so that all of it is in
 * registers. */
__attribute__((noinline)) static const char *take_usual_words(struct text_fingerprint *print, const char *at,
                                                              const char *last)
{
    unsigned left = TEXT_FINGERPRINT_WORDS_MAX - print->words.count;
    uint64_t hash = print->words.hash;
    char last_byte = print->last_byte;
    print->line_words += left;
    for (const char *end; left > 0 && at <= last && *at >= '`' && *at <= 'z'; left--) {
        if ((end = read_usual_word(at, &hash)) == NULL)
            break;
        last_byte = *end;
        at = end + 1;
        if (last_byte == ' ')
            continue;
        if (class_of(last_byte) == BYTE_BLANK)
            at = end;
        else
            at += *at == ' ';
    }
    print->line_words -= left;
    print->words = (struct text_words){hash, TEXT_FINGERPRINT_WORDS_MAX - left};
    print->last_byte = last_byte;
    return at;
}

static size_t take_any_word(struct text_fingerprint *print, struct slice text, size_t at)
{
    unsigned seen = 0, class = 0;
    size_t end = at;
    for (; end < text.length && (class = class_of(text.data[end])) != BYTE_BLANK; end++)
        seen |= class;
    if (print->word_length > 0 || end == text.length)
        for (; at < end; at++)
            take_text(print, text.data[at]);
    else if (end - at > TEXT_WORD_BYTES_MAX)
        take_long_word(print);
    else if (end > at)
        take_word(print, slice_part(text, at, end), seen);
    for (; end < text.length && class_of(text.data[end]) == BYTE_BLANK; end++)
        if (print->word_length > 0 || text.data[end] == '\n')
            take_text(print, text.data[end]);
    return end;
}

/* Words that stand here whole are looked at in their place. */
static void take_plain(struct text_fingerprint *print, struct slice text)
{
    for (size_t at = 0; at < text.length && !is_enough(print);) {
        if (print->word_length == 0 && text.length - at >= AHEAD_BYTES)
            at = (size_t)(take_usual_words(print, text.data + at, text.data + text.length - AHEAD_BYTES) -
                          text.data);
        at = take_any_word(print, text, at);
    }
}

static size_t find_markup(struct slice text, size_t at)
{
    while (at < text.length && text.data[at] != '<' && text.data[at] != '&')
        at++;
    return at;
}

static void take(struct text_fingerprint *print, struct slice decoded)
{
    if (!print->is_html) {
        take_plain(print, decoded);
        return;
    }
    for (size_t at = 0; at < decoded.length;) {
        const bool is_text = !print->is_in_tag && !print->is_in_entity && print->hidden[0] == '\0';
        const size_t end = is_text ? find_markup(decoded, at) : at;
        take_plain(print, slice_part(decoded, at, end));
        if (end < decoded.length)
            take_html(print, decoded.data[end]);
        at = end + 1;
    }
}

bool text_fingerprint_push(struct text_fingerprint *print, struct slice raw)
{
    char piece[PIECE_BYTES];
    const bool is_plain = print->decoder.encoding == TRANSFER_IDENTITY;
    while (raw.length > 0 && !is_enough(print)) {
        const uint32_t most = print->raw_bytes_left < PIECE_BYTES ? print->raw_bytes_left : PIECE_BYTES;
        struct slice next = slice_part(raw, 0, raw.length < most ? raw.length : most);
        raw = slice_part(raw, next.length, raw.length);
        print->raw_bytes_left -= (uint32_t)next.length;
        if (is_plain)
            take(print, next);
        while (!is_plain && next.length > 0)
            take(print, slice_make(piece, transfer_decode(&print->decoder, &next, piece, sizeof piece)));
    }
    return !is_enough(print);
}

void text_fingerprint_end(struct text_fingerprint *print)
{
    char rest[TRANSFER_ROOM_MIN];
    if (print->is_complete)
        return;
    if (print->decoder.encoding != TRANSFER_IDENTITY && !is_enough(print))
        take(print, slice_make(rest, transfer_decode_end(&print->decoder, rest)));
    end_line(print);
    print->is_complete = print->words.count >= TEXT_FINGERPRINT_WORDS_MIN;
}

void text_fingerprint_print(const struct text_fingerprint *print, char *out)
{
    size_t length = 0;
    for (int bits = 60; print->is_complete && bits >= 0; bits -= 4)
        out[length++] = "0123456789abcdef"[print->words.hash >> bits & 15];
    out[length] = '\0';
}
