/* The report as one page for a browser, a mail, or paper. */
#include "html/page_html.h"
#include "history/report_suspects_print.h"
#include "history/report_words.h"

#include <stdio.h>
#include <talloc.h>

struct html_page {
    const struct report *report;
    struct strbuf *out;
    struct strbuf text;
};

static const struct report_column *column_of(const char *key)
{
    for (size_t i = 0; i < report_column_count; i++)
        if (strcmp(report_columns[i].key, key) == 0)
            return &report_columns[i];
    return &report_columns[0];
}

/* ---- the most important ----------------------------------------------------------------------------- */

static void print_card(struct html_page *page, const char *key, const char *words)
{
    const struct report_column *column = column_of(key);
    const struct record_counts *totals = page->report->totals;
    strbuf_printf(page->out, "<div class=\"card\">%s<b>", words);
    report_write_value(page->out, column, &totals[PERIOD_NOW]);
    strbuf_append_text(page->out, "</b><span class=\"dim\">");
    report_write_change(page->out, report_value(column, &totals[PERIOD_NOW]),
                        report_value(column, &totals[PERIOD_BEFORE]));
    strbuf_append_text(page->out,
                       totals[PERIOD_BEFORE].messages > 0 ? ", before " : "nothing recorded before");
    if (totals[PERIOD_BEFORE].messages > 0)
        report_write_value(page->out, column, &totals[PERIOD_BEFORE]);
    strbuf_append_text(page->out, "</span></div>\n");
}

static void print_cards(struct html_page *page)
{
    strbuf_append_text(page->out, "<div class=\"cards\">\n");
    print_card(page, "accepted", "Messages accepted");
    print_card(page, "recipients", "Recipients reached");
    print_card(page, "bytes", "Size of them");
    print_card(page, "refused", "Messages refused");
    if (page->report->totals[PERIOD_NOW].held + page->report->totals[PERIOD_BEFORE].held > 0)
        print_card(page, "held", "Put on hold");
    if (page->report->totals[PERIOD_NOW].would > 0)
        print_card(page, "would", "Monitor mode would stop");
    strbuf_append_text(page->out, "</div>\n");
}

/* ---- pictures --------------------------------------------------------------------------------------- */

static uint64_t not_accepted(const struct record_counts *counts)
{
    return counts->messages - counts->accepted;
}

static void print_chart(struct html_page *page, const char *title, const struct page_bar *bars, size_t count)
{
    size_t highest = 0;
    for (size_t i = 0; i < count; i++)
        highest = bars[i].value > bars[highest].value ? i : highest;
    strbuf_reset(&page->text);
    strbuf_append_text(&page->text, "Most: ");
    strbuf_append_slice(&page->text, bars[highest].name);
    strbuf_append_text(&page->text, " with ");
    report_write_count(&page->text, bars[highest].value);
    strbuf_append_text(&page->text, " messages, of which ");
    report_write_count(&page->text, bars[highest].part);
    strbuf_append_text(&page->text, " were not accepted.");
    const struct page_chart chart = {
        title, strbuf_text(&page->text), "messages", "of them not accepted", bars, count};
    strbuf_printf(page->out, "<h2>%s</h2>\n", title);
    page_html_chart(page->out, &chart);
}

static void print_table(struct html_page *page, const struct report_table *table);

static void print_days(struct html_page *page)
{
    const struct report_table *days = &page->report->tables[REPORT_BY_DAY];
    struct page_bar *bars =
        days->count < 2 ? NULL : talloc_array(NULL, struct page_bar, (unsigned)days->count);
    if (bars == NULL)
        return;
    for (size_t i = 0; i < days->count; i++) {
        const struct record_counts *counts = &days->rows[i].counts[PERIOD_NOW];
        bars[i] = (struct page_bar){days->rows[i].name, counts->messages, not_accepted(counts)};
    }
    print_chart(page, "Messages day by day", bars, days->count);
    talloc_free(bars);
    strbuf_append_text(page->out, "<details><summary>The same as numbers</summary>\n");
    print_table(page, days);
    strbuf_append_text(page->out, "</details>\n");
}

