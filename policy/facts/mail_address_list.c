/* Address lists of header fields (RFC 5322, 3.4 and 4.4). */
#include "facts/mail_address.h"

#include "base/array.h"
#include "base/strbuf.h"

#include <talloc.h>

struct list_reader {
    void *owner;
    struct mail_address_list *list;
    size_t most;
    struct slice value;
    size_t at;           /* of the next byte of `value` */
    struct strbuf piece; /* what stood since the last separator, without comments, blanks as one space */
    bool space_pending;
    bool in_angle;
    bool piece_has_angle;
    bool display_has_address;            /* a bare address where the display name belongs: */
    struct mail_address display_address; /* clients may take it for the real one */
    bool out_of_memory;
};

/* ---- results ---------------------------------------------------------------------------------------- */

static void add_address(struct list_reader *reader, const struct mail_address *address)
{
    struct mail_address_list *list = reader->list;
    list->malformed = list->malformed || address->malformed || address->is_null;
    if (list->count == reader->most) {
        list->truncated = true;
        return;
    }
    if (!array_reserve(reader->owner, list->items, list->count)) {
        reader->out_of_memory = true;
        return;
    }
    list->items[list->count++] = *address;
}

static void parse_address(struct list_reader *reader, struct slice text, struct mail_address *address)
{
    if (!mail_address_parse(reader->owner, text, address))
        reader->out_of_memory = true;
    /* For some clients the domain is what follows the first "@", for others what follows the last; and where
     * the writer put no quotes around the one, Postfix may have. */
    if (!address->malformed && strchr(address->local_part, '@') != NULL)
        reader->list->malformed = true;
}

static void add_text(struct list_reader *reader, struct slice text)
{
    struct mail_address address;
    parse_address(reader, text, &address);
    add_address(reader, &address);
}

/* ---- pieces ----------------------------------------------------------------------------------------- */

/* The first word of `*text`, which is then the rest; blanks in quotes do not end a word. */
static struct slice next_word(struct slice *text, bool *has_at)
{
    bool in_quotes = false;
    size_t end = 0;
    *has_at = false;
    for (; end < text->length && (in_quotes || text->data[end] != ' '); end++) {
        if (text->data[end] == '"')
            in_quotes = !in_quotes;
        else if (text->data[end] == '\\' && end + 1 < text->length)
            end++;
        else if (text->data[end] == '@' && !in_quotes)
            *has_at = true;
    }
    struct slice word = slice_part(*text, 0, end);
    *text = slice_part(*text, end < text->length ? end + 1 : end, text->length);
    return word;
}

static void append_byte(struct list_reader *reader, char c)
{
    struct strbuf *piece = &reader->piece;
    char last = (char)(piece->length == 0 ? '@' : piece->data[piece->length - 1]);
    /* Blanks around "@" and "." are part of the obsolete form of one address. */
    if (reader->space_pending && strchr("@.", last) == NULL && c != '@' && c != '.')
        strbuf_append_byte(piece, ' ');
    reader->space_pending = false;
    strbuf_append_byte(piece, c);
}

static void clear_piece(struct list_reader *reader)
{
    reader->out_of_memory = reader->out_of_memory || reader->piece.failed;
    strbuf_reset(&reader->piece);
    reader->space_pending = false;
}

/* Text where no address may stand: what looks like one is taken for one, as some client will. */
static void add_stray_words(struct list_reader *reader)
{
    struct slice rest = strbuf_slice(&reader->piece);
    while (rest.length > 0) {
        bool has_at;
        struct slice word = next_word(&rest, &has_at);
        if (has_at)
            add_text(reader, word);
    }
    reader->list->malformed = true;
}

static void finish_piece(struct list_reader *reader)
{
    struct slice rest = strbuf_slice(&reader->piece);
    if (rest.length > 0) {
        bool has_at;
        struct slice word = next_word(&rest, &has_at);
        if (rest.length == 0 && !reader->piece_has_angle)
            add_text(reader, word);
        else
            add_stray_words(reader);
    }
    clear_piece(reader);
    reader->piece_has_angle = false;
}

/* `name:` begins a group; its members are like any other addresses. */
static void begin_group(struct list_reader *reader)
{
    struct slice rest = strbuf_slice(&reader->piece);
    bool is_phrase = rest.length > 0 && !reader->piece_has_angle;
    while (rest.length > 0 && is_phrase) {
        bool has_at;
        next_word(&rest, &has_at);
        is_phrase = !has_at;
    }
    if (!is_phrase)
        add_stray_words(reader);
    clear_piece(reader);
    reader->piece_has_angle = false;
}

