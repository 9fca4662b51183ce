/* The help page as text, for terminals and mail: at most 78 columns. */
#include "page/help_page.h"

#include <stdio.h>

enum { COLUMNS_MAX = 78, NUMBER_BYTES = 16 };

static size_t columns_of(struct slice text)
{
    size_t columns = 0;
    for (size_t i = 0; i < text.length; i++)
        columns += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return columns;
}

static void append_blanks(struct strbuf *out, size_t count)
{
    while (count-- > 0)
        strbuf_append_byte(out, ' ');
}

/* `lead` begins the first line; the others are indented by as much. */
static void append_wrapped(struct strbuf *out, const char *lead, const char *text)
{
    const size_t indent = columns_of(slice_of(lead));
    size_t column = indent;
    bool is_first = true;
    strbuf_append_text(out, lead);
    for (const char *word = text; *word != '\0';) {
        const size_t length = strcspn(word, " ");
        const size_t columns = columns_of(slice_make(word, length));
        if (!is_first && column + 1 + columns > COLUMNS_MAX) {
            strbuf_append_byte(out, '\n');
            append_blanks(out, indent);
            column = indent;
        } else if (!is_first) {
            strbuf_append_byte(out, ' ');
            column++;
        }
        strbuf_append(out, word, length);
        column += columns;
        is_first = false;
        word += length;
        word += strspn(word, " ");
    }
    strbuf_append_byte(out, '\n');
}

static void append_underlined(struct strbuf *out, const char *text, char line)
{
    strbuf_printf(out, "%s%s\n", line == '=' ? "\n" : "", text);
    for (size_t i = columns_of(slice_of(text)); i > 0; i--)
        strbuf_append_byte(out, line);
    strbuf_append_byte(out, '\n');
}

/* Its own line ends stay; a line that is too long is broken at blanks. */
static void append_code(struct strbuf *out, const char *text)
{
    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");
        struct strbuf line;
        strbuf_init(&line, 0);
        strbuf_append(&line, text, length);
        append_wrapped(out, "    ", strbuf_text(&line));
        strbuf_deinit(&line);
        text += length;
        text += *text == '\n' ? 1 : 0;
    }
}

static bool is_listed(enum help_kind kind)
{
    return kind == HELP_ITEM || kind == HELP_STEP;
}

static void append_block(struct strbuf *out, const struct help_block *block, size_t number)
{
    char lead[NUMBER_BYTES];
    switch (block->kind) {
    case HELP_HEADING:
        append_underlined(out, block->text, '=');
        break;
    case HELP_SUBHEADING:
        append_underlined(out, block->text, '-');
        break;
    case HELP_TEXT:
        append_wrapped(out, "", block->text);
        break;
    case HELP_ITEM:
        append_wrapped(out, "  - ", block->text);
        break;
    case HELP_STEP:
        snprintf(lead, sizeof lead, "  %zu. ", number % 100);
        append_wrapped(out, lead, block->text);
        break;
    case HELP_VALUE:
        strbuf_printf(out, "%s:\n", block->name);
        append_wrapped(out, "    ", block->text);
        break;
    case HELP_CODE:
        append_code(out, block->text);
        break;
    case HELP_REPLY:
        append_wrapped(out, "  > ", block->text);
        strbuf_printf(out, "    [%s]\n", block->name);
        break;
    }
}

void help_page_text(const struct help_page *page, struct strbuf *out)
{
    size_t number = 0;
    strbuf_printf(out, "%s\n", page->title);
    for (size_t i = columns_of(slice_of(page->title)); i > 0; i--)
        strbuf_append_byte(out, '=');
    strbuf_append_byte(out, '\n');
    for (size_t i = 0; i < page->count; i++) {
        const struct help_block *block = &page->blocks[i], *before = i == 0 ? NULL : block - 1;
        const bool goes_on = before != NULL && before->kind == block->kind &&
                             (is_listed(block->kind) || block->kind == HELP_VALUE);
        number = goes_on ? number + 1 : 1;
        if (!goes_on)
            strbuf_append_byte(out, '\n');
        append_block(out, block, number);
    }
}
