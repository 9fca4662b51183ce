#include "scan/archive/pdf/pdf_lexer.h"

void pdf_lexer_init(struct pdf_lexer *lexer)
{
    lexer->state = PDF_LEXER_BLANK;
    lexer->only_words = false;
    lexer->length = 0;
}

/* Blanks and delimiters (ISO 32000, 7.2.2): what ends a name or a word. */
static const bool ends_word[256] = {
    ['\0'] = true, ['\t'] = true, ['\n'] = true, ['\f'] = true, ['\r'] = true, [' '] = true,
    ['('] = true,  [')'] = true,  ['<'] = true,  ['>'] = true,  ['['] = true,  [']'] = true,
    ['{'] = true,  ['}'] = true,  ['/'] = true,  ['%'] = true,
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\0';
}

static void put(struct pdf_lexer *lexer, char c, size_t most)
{
    if (lexer->length < most)
        lexer->text[lexer->length++] = c;
}

static void begin(struct pdf_lexer *lexer, enum pdf_lexer_state state)
{
    lexer->state = state;
    lexer->length = 0;
    lexer->half = -1;
    lexer->parentheses = 0;
    lexer->is_escaped = false;
    lexer->octal_digits = 0;
}

/* The first byte of a token. True: it is one by itself. */
static bool begin_token(struct pdf_lexer *lexer, char c)
{
    if (lexer->only_words && ends_word[(unsigned char)c])
        return false;
    switch (c) {
    case '/':
        begin(lexer, PDF_LEXER_NAME);
        return false;
    case '(':
        begin(lexer, PDF_LEXER_LITERAL);
        return false;
    case '<':
        begin(lexer, PDF_LEXER_LESS);
        return false;
    case '>':
        begin(lexer, PDF_LEXER_GREATER);
        return false;
    case '%':
        begin(lexer, PDF_LEXER_COMMENT);
        return false;
    case '[':
    case ']':
    case '{':
    case '}':
        begin(lexer, PDF_LEXER_BLANK);
        put(lexer, c, 1);
        return true;
    default:
        if (is_blank(c) || c == ')')
            return false;
        begin(lexer, PDF_LEXER_WORD);
        put(lexer, c, PDF_WORD_BYTES_MAX);
        return false;
    }
}

static void end_octal(struct pdf_lexer *lexer)
{
    if (lexer->octal_digits > 0)
        put(lexer, (char)lexer->octal, PDF_STRING_BYTES_MAX);
    lexer->octal_digits = 0;
}

/* Behind a backslash: a digit of a byte in octal, or a character. */
static void take_escaped(struct pdf_lexer *lexer, char c)
{
    static const char letters[] = "nrtbf", meant[] = "\n\r\t\b\f";
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    if (c >= '0' && c <= '7') {
        lexer->octal = lexer->octal_digits == 0 ? 0 : lexer->octal;
        lexer->octal = (lexer->octal << 3 | (unsigned)(c - '0')) & 0xff;
        lexer->is_escaped = ++lexer->octal_digits < 3;
        if (!lexer->is_escaped)
            end_octal(lexer);
        return;
    }
    lexer->is_escaped = false;
    if (c != '\r' && c != '\n')
        put(lexer, letter == NULL ? c : meant[letter - letters], PDF_STRING_BYTES_MAX);
}

/* A byte of a literal. True: it ends it. */
static bool take_literal(struct pdf_lexer *lexer, char c)
{
    if (lexer->is_escaped && (lexer->octal_digits == 0 || (c >= '0' && c <= '7'))) {
        take_escaped(lexer, c);
        return false;
    }
    end_octal(lexer);
    lexer->is_escaped = c == '\\';
    if (lexer->is_escaped)
        return false;
    if (c == ')' && lexer->parentheses == 0)
        return true;
    lexer->parentheses += c == '(' ? 1 : 0;
    lexer->parentheses -= c == ')' ? 1 : 0;
    put(lexer, c, PDF_STRING_BYTES_MAX);
    return false;
}

