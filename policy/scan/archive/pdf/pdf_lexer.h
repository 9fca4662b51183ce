/*
 * The words of a PDF (ISO 32000-1, 7.2 and 7.3): names, strings, numbers, keywords and brackets, one after
 * the other.
 *
 * Bytes are pushed, cut anywhere. Long words are cut to what fits; the content of streams is not for this
 * file: its user stops at the keyword and pushes what stands behind it. One thread at a time.
 */
#ifndef CLOSEDRELAY_SCAN_ARCHIVE_PDF_PDF_LEXER_H
#define CLOSEDRELAY_SCAN_ARCHIVE_PDF_PDF_LEXER_H

#include "base/slice.h"

#include <stdint.h>

enum {
    PDF_WORD_BYTES_MAX = 64,
    PDF_STRING_BYTES_MAX = 1024,
};

enum pdf_token {
    PDF_NAME,    /* without its slash, #XX decoded */
    PDF_STRING,  /* decoded */
    PDF_WORD,    /* a number or keyword */
    PDF_OPEN,    /* << */
    PDF_CLOSE,   /* >> */
    PDF_BRACKET, /* one of [ ] { } */
};

enum pdf_lexer_state {
    PDF_LEXER_BLANK,
    PDF_LEXER_WORD,
    PDF_LEXER_NAME,
    PDF_LEXER_LITERAL, /* ( … ) */
    PDF_LEXER_HEX,     /* < … > */
    PDF_LEXER_COMMENT,
    PDF_LEXER_LESS,    /* behind one < */
    PDF_LEXER_GREATER, /* behind one > */
};

struct pdf_lexer {
    enum pdf_lexer_state state;
    bool only_words;      /* for the user to set: delimiters begin nothing */
    uint32_t parentheses; /* open in a literal */
    bool is_escaped;      /* behind a backslash */
    int half;             /* the first digit of a byte, or -1 */
    uint32_t octal_digits;
    unsigned octal;
    size_t length;
    char text[PDF_STRING_BYTES_MAX];
};

void pdf_lexer_init(struct pdf_lexer *lexer);

/* Reads on in `bytes` up to the end of the next token, and takes what was read off. False: all was read, and
 * the token is not complete. `text` is valid until the next call; a bracket is its text. The byte behind a
 * word is not read. */
bool pdf_lexer_next(struct pdf_lexer *lexer, struct slice *bytes, enum pdf_token *token, struct slice *text);

#endif
