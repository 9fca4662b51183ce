/* The pages that are made from memory. */
#include "dashboard/dashboard.h"

#include "dns/block_lists.h"
#include "dns/dns_service.h"
#include "history/explain.h"
#include "history/report_words.h"
#include "html/answer_html.h"
#include "html/page_html.h"
#include "policy_query.h"

#include <talloc.h>

enum { OVERVIEW_ROWS = 8, OVERVIEW_REFUSALS = 12, LISTS_MAX = 64, USAGE_ROWS = 30 };

/* ---- parts -------------------------------------------------------------------------------------------- */

static void print_count(const struct page *page, const char *tag, uint64_t count)
{
    strbuf_printf(page->out, "<%s>", tag);
    report_write_count(page->out, count);
    strbuf_printf(page->out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

static struct story_line *make_lines(const struct page *page, const struct live_view *view, size_t most,
                                     size_t *count)
{
    struct story_line *lines = talloc_array(page->owner, struct story_line, LIVE_REFUSALS);
    *count = 0;
    for (size_t i = 0; lines != NULL && i < view->refusal_count && i < most; i++) {
        struct record record;
        if (record_read(slice_of(view->refusals[i]), &record) &&
            story_line_make(page->owner, &record, page->is_masked, &lines[*count]))
            ++*count;
    }
    return lines;
}

void page_print_refusals(const struct page *page, const struct live_view *view, size_t most)
{
    size_t count;
    const struct story_line *lines = make_lines(page, view, most, &count);
    if (count == 0)
        shell_empty(page, "Nothing was refused, deferred or held in this time.");
    else
        explain_print_html_lines(page->out, NULL, lines, count, true);
}

static void print_answer(const struct page *page, struct answer *answer, const char *name,
                         const char *const *heads)
{
    if (answer == NULL)
        shell_empty(page, "Out of memory.");
    else
        answer_print_html(answer, name, heads, page->out);
    answer_destroy(answer);
}

/* What is left out, and since when it counts. */
static void print_coverage(const struct page *page, const struct live_view *view, int64_t first_us)
{
    if (view->known_since_us > first_us) {
        strbuf_append_text(page->out, "<p class=\"note\">Known since ");
        page_html_text(page->out, slice_of(story_moment(page->owner, view->known_since_us)));
        strbuf_append_text(page->out,
                           "; what was recorded before is still being read, or there is none.</p>\n");
    }
    if (view->lost_count > 0) {
        strbuf_append_text(page->out, "<p class=\"note\">");
        report_write_count(page->out, view->lost_count);
        strbuf_append_text(
            page->out,
            " messages came too fast to be counted here; the record and the metrics have them.</p>\n");
    }
}

/* ---- overview ----------------------------------------------------------------------------------------- */

enum { SERIES = 4 };

static const struct chart_series series[SERIES] = {
    {"accepted", "accepted"}, {"held", "held"}, {"deferred", "deferred"}, {"refused", "refused"}};
static const enum live_verdict series_verdicts[SERIES] = {LIVE_ACCEPTED, LIVE_HELD, LIVE_DEFERRED,
                                                          LIVE_REFUSED};

/* A span of the day, as bars. */
struct span {
    unsigned hours;
    const char *words;
    size_t bar_count, minutes_a_bar;
};

static const struct span spans[] = {
    {1, "last hour", 60, 1}, {6, "last 6 hours", 24, 15}, {24, "last 24 hours", 96, 15}};

static const struct span *asked_span(const struct page *page)
{
    const char *hours = page_argument(page, "hours");
    for (size_t i = 0; hours != NULL && i < sizeof spans / sizeof spans[0]; i++)
        if ((unsigned)(hours[0] - '0') == spans[i].hours && hours[1] == '\0')
            return &spans[i];
    return &spans[2];
}

static void print_span_links(const struct page *page, const struct span *span)
{
    strbuf_append_text(page->out, "<nav class=\"spans\" aria-label=\"Time\"><ul>\n");
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
        strbuf_printf(page->out, "<li><a href=\"/?hours=%u\"%s>%s</a></li>\n", spans[i].hours,
                      &spans[i] == span ? " aria-current=\"true\"" : "", spans[i].words);
    strbuf_append_text(page->out, "</ul></nav>\n");
}

/* The minute that the first bar begins with: bars begin at round times, and the last one is under way. */
static size_t first_minute(const struct live_view *view, const struct span *span)
{
    const int64_t minute = view->first_minute_us / 60000000, each = (int64_t)span->minutes_a_bar;
    const int64_t last_bar = (minute + LIVE_MINUTES - 1) / each,
                  first = (last_bar - (int64_t)span->bar_count + 1) * each;
    return first <= minute ? 0 : (size_t)(first - minute);
}

static struct live_counts sum_of(const struct live_view *view, const struct span *span)
{
    struct live_counts sum = {0};
    for (size_t i = first_minute(view, span); i < LIVE_MINUTES; i++)
        live_counts_add(&sum, &view->minutes[i]);
    return sum;
}

static void print_card(const struct page *page, const char *class_name, const char *words, uint64_t count,
                       uint64_t all)
{
    strbuf_printf(page->out, "<div class=\"card %s\"><dt>%s</dt>", class_name, words);
    print_count(page, "dd", count);
    if (all > 0) {
        strbuf_append_text(page->out, "<dd class=\"dim\">");
        if (count > 0 && count * 1000 < all)
            strbuf_append_text(page->out, "&lt;0.1%");
        else
            strbuf_printf(page->out, "%llu.%llu%%", (unsigned long long)(count * 1000 / all / 10),
                          (unsigned long long)(count * 1000 / all % 10));
        strbuf_append_text(page->out, "</dd>");
    }
    strbuf_append_text(page->out, "</div>\n");
}

static void print_cards(const struct page *page, const struct live_counts *sum)
{
    const uint64_t all = live_counts_messages(sum);
    strbuf_append_text(page->out, "<dl class=\"cards\">\n");
    print_card(page, "all", "messages", all, 0);
    print_card(page, "accepted", "accepted", sum->verdicts[LIVE_ACCEPTED], all);
    print_card(page, "refused", "refused", sum->verdicts[LIVE_REFUSED], all);
    print_card(page, "deferred", "deferred", sum->verdicts[LIVE_DEFERRED], all);
    print_card(page, "held", "held", sum->verdicts[LIVE_HELD], all);
    print_card(page, "aborted", "given up", sum->verdicts[LIVE_ABORTED], all);
    strbuf_append_text(page->out, "<div class=\"card\"><dt>size accepted</dt><dd>");
    report_write_bytes(page->out, sum->bytes);
    strbuf_append_text(page->out, "</dd><dd class=\"dim\">to ");
    report_write_count(page->out, sum->recipients);
    strbuf_append_text(page->out, sum->recipients == 1 ? " recipient</dd></div>\n</dl>\n"
                                                       : " recipients</dd></div>\n</dl>\n");
}

static void print_traffic(const struct page *page, const struct live_view *view, const struct span *span)
{
    uint64_t(*bars)[CHART_SERIES_MAX] = talloc_zero_size(page->owner, span->bar_count * sizeof *bars);
    const int64_t minute = view->first_minute_us / 60000000, each = (int64_t)span->minutes_a_bar;
    const int64_t first_bar = (minute + LIVE_MINUTES - 1) / each - (int64_t)span->bar_count + 1;
    if (bars == NULL)
        return;
    for (size_t i = first_minute(view, span); i < LIVE_MINUTES; i++)
        for (size_t s = 0; s < SERIES; s++)
            bars[(minute + (int64_t)i) / each - first_bar][s] +=
                view->minutes[i].verdicts[series_verdicts[s]];
    const struct chart chart = {
        .title = "Messages over time, by what became of them",
        .series = series,
        .series_count = SERIES,
        .bars = bars,
        .count = span->bar_count,
        .first_us = first_bar * each * 60000000,
        .step_us = each * 60000000,
    };
    chart_print(page, &chart);
}

/* A bar in a row, as wide as its share. */
static void print_meter(const struct page *page, const char *class_name, uint64_t value, uint64_t most)
{
    strbuf_printf(
        page->out,
        "<td class=\"meter\"><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        "<rect class=\"%s\" width=\"%.1f\" height=\"8\" rx=\"1\"/></svg></td>",
        class_name, most == 0 ? 0.0 : 100.0 * (double)value / (double)most);
}

static uint64_t stopped(const struct live_counts *counts)
{
    return (uint64_t)counts->verdicts[LIVE_HELD] + counts->verdicts[LIVE_DEFERRED] +
           counts->verdicts[LIVE_REFUSED];
}

static void print_causes(const struct page *page, const struct live_view *view)
{
    shell_section(page, "Refusals by check");
    if (view->cause_count == 0) {
        shell_empty(page, "No check had to stop anything.");
        return;
    }
    strbuf_append_text(
        page->out,
        "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">check and reason</th>"
        "<td class=\"meter\"></td><th scope=\"col\">messages</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < view->cause_count && i < OVERVIEW_ROWS; i++) {
        strbuf_append_text(page->out, "<tr><td>");
        page_html_name(page->out, slice_of(view->causes[i].name));
        strbuf_append_text(page->out, "</td>");
        print_meter(page, "refused", stopped(&view->causes[i].counts), stopped(&view->causes[0].counts));
        print_count(page, "td", stopped(&view->causes[i].counts));
        strbuf_append_text(page->out, "</tr>\n");
    }
    strbuf_append_text(page->out, "</tbody></table></div>\n");
}

static void print_users(const struct page *page, const struct live_view *view)
{
    shell_section(page, "Top users");
    if (view->user_count == 0) {
        shell_empty(page, "Nobody who may relay has sent anything.");
        return;
    }
    strbuf_append_text(
        page->out, "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">user</th>"
                   "<td class=\"meter\"></td><th scope=\"col\">messages</th><th scope=\"col\">recipients</th>"
                   "<th scope=\"col\">stopped</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < view->user_count && i < OVERVIEW_ROWS; i++) {
        const struct live_row *row = &view->users[i];
        strbuf_append_text(page->out, "<tr><td><a href=\"/search?q=");
        page_html_argument(page->out, slice_of(row->name));
        strbuf_append_text(page->out, "\">");
        page_html_name(page->out, slice_of(row->name));
        strbuf_append_text(page->out, "</a></td>");
        print_meter(page, "accepted", live_counts_messages(&row->counts),
                    live_counts_messages(&view->users[0].counts));
        print_count(page, "td", live_counts_messages(&row->counts));
        print_count(page, "td", row->counts.recipients);
        print_count(page, stopped(&row->counts) > 0 ? "td class=\"bad\"" : "td", stopped(&row->counts));
        strbuf_append_text(page->out, "</tr>\n");
    }
    strbuf_append_text(page->out, "</tbody></table></div>\n");
}

static void print_health(const struct page *page)
{
    struct answer *answer = answer_create();
    if (answer == NULL || policy_query_health(page->dashboard->engine, "", answer)) {
        strbuf_append_text(page->out, "<p class=\"health well\">");
        shell_badge(page, "good", "all well");
        strbuf_append_text(page->out, " Nothing needs to be looked at.</p>\n");
        answer_destroy(answer);
        return;
    }
    strbuf_append_text(
        page->out,
        "<section class=\"health ill\" aria-labelledby=\"ill\">\n<h2 id=\"ill\">Needs to be looked at</h2>\n");
    print_answer(page, answer, "Needs to be looked at", NULL);
    strbuf_append_text(page->out, "</section>\n");
}

static bool take_view(const struct page *page, unsigned hours, struct live_view *view)
{
    if (live_mail_view(page->dashboard->mail, page->owner, page->now_us, hours, view))
        return true;
    shell_empty(page, "Out of memory.");
    return false;
}

static void print_overview(const struct page *page, const struct live_view *view, const struct span *span)
{
    const struct live_counts sum = sum_of(view, span);
    strbuf_append_text(page->out, "<div class=\"head\"><h1>Overview</h1>\n");
    print_span_links(page, span);
    strbuf_append_text(page->out, "</div>\n");
    if (!page->is_masked)
        print_health(page);
    print_coverage(page, view, page->now_us - (int64_t)span->hours * 3600 * 1000000);
    print_cards(page, &sum);
    print_traffic(page, view, span);
    strbuf_append_text(page->out, "<div class=\"columns\"><section>\n");
    print_causes(page, view);
    strbuf_append_text(page->out, "</section><section>\n");
    if (!page->is_masked)
        print_users(page, view);
    strbuf_append_text(page->out, "</section></div>\n");
    shell_section(page, "Recent refusals");
    page_print_refusals(page, view, OVERVIEW_REFUSALS);
    if (view->refusal_count > OVERVIEW_REFUSALS)
        strbuf_append_text(page->out, "<p><a href=\"/refusals\">All recent refusals</a></p>\n");
}

void page_overview(const struct page *page)
{
    const struct span *span = asked_span(page);
    struct live_view view;
    shell_begin(page, "Overview", true);
    if (take_view(page, span->hours, &view))
        print_overview(page, &view, span);
    shell_end(page);
}

void page_refusals(const struct page *page)
{
    struct live_view view;
    shell_begin(page, "Refusals", true);
    page_html_heading(
        page->out, "Recent refusals",
        "What was refused, deferred or held within the last day, the newest first; each id leads to its story.");
    if (take_view(page, LIVE_HOURS, &view)) {
        print_coverage(page, &view, view.first_minute_us);
        page_print_refusals(page, &view, LIVE_REFUSALS);
    }
    shell_end(page);
}

/* ---- lists -------------------------------------------------------------------------------------------- */

static void print_list(const struct page *page, const struct list_status *list)
{
    const bool is_asked = list->state == LIST_HEALTHY || list->state == LIST_UNTESTED;
    strbuf_append_text(page->out, "<tr><td>");
    page_html_name(page->out, slice_of(list->shown));
    strbuf_append_text(page->out, "</td><td>");
    shell_badge(page,
                list->state == LIST_HEALTHY ? "good"
                : is_asked                  ? "warn"
                                            : "bad",
                list_state_name(list->state));
    if (!is_asked) {
        strbuf_append_text(page->out, " ");
        page_html_text(page->out, slice_of(list_trouble_text(list->trouble)));
    }
    strbuf_append_text(page->out, "</td>");
    print_count(page, "td class=\"number\"", list->listed_count);
    print_count(page, "td class=\"number\"", list->not_listed_count);
    print_count(page, list->failed_count > 0 ? "td class=\"number bad\"" : "td class=\"number\"",
                list->failed_count);
    strbuf_printf(page->out, "<td class=\"number\">%u ms</td>", list->latency_ms);
    print_count(page, "td class=\"number\"", list->suspended_count);
    strbuf_append_text(page->out, "</tr>\n");
}

static size_t read_lists(const struct page *page, struct list_status *lists)
{
    struct dns_service *dns = page->dashboard->engine->services.dns;
    size_t kept = 0;
    const size_t count = dns == NULL ? 0 : block_lists_get_status(dns_service_lists(dns), lists, LISTS_MAX);
    for (size_t i = 0; i < count && i < LISTS_MAX; i++)
        if (!lists[i].retired)
            lists[kept++] = lists[i];
    return kept;
}

static void print_lookup_form(const struct page *page)
{
    const char *asked = page_argument(page, "address");
    strbuf_append_text(
        page->out,
        "<form class=\"ask\" action=\"/lookup\"><label for=\"address\">What do the lists say of</label> "
        "<input id=\"address\" name=\"address\" required maxlength=\"60\" autocomplete=\"off\" "
        "placeholder=\"192.0.2.7\" value=\"");
    page_html_text(page->out, slice_of(asked == NULL ? "" : asked));
    strbuf_append_text(page->out, "\"> <button>Look up</button></form>\n");
}

void page_lists(const struct page *page)
{
    struct list_status *lists = talloc_array(page->owner, struct list_status, LISTS_MAX);
    const size_t count = lists == NULL ? 0 : read_lists(page, lists);
    shell_begin(page, "Lists", false);
    page_html_heading(
        page->out, "Block lists",
        "Tested at the start and every hour; one that lies or is silent is suspended, and tried again.");
    print_lookup_form(page);
    if (count == 0) {
        shell_empty(page, "No block list is asked.");
    } else {
        strbuf_append_text(
            page->out,
            "<div class=\"scroll\" tabindex=\"0\"><table class=\"left\">\n<thead><tr><th scope=\"col\">list</th>"
            "<th scope=\"col\">state</th><th scope=\"col\">listed</th><th scope=\"col\">not listed</th>"
            "<th scope=\"col\">no answer</th><th scope=\"col\">time</th><th scope=\"col\">suspensions</th>"
            "</tr></thead>\n<tbody>\n");
        for (size_t i = 0; i < count; i++)
            print_list(page, &lists[i]);
        strbuf_append_text(page->out, "</tbody></table></div>\n");
    }
    shell_end(page);
}

/* ---- limits and status -------------------------------------------------------------------------------- */

static struct answer *ask_usage(const struct page *page)
{
    struct answer *answer = answer_create();
    const struct policy_usage_question question = {.key = page_argument(page, "key"), .most = USAGE_ROWS};
    if (answer != NULL)
        policy_query_usage(page->dashboard->engine, &question, answer);
    return answer;
}

static struct answer *ask_blocks(const struct page *page)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        policy_query_blocks(page->dashboard->engine, answer);
    return answer;
}

static struct answer *ask_grants(const struct page *page)
{
    struct answer *answer = answer_create();
    if (answer != NULL)
        policy_query_grants(page->dashboard->engine, answer);
    return answer;
}

void page_limits(const struct page *page)
{
    static const char *const block_heads[] = {"kind", "whom", "state", "what", "until", "by", "reason", NULL};
    shell_begin(page, "Limits", true);
    page_html_heading(page->out, "Limits",
                      "Who has used most of a limit, who is blocked, and who may relay for a while.");
    shell_section(page, "Most used");
    print_answer(page, ask_usage(page), "Most used", NULL);
    shell_section(page, "Blocked");
    print_answer(page, ask_blocks(page), "Blocked", block_heads);
    shell_section(page, "Recent logins and grants");
    print_answer(page, ask_grants(page), "Recent logins and grants", NULL);
    shell_end(page);
}

static void print_suspect_form(const struct page *page, const char *user)
{
    strbuf_append_text(page->out,
                       "<form class=\"ask\" action=\"/suspects\"><label for=\"user\">Where does a login "
                       "stand</label> <input id=\"user\" name=\"user\" required maxlength=\"320\" "
                       "autocomplete=\"off\" placeholder=\"ann@example.com\" value=\"");
    page_html_text(page->out, slice_of(user == NULL ? "" : user));
    strbuf_append_text(page->out, "\"> <button>Show</button></form>\n");
}

/* All of them, or where one login stands and why. */
void page_suspects(const struct page *page)
{
    struct policy_engine *engine = page->dashboard->engine;
    const char *user = page_argument(page, "user");
    struct answer *answer = answer_create();
    shell_begin(page, "Suspects", false);
    page_html_heading(page->out, user == NULL ? "Suspects" : user,
                      user == NULL ? "Logins that look stolen, and what is done about them." : "");
    print_suspect_form(page, user);
    if (answer != NULL && user == NULL)
        policy_query_suspects(engine, answer);
    if (answer != NULL && user != NULL) {
        policy_record_lookup(engine, page->question->who, "suspects", user);
        policy_query_suspect(engine, user, answer);
    }
    print_answer(page, answer, "Suspects", NULL);
    shell_end(page);
}

void page_status(const struct page *page)
{
    struct answer *answer = answer_create();
    shell_begin(page, "Status", false);
    page_html_heading(page->out, "Status", "");
    if (answer != NULL)
        policy_query_status(page->dashboard->engine, page->question->session_count, answer);
    print_answer(page, answer, "Status", NULL);
    shell_end(page);
}