/* ---- angle brackets --------------------------------------------------------------------------------- */

static struct slice strip_apostrophes(struct slice word)
{
    while (word.length > 0 && word.data[0] == '\'')
        word = slice_part(word, 1, word.length);
    while (word.length > 0 && word.data[word.length - 1] == '\'')
        word.length--;
    return word;
}

static void begin_angle(struct list_reader *reader)
{
    struct slice rest = strbuf_slice(&reader->piece);
    if (reader->piece_has_angle)
        reader->list->malformed = true;
    reader->display_has_address = false;
    while (rest.length > 0 && !reader->display_has_address) {
        bool has_at;
        struct slice word = strip_apostrophes(next_word(&rest, &has_at));
        if (!has_at)
            continue;
        reader->display_has_address = true;
        parse_address(reader, word, &reader->display_address);
    }
    clear_piece(reader);
    reader->in_angle = true;
}

static void end_angle(struct list_reader *reader)
{
    struct mail_address address;
    parse_address(reader, strbuf_slice(&reader->piece), &address);
    add_address(reader, &address);
    if (reader->display_has_address && !mail_address_same_mailbox(&reader->display_address, &address)) {
        add_address(reader, &reader->display_address);
        reader->list->malformed = true;
    }
    clear_piece(reader);
    reader->in_angle = false;
    reader->piece_has_angle = true;
}

/* ---- tokens ----------------------------------------------------------------------------------------- */

static void skip_comment(struct list_reader *reader)
{
    size_t depth = 0;
    for (; reader->at < reader->value.length; reader->at++) {
        char c = reader->value.data[reader->at];
        if (c == '\\')
            reader->at++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            break;
    }
    if (reader->at >= reader->value.length)
        reader->list->malformed = true;
    reader->at++;
    reader->space_pending = true;
}

/* Copies from an opening quote or bracket to the closing one, without the line ends of folding. */
static void copy_until(struct list_reader *reader, char close)
{
    struct slice value = reader->value;
    append_byte(reader, value.data[reader->at++]);
    for (; reader->at < value.length; reader->at++) {
        char c = value.data[reader->at];
        if (c == '\r' || c == '\n')
            continue;
        strbuf_append_byte(&reader->piece, c);
        if (c == '\\' && reader->at + 1 < value.length)
            strbuf_append_byte(&reader->piece, value.data[++reader->at]);
        else if (c == close)
            break;
    }
    if (reader->at >= value.length)
        reader->list->malformed = true;
    reader->at++;
}

static void read_special(struct list_reader *reader, char c)
{
    if (reader->in_angle && c == '>')
        end_angle(reader);
    else if (reader->in_angle && c != '<')
        append_byte(reader, c); /* the commas and colons of a source route */
    else if (c == ',' || c == ';')
        finish_piece(reader);
    else if (c == ':')
        begin_group(reader);
    else if (c == '<' && !reader->in_angle)
        begin_angle(reader);
    else
        reader->list->malformed = true;
}

static void read_token(struct list_reader *reader)
{
    char c = reader->value.data[reader->at];
    if (c == '(') {
        skip_comment(reader);
        return;
    }
    if (c == '"' || c == '[') {
        copy_until(reader, c == '"' ? '"' : ']');
        return;
    }
    reader->at++;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        reader->space_pending = true;
    } else if ((unsigned char)c < 0x20 || c == 0x7f) {
        reader->space_pending = true;
        reader->list->malformed = true;
    } else if (strchr("<>,;:", c) != NULL) {
        read_special(reader, c);
    } else {
        append_byte(reader, c);
    }
}

bool mail_address_list_parse(void *owner, struct slice value, size_t most, struct mail_address_list *list)
{
    *list = (struct mail_address_list){0};
    struct list_reader reader = {.owner = owner, .list = list, .most = most, .value = value};
    strbuf_init(&reader.piece, 0);
    while (reader.at < value.length && !reader.out_of_memory)
        read_token(&reader);
    if (reader.in_angle) {
        list->malformed = true;
        end_angle(&reader);
    }
    finish_piece(&reader);
    strbuf_deinit(&reader.piece);
    return !reader.out_of_memory;
}