/* A byte of a string in digits. True: it ends it. */
static bool take_hex(struct pdf_lexer *lexer, char c)
{
    int digit = ascii_hex_value(c);
    if (c == '>') {
        if (lexer->half >= 0)
            put(lexer, (char)(lexer->half << 4), PDF_STRING_BYTES_MAX);
        return true;
    }
    if (digit >= 0 && lexer->half >= 0)
        put(lexer, (char)(lexer->half << 4 | digit), PDF_STRING_BYTES_MAX);
    if (digit >= 0)
        lexer->half = lexer->half >= 0 ? -1 : digit;
    return false;
}

/* Decodes #XX in the name that is complete. */
static void decode_name(struct pdf_lexer *lexer)
{
    size_t length = 0;
    for (size_t i = 0; i < lexer->length; i++) {
        int high = i + 2 < lexer->length ? ascii_hex_value(lexer->text[i + 1]) : -1;
        int low = i + 2 < lexer->length ? ascii_hex_value(lexer->text[i + 2]) : -1;
        bool is_code = lexer->text[i] == '#' && high >= 0 && low >= 0;
        lexer->text[length++] = (char)(is_code ? high << 4 | low : lexer->text[i]);
        i += is_code ? 2 : 0;
    }
    lexer->length = length;
}

/* A byte inside a token; `*is_used`: it is part of it. True: the token is complete. */
static bool take_byte(struct pdf_lexer *lexer, char c, enum pdf_token *token, bool *is_used)
{
    bool is_end = ends_word[(unsigned char)c];
    *is_used = true;
    switch (lexer->state) {
    case PDF_LEXER_LITERAL:
        *token = PDF_STRING;
        return take_literal(lexer, c);
    case PDF_LEXER_HEX:
        *token = PDF_STRING;
        return take_hex(lexer, c);
    case PDF_LEXER_COMMENT:
        if (c == '\r' || c == '\n')
            lexer->state = PDF_LEXER_BLANK;
        return false;
    case PDF_LEXER_LESS:
        *token = PDF_OPEN;
        if (c == '<')
            return true;
        lexer->state = PDF_LEXER_HEX;
        *token = PDF_STRING;
        return take_hex(lexer, c);
    case PDF_LEXER_GREATER:
        *token = PDF_CLOSE;
        *is_used = c == '>';
        if (c != '>')
            lexer->state = PDF_LEXER_BLANK;
        return c == '>';
    default:
        *token = lexer->state == PDF_LEXER_NAME ? PDF_NAME : PDF_WORD;
        *is_used = !is_end;
        if (!is_end)
            put(lexer, c, PDF_WORD_BYTES_MAX);
        return is_end;
    }
}

/* The bytes of a name or a word as one piece: most of a file is such. */
static void take_run(struct pdf_lexer *lexer, struct slice *bytes)
{
    size_t run = 0;
    while (run < bytes->length && !ends_word[(unsigned char)bytes->data[run]])
        run++;
    size_t kept = PDF_WORD_BYTES_MAX - lexer->length;
    kept = run < kept ? run : kept;
    memcpy(lexer->text + lexer->length, bytes->data, kept);
    lexer->length += kept;
    *bytes = slice_part(*bytes, run, bytes->length);
}

bool pdf_lexer_next(struct pdf_lexer *lexer, struct slice *bytes, enum pdf_token *token, struct slice *text)
{
    while (bytes->length > 0) {
        if (lexer->state == PDF_LEXER_NAME || lexer->state == PDF_LEXER_WORD)
            take_run(lexer, bytes);
        if (bytes->length == 0)
            break;
        char c = bytes->data[0];
        bool is_used = true, is_complete;
        if (lexer->state == PDF_LEXER_BLANK) {
            is_complete = begin_token(lexer, c);
            *token = PDF_BRACKET;
        } else {
            is_complete = take_byte(lexer, c, token, &is_used);
        }
        if (is_used)
            *bytes = slice_part(*bytes, 1, bytes->length);
        if (!is_complete)
            continue;
        if (*token == PDF_NAME)
            decode_name(lexer);
        lexer->state = PDF_LEXER_BLANK;
        *text = slice_make(lexer->text, lexer->length);
        return true;
    }
    return false;
}
