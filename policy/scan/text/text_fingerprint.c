#include "scan/text/text_fingerprint.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    PIECE_BYTES = 4096,
    GREETING_WORDS_MAX = 6,
    LONGER = TEXT_WORD_BYTES_MAX + 1,
};

/* FNV-1a: whoever writes the text may make its hash what he likes. */
static const uint64_t hash_start = 0xcbf29ce484222325u, hash_prime = 0x100000001b3u;

/* ---- words ------------------------------------------------------------------------------------------ */

/* Of ASCII, and of the Latin, Greek and Cyrillic letters of two bytes in UTF-8 that names begin with. */
static bool begins_with_capital(struct slice word)
{
    const unsigned char first = (unsigned char)word.data[0];
    const unsigned char second = word.length > 1 ? (unsigned char)word.data[1] : 0;
    if (first < 0x80)
        return ascii_lower(word.data[0]) != word.data[0];
    return (first == 0xc3 && second >= 0x80 && second <= 0x9e) ||
           (first == 0xce && second >= 0x86 && second <= 0xab) ||
           (first == 0xd0 && second >= 0x80 && second <= 0xaf);
}

static bool is_letter(char c)
{
    return ascii_is_alpha(c) || (unsigned char)c >= 0x80;
}

/* The letters of a word without the punctuation around it; empty: it is no word. */
static struct slice letters_of(struct slice word)
{
    while (word.length > 0 && !is_letter(word.data[0]))
        word = slice_part(word, 1, word.length);
    while (word.length > 0 && !is_letter(word.data[word.length - 1]))
        word.length--;
    for (size_t i = 0; i < word.length; i++)
        if (!is_letter(word.data[i]) && word.data[i] != '\'' && word.data[i] != '-')
            return slice_of("");
    return word;
}

static bool has_digit(struct slice word)
{
    for (size_t i = 0; i < word.length; i++)
        if (ascii_is_digit(word.data[i]))
            return true;
    return false;
}

static void count_word(struct text_words *words, struct slice letters)
{
    if (words->count == TEXT_FINGERPRINT_WORDS_MAX)
        return;
    words->count++;
    for (size_t i = 0; i < letters.length; i++)
        words->hash = (words->hash ^ (unsigned char)letters.data[i]) * hash_prime;
    words->hash = (words->hash ^ ' ') * hash_prime;
}

static void end_word(struct text_fingerprint *print)
{
    const struct slice word = slice_make(print->word, print->word_length);
    if (word.length == 0)
        return;
    print->word_length = 0;
    if (print->line_words == 0 && !print->is_html && word.data[0] == '>')
        print->is_quoted = true;
    print->line_words++;
    if (word.length == LONGER || has_digit(word)) {
        print->last_byte = '\0';
        return;
    }
    print->last_byte = word.data[word.length - 1];
    const struct slice letters = letters_of(word);
    if (letters.length > 0 && !begins_with_capital(letters))
        count_word(&print->words, letters);
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

static void take(struct text_fingerprint *print, struct slice decoded)
{
    for (size_t i = 0; i < decoded.length; i++)
        if (print->is_html)
            take_html(print, decoded.data[i]);
        else
            take_text(print, decoded.data[i]);
}

/* A greeting is a line that has ended: what comes then may still be taken back. */
static bool is_enough(const struct text_fingerprint *print)
{
    return print->is_complete || print->raw_bytes_left == 0 ||
           print->before_line.count == TEXT_FINGERPRINT_WORDS_MAX ||
           (print->words.count == TEXT_FINGERPRINT_WORDS_MAX && print->line_words > GREETING_WORDS_MAX);
}

bool text_fingerprint_push(struct text_fingerprint *print, struct slice raw)
{
    char piece[PIECE_BYTES];
    if (raw.length > print->raw_bytes_left)
        raw.length = print->raw_bytes_left;
    print->raw_bytes_left -= (uint32_t)raw.length;
    if (print->decoder.encoding == TRANSFER_IDENTITY && !is_enough(print)) {
        take(print, raw);
        return !is_enough(print);
    }
    while (raw.length > 0 && !is_enough(print))
        take(print, slice_make(piece, transfer_decode(&print->decoder, &raw, piece, sizeof piece)));
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
    out[0] = '\0';
    if (print->is_complete)
        snprintf(out, TEXT_FINGERPRINT_BYTES, "%016" PRIx64, print->words.hash);
}
