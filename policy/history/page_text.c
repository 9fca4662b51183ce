#include "history/page_text.h"

#include "base/utf8_text.h"

static const char *const escapes[] = {
    [PAGE_PLAIN] = "",        [PAGE_STRONG] = "\x1b[1m",   [PAGE_DIM] = "\x1b[2m",
    [PAGE_GOOD] = "\x1b[32m", [PAGE_WARNING] = "\x1b[33m", [PAGE_BAD] = "\x1b[1;31m",
};

void page_text_init(struct page_text *page, struct strbuf *out, unsigned columns, bool has_colour)
{
    *page = (struct page_text){.out = out, .columns = columns, .has_colour = has_colour};
}

void page_text_style(struct page_text *page, enum page_style style)
{
    if (page->has_colour && page->style != PAGE_PLAIN && style != page->style)
        strbuf_append_text(page->out, "\x1b[0m");
    if (page->has_colour && style != page->style)
        strbuf_append_text(page->out, escapes[style]);
    page->style = style;
}

void page_text_end_line(struct page_text *page)
{
    page_text_style(page, PAGE_PLAIN);
    page->pending = 0;
    strbuf_append_byte(page->out, '\n');
}

static void flush_blanks(struct page_text *page)
{
    for (; page->pending > 0; page->pending--)
        strbuf_append_byte(page->out, ' ');
}

static void append_clean(struct page_text *page, struct slice text)
{
    if (text.length > 0)
        flush_blanks(page);
    for (size_t at = 0, length; at < text.length; at += length) {
        const uint32_t character = utf8_next(slice_part(text, at, text.length), &length);
        if (utf8_is_control(character))
            strbuf_append_byte(page->out, '?');
        else if (character == 0xfffd && length == 1)
            strbuf_append_text(page->out, "\xef\xbf\xbd");
        else
            strbuf_append(page->out, text.data + at, length);
    }
}

static unsigned width_of(uint32_t character)
{
    return utf8_is_control(character) ? 1 : utf8_width(character);
}

unsigned page_text_width(struct slice text)
{
    unsigned width = 0;
    for (size_t at = 0, length; at < text.length; at += length)
        width += width_of(utf8_next(slice_part(text, at, text.length), &length));
    return width;
}

/* How many bytes from the front take at most `columns`. */
static size_t fitting_front(struct slice text, unsigned columns)
{
    size_t at = 0;
    for (size_t length; at < text.length; at += length) {
        const unsigned width = width_of(utf8_next(slice_part(text, at, text.length), &length));
        if (width > columns)
            break;
        columns -= width;
    }
    return at;
}

void page_text_append(struct page_text *page, const char *text)
{
    append_clean(page, slice_of(text));
}

void page_text_cell(struct page_text *page, struct slice text, unsigned columns)
{
    const unsigned width = page_text_width(text);
    if (width <= columns) {
        append_clean(page, text);
        page->pending += columns - width;
        return;
    }
    /* Names differ at their ends as well as at their beginnings: the middle goes. */
    const unsigned back = (columns - 1) / 2, front = columns - 1 - back;
    size_t from = fitting_front(text, width - back);
    while (page_text_width(slice_part(text, from, text.length)) > back)
        from += fitting_front(slice_part(text, from, text.length), 2);
    const struct slice begin = slice_part(text, 0, fitting_front(text, front));
    const struct slice end = slice_part(text, from, text.length);
    append_clean(page, begin);
    flush_blanks(page);
    strbuf_append_text(page->out, "\xe2\x80\xa6"); /* … */
    append_clean(page, end);
    page->pending += columns - 1 - page_text_width(begin) - page_text_width(end); /* half of a wide one */
}

void page_text_number(struct page_text *page, const char *text, unsigned columns)
{
    const unsigned length = (unsigned)strlen(text);
    if (length == 0) {
        page->pending += columns;
        return;
    }
    page->pending += length < columns ? columns - length : 1;
    append_clean(page, slice_of(text));
}

void page_text_heading(struct page_text *page, const char *text)
{
    page_text_style(page, PAGE_STRONG);
    page_text_append(page, text);
    page_text_end_line(page);
}

void page_text_indented(struct page_text *page, unsigned indent, const char *bullet, struct slice text)
{
    const unsigned room = page->columns > indent + 20 ? page->columns - indent : 20;
    unsigned used = 0;
    page_text_cell(page, slice_of(bullet), indent);
    while (text.length > 0) {
        const size_t length = slice_find(text, ' ');
        const struct slice word = slice_part(text, 0, length);
        const unsigned width = page_text_width(word);
        if (used > 0 && used + 1 + width > room) {
            page->pending = 0;
            strbuf_append_byte(page->out, '\n');
            page->pending = indent;
            used = 0;
        } else if (used > 0) {
            page->pending++;
            used++;
        }
        append_clean(page, word);
        used += width;
        text = slice_part(text, length + (length < text.length), text.length);
    }
    page_text_end_line(page);
}

void page_text_paragraph(struct page_text *page, const char *text)
{
    page_text_indented(page, 0, "", slice_of(text));
}