static void print_hours(struct html_page *page)
{
    static const char names[24][6] = {"00:00", "01:00", "02:00", "03:00", "04:00", "05:00", "06:00", "07:00",
                                      "08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00",
                                      "16:00", "17:00", "18:00", "19:00", "20:00", "21:00", "22:00", "23:00"};
    struct page_bar bars[24];
    for (size_t i = 0; i < 24; i++) {
        const struct record_counts *counts = &page->report->hours_of_day[i];
        bars[i] = (struct page_bar){slice_of(names[i]), counts->messages, not_accepted(counts)};
    }
    print_chart(page, "Messages by hour of the day, local time", bars, 24);
}

/* ---- tables ----------------------------------------------------------------------------------------- */

/* What tells nothing, or follows from the others, takes room. */
static bool is_shown(const struct report_table *table, const struct report_column *column)
{
    enum { RANK_MAX = 8, RANK_ACCEPTED = 7 };
    if (table->by < REPORT_BY_CHECK && (column->rank > RANK_MAX || column->rank == RANK_ACCEPTED))
        return false;
    for (size_t i = 0; i < table->count; i++)
        if (report_value(column, &table->rows[i].counts[PERIOD_NOW]) > 0)
            return true;
    return column->rank == 0;
}

static void print_table_head(struct html_page *page, const struct report_table *table)
{
    strbuf_printf(page->out,
                  "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">%s</th>",
                  report_table_heading(table));
    for (size_t i = 0; i < report_column_count; i++) {
        if (!is_shown(table, &report_columns[i]))
            continue;
        strbuf_printf(page->out, "<th scope=\"col\">%s</th>", report_columns[i].heading);
        if (i == 0 && table->by < REPORT_BY_DAY)
            strbuf_append_text(page->out, "<th scope=\"col\">change</th>");
    }
    strbuf_append_text(page->out, table->by <= REPORT_BY_CUSTOMER
                                      ? "<th scope=\"col\">networks</th></tr></thead>\n<tbody>\n"
                                      : "</tr></thead>\n<tbody>\n");
}

static void print_row(struct html_page *page, const struct report_table *table, const struct report_row *row)
{
    strbuf_append_text(page->out, "<tr><td>");
    page_html_name(page->out, row->name);
    strbuf_append_text(page->out, "</td>");
    for (size_t i = 0; i < report_column_count; i++) {
        if (!is_shown(table, &report_columns[i]))
            continue;
        strbuf_append_text(page->out, "<td>");
        if (report_value(&report_columns[i], &row->counts[PERIOD_NOW]) > 0)
            report_write_value(page->out, &report_columns[i], &row->counts[PERIOD_NOW]);
        else
            strbuf_append_text(page->out, "<span class=\"dim\">-</span>");
        strbuf_append_text(page->out, "</td>");
        if (i > 0 || table->by >= REPORT_BY_DAY)
            continue;
        strbuf_append_text(page->out, "<td class=\"dim\">");
        report_write_change(page->out, row->counts[PERIOD_NOW].messages, row->counts[PERIOD_BEFORE].messages);
        strbuf_append_text(page->out, "</td>");
    }
    if (table->by <= REPORT_BY_CUSTOMER) {
        strbuf_append_text(page->out, "<td>");
        report_write_networks(page->out, row);
        strbuf_append_text(page->out, "</td>");
    }
    strbuf_append_text(page->out, "</tr>\n");
}

static void print_table(struct html_page *page, const struct report_table *table)
{
    print_table_head(page, table);
    for (size_t i = 0; i < table->count; i++)
        print_row(page, table, &table->rows[i]);
    strbuf_append_text(page->out, "</tbody></table></div>\n");
    strbuf_reset(&page->text);
    report_write_remarks(&page->text, table);
    if (page->text.length > 0)
        strbuf_printf(page->out, "<p class=\"dim\">%s</p>\n", strbuf_text(&page->text));
}

static void print_titled_table(struct html_page *page, const struct report_table *table)
{
    if (table->count == 0)
        return;
    strbuf_printf(page->out, "<h2>%s</h2>\n", report_table_title(table));
    print_table(page, table);
}

