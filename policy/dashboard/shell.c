/* What all pages have around them. */
#include "dashboard/dashboard.h"

#include "html/page_html.h"

#include <talloc.h>

struct entry {
    const char *path, *words;
    enum policy_viewer viewer;
    void (*print)(const struct page *page);
    bool is_linked; /* in the navigation */
};

static const struct entry entries[] = {
    {"/", "Overview", POLICY_VIEWER_HELP_DESK, page_overview, true},
    {"/refusals", "Refusals", POLICY_VIEWER_HELP_DESK, page_refusals, true},
    {"/search", "Search", POLICY_VIEWER_HELP_DESK, page_search, false},
    {"/limits", "Limits", POLICY_VIEWER_ADMIN, page_limits, true},
    {"/suspects", "Suspects", POLICY_VIEWER_ADMIN, page_suspects, true},
    {"/lists", "Lists", POLICY_VIEWER_ADMIN, page_lists, true},
    {"/lookup", "Lookup", POLICY_VIEWER_ADMIN, page_lookup, false},
    {"/report", "Report", POLICY_VIEWER_ADMIN, page_report, true},
    {"/status", "Status", POLICY_VIEWER_ADMIN, page_status, true},
};

const char *page_argument(const struct page *page, const char *name)
{
    return page->question->argument(page->question->context, name);
}

static bool is_part(const struct page *page)
{
    return page_argument(page, "part") != NULL;
}

static void print_navigation(const struct page *page)
{
    strbuf_append_text(page->out, "<nav aria-label=\"Pages\"><ul>\n");
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (!entries[i].is_linked || page->question->viewer < entries[i].viewer)
            continue;
        strbuf_printf(page->out, "<li><a href=\"%s\"%s>%s</a></li>\n", entries[i].path,
                      strcmp(entries[i].path, page->question->path) == 0 ? " aria-current=\"page\"" : "",
                      entries[i].words);
    }
    strbuf_append_text(page->out, "</ul></nav>\n");
}

static void print_search(const struct page *page)
{
    const char *asked = page_argument(page, "q");
    strbuf_append_text(page->out,
                       "<form class=\"search\" role=\"search\" action=\"/search\">"
                       "<label for=\"q\" class=\"unseen\">Find a message</label>"
                       "<input id=\"q\" name=\"q\" type=\"search\" maxlength=\"900\" autocomplete=\"off\" "
                       "spellcheck=\"false\" placeholder=\"id, bounce, user, address, client\" value=\"");
    if (asked != NULL && strcmp(page->question->path, "/search") == 0)
        page_html_text(page->out, slice_of(asked));
    strbuf_append_text(page->out, "\"><button>Find</button></form>\n");
}

static void print_head(const struct page *page, const char *title)
{
    struct strbuf *out = page->out;
    strbuf_append_text(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                            "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    page_html_text(out, slice_of(title));
    strbuf_append_text(
        out, " \xc2\xb7 closedrelay</title>\n<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n"
             "<link rel=\"stylesheet\" href=\"/style.css\">\n<script src=\"/script.js\" defer></script>\n"
             "</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
             "<header><div class=\"bar\">\n<p class=\"brand\"><a href=\"/\">"
             "<svg viewBox=\"0 0 32 32\" width=\"28\" height=\"28\" aria-hidden=\"true\" focusable=\"false\">"
             "<rect class=\"tile\" width=\"32\" height=\"32\" rx=\"7\"/>"
             "<path class=\"mark\" d=\"M6 11h20v12H6zM6 11l10 7 10-7M16 5v5\"/></svg>"
             "closedrelay</a> <span class=\"host\">");
    page_html_name(out, slice_of(page->dashboard->engine->host));
    strbuf_append_text(out, "</span></p>\n");
    print_navigation(page);
    print_search(page);
    strbuf_append_text(out, "</div></header>\n");
}

void shell_begin(const struct page *page, const char *title, bool is_live)
{
    if (is_part(page))
        return;
    print_head(page, title);
    strbuf_printf(page->out, "<main id=\"main\" tabindex=\"-1\"%s>\n", is_live ? " data-live=\"5\"" : "");
}

void shell_end(const struct page *page)
{
    if (is_part(page))
        return;
    strbuf_append_text(page->out,
                       "</main>\n<footer><p>closedrelay " CLOSEDRELAY_VERSION
                       " <span id=\"live\" role=\"status\"></span></p></footer>\n</body>\n</html>\n");
}

void shell_section(const struct page *page, const char *title)
{
    strbuf_append_text(page->out, "<h2>");
    page_html_text(page->out, slice_of(title));
    strbuf_append_text(page->out, "</h2>\n");
}

void shell_empty(const struct page *page, const char *text)
{
    strbuf_append_text(page->out, "<p class=\"empty\">");
    page_html_text(page->out, slice_of(text));
    strbuf_append_text(page->out, "</p>\n");
}

void shell_badge(const struct page *page, const char *class_name, const char *text)
{
    strbuf_printf(page->out, "<span class=\"badge %s\">", class_name);
    page_html_text(page->out, slice_of(text));
    strbuf_append_text(page->out, "</span>");
}

unsigned policy_dashboard_page(struct policy_dashboard *dashboard,
                               const struct policy_page_question *question, struct strbuf *out)
{
    struct page page = {.dashboard = dashboard,
                        .question = question,
                        .out = out,
                        .is_masked = question->viewer < POLICY_VIEWER_ADMIN,
                        .now_us = clock_wall_us(&dashboard->engine->options.clock)};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (strcmp(entries[i].path, question->path) != 0 || question->viewer < entries[i].viewer)
            continue;
        page.owner = talloc_new(NULL);
        if (page.owner == NULL)
            return 500;
        entries[i].print(&page);
        talloc_free(page.owner);
        return 200;
    }
    return 404;
}
