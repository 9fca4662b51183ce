/*
 * One HTML file that needs nothing else: no script, no other file, a style of its own and pictures as SVG
 * within.
 *
 * It can be mailed, printed, and opened under a Content-Security-Policy that allows nothing but that style,
 * whose hash it names. Everything shown came from a stranger and goes through page_html_text. Dark where the
 * reader's system is.
 */
#ifndef CLOSEDRELAY_HTML_PAGE_HTML_H
#define CLOSEDRELAY_HTML_PAGE_HTML_H

#include "base/strbuf.h"

#include <stdint.h>

/* Everything up to <main>, `title` as heading and `subtitle` (may be "") below it; and from </main> on. */
void page_html_begin(struct strbuf *out, const char *title, const char *subtitle);
void page_html_end(struct strbuf *out);

/* The heading and what stands below it, without a head: for a page that has one. */
void page_html_heading(struct strbuf *out, const char *title, const char *subtitle);

/* Percent-encoded, for the value of an argument in a link (RFC 3986, 2.1); cut as page_html_text does. */
void page_html_argument(struct strbuf *out, struct slice text);

/* Escaped; control characters become U+FFFD. Longer texts are cut. */
void page_html_text(struct strbuf *out, struct slice text);
/* The same in <bdi>, which keeps a text that runs from right to left from turning what follows. */
void page_html_name(struct strbuf *out, struct slice text);

/* A bar of a chart: two numbers on each other. */
struct page_bar {
    struct slice name; /* below the chart, where there is room, and in the title of the bar */
    uint64_t value;
    uint64_t part; /* of `value`, shown in another colour at the top */
};

struct page_chart {
    const char *title, *description;      /* of the picture, for who cannot see it */
    const char *value_words, *part_words; /* "messages", "not accepted" */
    const struct page_bar *bars;
    size_t count;
};

/* A round number that is not below `value`, nor far above it: for the top of a scale. */
uint64_t page_html_round_up(uint64_t value);

void page_html_chart(struct strbuf *out, const struct page_chart *chart);

/* The style, for the test that compares it with its hash. */
extern const char page_html_style[];
extern const char page_html_style_hash[]; /* "sha256-…" */

#endif
