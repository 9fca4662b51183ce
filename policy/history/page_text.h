/*
 * Text in columns, for a terminal or a mail.
 *
 * Everything shown came from a stranger: control characters become '?', a text that is too wide is cut in its
 * middle, and colour is ours alone. Widths are columns of a terminal. One thread.
 */
#ifndef CLOSEDRELAY_HISTORY_PAGE_TEXT_H
#define CLOSEDRELAY_HISTORY_PAGE_TEXT_H

#include "base/strbuf.h"

enum page_style { PAGE_PLAIN, PAGE_STRONG, PAGE_DIM, PAGE_GOOD, PAGE_WARNING, PAGE_BAD };

struct page_text {
    struct strbuf *out;
    unsigned columns;
    bool has_colour;
    enum page_style style; /* of what comes, up to the end of the line */
    unsigned pending;      /* blanks due before the next text, so that no line ends in any */
};

void page_text_init(struct page_text *page, struct strbuf *out, unsigned columns, bool has_colour);

/* Of what follows on this line. */
void page_text_style(struct page_text *page, enum page_style style);
void page_text_end_line(struct page_text *page);

/* A line of its own, strong. */
void page_text_heading(struct page_text *page, const char *text);
/* Text as it is, cleaned. */
void page_text_append(struct page_text *page, const char *text);
/* `text` in `columns` columns, from the left; what is wider loses its middle. */
void page_text_cell(struct page_text *page, struct slice text, unsigned columns);
/* From the right; ASCII. */
void page_text_number(struct page_text *page, const char *text, unsigned columns);
/* Words, broken at the page's width, and a newline. */
void page_text_paragraph(struct page_text *page, const char *text);
/* The same with `indent` blanks before each line; the first may begin with `bullet`, as wide as that at most.
 */
void page_text_indented(struct page_text *page, unsigned indent, const char *bullet, struct slice text);

/* How many columns a text takes once it is cleaned; each character counts one, East Asian wide ones two. */
unsigned page_text_width(struct slice text);

#endif
