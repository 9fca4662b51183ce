/*
 * What is alike in one text that is sent to many: a hash of its words, without those that differ from copy to
 * copy.
 *
 * Only words in small letters count, in their order: names and the beginnings of sentences begin with a
 * capital; numbers, ids, addresses and links have other signs in them. A short line that ends in "," "!" or
 * ":" is a greeting ("Sehr geehrter Herr Maier,", "hi ann!") and does not count either, nor do lines that
 * quote (">"), and of HTML its tags. Blanks, line breaks, and what stands behind the first words do not
 * matter. A text with too few such words has none: it says nothing.
 *
 * Streamed and bounded: a fixed state, so many words, so many bytes. It decides nothing: whoever wants his
 * copies to differ can have that. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_TEXT_TEXT_FINGERPRINT_H
#define CLOSEDRELAY_SCAN_TEXT_TEXT_FINGERPRINT_H

#include "scan/mime/transfer_decode.h"

enum {
    TEXT_FINGERPRINT_BYTES = 17,              /* 16 hexadecimal digits and NUL */
    TEXT_FINGERPRINT_WORDS_MIN = 10,          /* a text with fewer has none */
    TEXT_FINGERPRINT_WORDS_MAX = 40,          /* so many of the first make it */
    TEXT_FINGERPRINT_RAW_BYTES_MAX = 1 << 17, /* so much of a text is looked at, as it is encoded */
    TEXT_WORD_BYTES_MAX = 40,                 /* what is longer is no word */
    TEXT_TAG_NAME_BYTES_MAX = 8,
};

/* The words so far. */
struct text_words {
    uint64_t hash;
    unsigned count;
};

struct text_fingerprint {
    struct transfer_decoder decoder;
    uint32_t raw_bytes_left;
    bool is_html;
    bool is_complete; /* a text with enough words has ended: what follows does not count */
    struct text_words words;
    struct text_words before_line; /* when the present line began */
    unsigned line_words;           /* all of them, in the present line */
    char last_byte;                /* of the last word of the present line */
    bool is_quoted;                /* the present line */
    char word[TEXT_WORD_BYTES_MAX];
    size_t word_length; /* TEXT_WORD_BYTES_MAX + 1: longer */
    /* HTML: */
    bool is_in_tag, is_tag_named;             /* the tag's name is over */
    char tag[TEXT_TAG_NAME_BYTES_MAX + 1];    /* in lower case, as far as it was read */
    char hidden[TEXT_TAG_NAME_BYTES_MAX + 1]; /* within this element nothing is shown; or "" */
    size_t tag_length;
    bool is_in_entity, is_blank_entity; /* "&nbsp;" */
    size_t entity_length;
};

/* A new text begins, encoded like that, unless one before it is complete. Zeroed memory is a fingerprint that
 * nothing was pushed to. */
void text_fingerprint_begin(struct text_fingerprint *print, enum transfer_encoding encoding, bool is_html);

/* The next bytes of the text as they stand in the message, cut anywhere; false once no more are wanted. */
bool text_fingerprint_push(struct text_fingerprint *print, struct slice raw);

/* The text is over. */
void text_fingerprint_end(struct text_fingerprint *print);

/* The fingerprint of the first text that had enough words, into TEXT_FINGERPRINT_BYTES; "": there was none.
 */
void text_fingerprint_print(const struct text_fingerprint *print, char *out);

#endif