/* ---- lists and events ------------------------------------------------------------------------------- */

static void print_lists(struct html_page *page)
{
    const struct report *report = page->report;
    if (report->list_count == 0)
        return;
    strbuf_append_text(
        page->out,
        "<h2>DNS lists</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">list"
        "</th><th scope=\"col\">asked</th><th scope=\"col\">listed</th>"
        "<th scope=\"col\">no answer</th><th scope=\"col\">suspended</th></tr></thead>\n"
        "<tbody>\n");
    for (size_t i = 0; i < report->list_count; i++) {
        const struct report_list *list = &report->lists[i];
        const uint64_t values[] = {list->asked, list->listed, list->unanswered, list->suspensions};
        strbuf_append_text(page->out, "<tr><td>");
        page_html_name(page->out, list->zone);
        strbuf_append_text(page->out,
                           list->is_suspended ? " <b class=\"bad\">is suspended now</b></td>" : "</td>");
        for (size_t v = 0; v < 4; v++) {
            strbuf_append_text(page->out, "<td>");
            report_write_count(page->out, values[v]);
            strbuf_append_text(page->out, "</td>");
        }
        strbuf_append_text(page->out, "</tr>\n");
    }
    strbuf_append_text(page->out, "</tbody></table></div>\n");
}

static void print_events(struct html_page *page)
{
    const struct report *report = page->report;
    bool has_heading = false;
    for (enum record_line line = 0; line < RECORD_LINE_COUNT; line++) {
        const char *words = report_event_words(line);
        if (words == NULL || report->events[line] == 0)
            continue;
        if (!has_heading)
            strbuf_append_text(page->out, "<h2>What else happened</h2>\n<ul>\n");
        has_heading = true;
        strbuf_printf(page->out, "<li%s>", line == RECORD_LINE_LOST ? " class=\"bad\"" : "");
        report_write_count(page->out, report->events[line]);
        strbuf_printf(page->out, "\xc3\x97 %s", words);
        if (line == RECORD_LINE_LOST) {
            strbuf_append_text(page->out, ": ");
            report_write_count(page->out, report->lost_count);
            strbuf_append_text(page->out, " are missing here");
        }
        strbuf_append_text(page->out, "</li>\n");
    }
    if (has_heading)
        strbuf_append_text(page->out, "</ul>\n");
}

/* ---- the page --------------------------------------------------------------------------------------- */

static void print_whole_page(struct html_page *page)
{
    static const enum report_by order[] = {REPORT_BY_CHECK, REPORT_BY_USER, REPORT_BY_CUSTOMER,
                                           REPORT_BY_DOMAIN, REPORT_BY_CLIENT};
    print_days(page);
    print_hours(page);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        print_titled_table(page, &page->report->tables[order[i]]);
    report_suspects_print_html(&page->report->suspects, page->out);
    print_lists(page);
    print_events(page);
}

void report_print_html(const struct report *report, bool is_part, struct strbuf *out)
{
    struct html_page page = {.report = report, .out = out};
    struct strbuf title;
    strbuf_init(&page.text, 0);
    strbuf_init(&title, 0);
    strbuf_append_text(&title, "Mail from ");
    report_write_period(&title, report->period.since_us, report->period.until_us);
    if (report->host_count == 1)
        strbuf_printf(&page.text, "%s, ", report->host);
    strbuf_append_text(&page.text, "beside ");
    report_write_period(&page.text, report->period.before_us, report->period.since_us);
    (is_part ? page_html_heading : page_html_begin)(out, strbuf_text(&title), strbuf_text(&page.text));
    if (report->totals[PERIOD_NOW].messages + report->totals[PERIOD_BEFORE].messages == 0)
        strbuf_append_text(out, "<p>There is no message in the record of that time.</p>\n");
    else
        print_cards(&page);
    if (report->by < REPORT_BY_COUNT)
        print_titled_table(&page, &report->tables[report->by]);
    else if (report->totals[PERIOD_NOW].messages > 0)
        print_whole_page(&page);
    if (!is_part)
        page_html_end(out);
    strbuf_deinit(&title);
    strbuf_deinit(&page.text);
}
