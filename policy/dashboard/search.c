/* The pages that read the record, or ask name servers. */
#include "dashboard/dashboard.h"

#include "html/answer_html.h"
#include "html/page_html.h"
#include "policy_query.h"

#include <stdlib.h>

enum { RESULTS = 50, REPORT_ROWS = 15 };

static void explain(const struct page *page, const char *what)
{
    struct policy_history_source source;
    char *path;
    const struct policy_explain_query query = {.what = what,
                                               .is_masked = page->is_masked,
                                               .refusals_only = page->is_masked,
                                               .top = RESULTS,
                                               .now_us = page->now_us};
    const struct policy_history_page form = {.form = HISTORY_HTML_PART};
    struct strbuf found;
    if (!policy_dashboard_source(page->dashboard, &source, &path)) {
        shell_empty(page, "No record is kept (audit.file is empty), so there is nothing to search.");
        return;
    }
    strbuf_init(&found, 0);
    const enum policy_explain_result result = policy_explain(&source, &query, &form, &found);
    if (result == EXPLAIN_FAILED)
        shell_empty(page, strbuf_text(&found));
    else
        strbuf_append_slice(page->out, strbuf_slice(&found));
    strbuf_deinit(&found);
    free(path);
}

void page_search(const struct page *page)
{
    const char *what = page_argument(page, "q");
    shell_begin(page, what == NULL ? "Search" : what, false);
    if (what == NULL) {
        page_html_heading(page->out, "Search", "");
        shell_empty(
            page,
            "Write the id that stands in a refusal, a whole bounce, a queue id, a login, an address or a client's IP above.");
    } else {
        policy_record_lookup(page->dashboard->engine, page->question->who, "explain", what);
        explain(page, what);
    }
    shell_end(page);
}

void page_lookup(const struct page *page)
{
    const char *address = page_argument(page, "address");
    struct answer *answer = address == NULL ? NULL : answer_create();
    shell_begin(page, "Lookup", false);
    page_html_heading(page->out, address == NULL ? "What the lists say" : address, "");
    if (answer == NULL) {
        shell_empty(page, "No address was given.");
    } else {
        policy_record_lookup(page->dashboard->engine, page->question->who, "lookup", address);
        policy_query_lookup(page->dashboard->engine, address, answer);
        answer_print_html(answer, "What the lists say", NULL, page->out);
    }
    answer_destroy(answer);
    strbuf_append_text(page->out, "<p><a href=\"/lists\">All lists</a></p>\n");
    shell_end(page);
}

/* ---- report ------------------------------------------------------------------------------------------- */

static const struct {
    const char *since, *words;
} periods[] = {{"today", "today"}, {"yesterday", "yesterday"}, {"7d", "7 days"}, {"30d", "30 days"}};

enum { PERIOD_COUNT_SHOWN = sizeof periods / sizeof periods[0], PERIOD_DEFAULT = 0 };

static size_t asked_period(const struct page *page)
{
    const char *since = page_argument(page, "since");
    for (size_t i = 0; since != NULL && i < PERIOD_COUNT_SHOWN; i++)
        if (strcmp(periods[i].since, since) == 0)
            return i;
    return PERIOD_DEFAULT;
}

void page_report(const struct page *page)
{
    struct policy_history_source source;
    const struct policy_history_page form = {.form = HISTORY_HTML_PART};
    const size_t period = asked_period(page);
    struct strbuf text;
    char *path;
    shell_begin(page, "Report", false);
    strbuf_append_text(page->out, "<nav class=\"spans\" aria-label=\"Time\"><ul>\n");
    for (size_t i = 0; i < PERIOD_COUNT_SHOWN; i++)
        strbuf_printf(page->out, "<li><a href=\"/report?since=%s\"%s>%s</a></li>\n", periods[i].since,
                      i == period ? " aria-current=\"true\"" : "", periods[i].words);
    strbuf_append_text(page->out, "</ul></nav>\n");
    strbuf_init(&text, 0);
    if (!policy_dashboard_source(page->dashboard, &source, &path)) {
        shell_empty(page, "No record is kept (audit.file is empty), so there is nothing to report.");
    } else {
        const struct policy_report_query query = {
            .since = periods[period].since, .top = REPORT_ROWS, .now_us = page->now_us};
        policy_record_lookup(page->dashboard->engine, page->question->who, "report", "");
        if (policy_report(&source, &query, &form, &text))
            strbuf_append_slice(page->out, strbuf_slice(&text));
        else
            shell_empty(page, strbuf_text(&text));
        free(path);
    }
    strbuf_deinit(&text);
    shell_end(page);
}
