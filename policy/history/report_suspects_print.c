/* The report's section of logins that looked stolen, for people. */
#include "history/report_suspects_print.h"

#include "history/story.h"
#include "html/page_html.h"

#include <stdio.h>
#include <talloc.h>

enum { WORDS_INDENT = 11, NAME_COLUMNS = 34 };

/* "56 points on 30 Nov 2026 14:13:02 UTC; locked by account" */
static void append_when(void *owner, const struct report_suspect *suspect, struct strbuf *out)
{
    const struct account_event *highest = &suspect->highest;
    if (highest->points > 0)
        strbuf_printf(out, "%llu points on ", (unsigned long long)highest->points);
    strbuf_append_text(out, story_moment(owner, highest->time_us));
    if (suspect->last.kind != NULL)
        strbuf_append_text(out, "; ");
    report_suspect_done(suspect, out);
}

void report_suspects_print_text(const struct report_suspects *suspects, struct page_text *page)
{
    void *owner = talloc_new(NULL);
    if (suspects->count == 0) {
        talloc_free(owner);
        return;
    }
    page_text_heading(page, "Logins that looked stolen");
    for (size_t i = 0; i < suspects->count; i++) {
        const struct report_suspect *suspect = &suspects->items[i];
        struct strbuf text;
        strbuf_init(&text, 0);
        append_when(owner, suspect, &text);
        page_text_cell(page, slice_of(suspect->highest.user), NAME_COLUMNS);
        page_text_style(page, PAGE_WARNING);
        page_text_cell(page, slice_of(suspect->highest.step), 6);
        page_text_style(page, PAGE_PLAIN);
        page_text_append(page, strbuf_text(&text));
        page_text_end_line(page);
        strbuf_deinit(&text);
        for (size_t r = 0; r < suspect->highest.reason_count; r++) {
            const struct account_reason *reason = &suspect->highest.reasons[r];
            char points[24] = "";
            if (reason->points > 0)
                snprintf(points, sizeof points, "     +%u", reason->points);
            page_text_indented(page, WORDS_INDENT, points, slice_of(reason->words));
        }
    }
    if (suspects->hidden_count > 0)
        page_text_paragraph(page, "There were more, for which there was no room.");
    page_text_end_line(page);
    talloc_free(owner);
}

void report_suspects_print_html(const struct report_suspects *suspects, struct strbuf *out)
{
    void *owner = talloc_new(NULL);
    if (suspects->count > 0)
        strbuf_append_text(
            out,
            "<h2>Logins that looked stolen</h2>\n<div class=\"scroll\" tabindex=\"0\"><table class=\"left\">\n"
            "<thead><tr><th scope=\"col\">login</th><th scope=\"col\">highest step</th><th scope=\"col\">when"
            "</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < suspects->count; i++) {
        const struct report_suspect *suspect = &suspects->items[i];
        struct strbuf text;
        strbuf_init(&text, 0);
        append_when(owner, suspect, &text);
        strbuf_append_text(out, "<tr><td>");
        page_html_name(out, slice_of(suspect->highest.user));
        strbuf_append_text(out, "</td><td class=\"bad\">");
        page_html_text(out, slice_of(suspect->highest.step));
        strbuf_append_text(out, "</td><td>");
        page_html_text(out, strbuf_slice(&text));
        strbuf_append_text(out, "</td><td>");
        for (size_t r = 0; r < suspect->highest.reason_count; r++) {
            strbuf_append_text(out, r == 0 ? "" : "<br>");
            if (suspect->highest.reasons[r].points > 0)
                strbuf_printf(out, "+%u ", suspect->highest.reasons[r].points);
            page_html_name(out, slice_of(suspect->highest.reasons[r].words));
        }
        strbuf_append_text(out, "</td></tr>\n");
        strbuf_deinit(&text);
    }
    if (suspects->count > 0)
        strbuf_append_text(out, "</tbody></table></div>\n");
    talloc_free(owner);
}
