/* Numbers over time, as a picture in SVG and, for who cannot see it, as a table below. Texts are HTML beside
 * the picture: they keep their size whatever its width. */
#include "dashboard/dashboard.h"

#include "history/report_words.h"
#include "html/page_html.h"

#include <time.h>

enum { WIDTH = 960, HEIGHT = 200, LABELS_MAX = 8, ROWS_MAX = 12 };

static uint64_t sum_of(const struct chart *chart, size_t bar)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < chart->series_count; i++)
        sum += chart->bars[bar][i];
    return sum;
}

static void write_clock(struct strbuf *out, int64_t time_us)
{
    char text[16];
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(text, sizeof text, "%H:%M", &local);
    strbuf_append_text(out, text);
}

/* "12:00–12:15: 10 accepted, 2 refused" */
static void print_bar_title(struct strbuf *out, const struct chart *chart, size_t bar)
{
    const int64_t from_us = chart->first_us + (int64_t)bar * chart->step_us;
    strbuf_append_text(out, "<title>");
    write_clock(out, from_us);
    strbuf_append_text(out, "\xe2\x80\x93");
    write_clock(out, from_us + chart->step_us);
    const char *separator = ": ";
    for (size_t i = 0; i < chart->series_count; i++) {
        if (chart->bars[bar][i] == 0)
            continue;
        strbuf_append_text(out, separator);
        report_write_count(out, chart->bars[bar][i]);
        strbuf_printf(out, " %s", chart->series[i].words);
        separator = ", ";
    }
    strbuf_append_text(out, "</title>");
}

static void print_bar(struct strbuf *out, const struct chart *chart, size_t bar, uint64_t top)
{
    const double step = (double)WIDTH / (double)chart->count, gap = step > 8 ? 2 : step > 4 ? 1 : 0.3;
    double y = HEIGHT;
    if (sum_of(chart, bar) == 0)
        return;
    strbuf_append_text(out, "<g>");
    print_bar_title(out, chart, bar);
    for (size_t i = 0; i < chart->series_count; i++) {
        const double height = HEIGHT * (double)chart->bars[bar][i] / (double)top;
        if (chart->bars[bar][i] == 0)
            continue;
        y -= height;
        strbuf_printf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
                      chart->series[i].class_name, step * (double)bar + gap / 2, y, step - gap, height);
    }
    strbuf_append_text(out, "</g>\n");
}

/* Left of the picture, at the top, half way up and at the bottom. */
static void print_scale(struct strbuf *out, uint64_t top)
{
    strbuf_append_text(out, "<div class=\"scale\" aria-hidden=\"true\"><span>");
    report_write_count(out, top);
    strbuf_append_text(out, "</span><span>");
    if (top % 2 == 0)
        report_write_count(out, top / 2);
    strbuf_append_text(out, "</span><span>0</span></div>\n");
}

static void print_picture(struct strbuf *out, const struct chart *chart, uint64_t top)
{
    strbuf_printf(out, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" focusable=\"false\">\n",
                  WIDTH, HEIGHT);
    for (unsigned i = 0; i <= 2; i++)
        strbuf_printf(out, "<line class=\"axis\" x1=\"0\" x2=\"%d\" y1=\"%u\" y2=\"%u\"/>", WIDTH,
                      i * HEIGHT / 2, i * HEIGHT / 2);
    strbuf_append_text(out, "\n");
    for (size_t i = 0; i < chart->count; i++)
        print_bar(out, chart, i, top);
    strbuf_append_text(out, "</svg>\n");
}

/* On a telephone every second one is left out, by the style. */
static void print_times(struct strbuf *out, const struct chart *chart)
{
    strbuf_append_text(out, "<div class=\"times\" aria-hidden=\"true\">");
    const size_t each = chart->count > 48 ? 12 : (chart->count + LABELS_MAX - 1) / LABELS_MAX;
    for (size_t i = 0; i < chart->count; i += each) {
        strbuf_append_text(out, i / each % 2 == 1 ? "<span class=\"odd\">" : "<span>");
        write_clock(out, chart->first_us + (int64_t)i * chart->step_us);
        strbuf_append_text(out, "</span>");
    }
    strbuf_append_text(out, "</div>\n");
}

static void print_key(struct strbuf *out, const struct chart *chart)
{
    strbuf_append_text(out, "<p class=\"key\">");
    for (size_t i = 0; i < chart->series_count; i++)
        strbuf_printf(out, "<span><i class=\"%s\"></i>%s</span>", chart->series[i].class_name,
                      chart->series[i].words);
    strbuf_append_text(out, "</p>\n");
}

/* The bars put together, so that they fit on a screen. */
static void print_table(struct strbuf *out, const struct chart *chart)
{
    const size_t each = (chart->count + ROWS_MAX - 1) / ROWS_MAX;
    strbuf_append_text(out, "<details><summary>The same as numbers</summary>\n<div class=\"scroll\" "
                            "tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">from</th>");
    for (size_t i = 0; i < chart->series_count; i++)
        strbuf_printf(out, "<th scope=\"col\">%s</th>", chart->series[i].words);
    strbuf_append_text(out, "</tr></thead>\n<tbody>\n");
    for (size_t bar = 0; bar < chart->count; bar += each) {
        strbuf_append_text(out, "<tr><td>");
        write_clock(out, chart->first_us + (int64_t)bar * chart->step_us);
        strbuf_append_text(out, "</td>");
        for (size_t i = 0; i < chart->series_count; i++) {
            uint64_t sum = 0;
            for (size_t j = bar; j < bar + each && j < chart->count; j++)
                sum += chart->bars[j][i];
            strbuf_append_text(out, "<td>");
            report_write_count(out, sum);
            strbuf_append_text(out, "</td>");
        }
        strbuf_append_text(out, "</tr>\n");
    }
    strbuf_append_text(out, "</tbody></table></div>\n</details>\n");
}

void chart_print(const struct page *page, const struct chart *chart)
{
    struct strbuf *out = page->out;
    uint64_t most = 0, all = 0;
    for (size_t i = 0; i < chart->count; i++) {
        most = sum_of(chart, i) > most ? sum_of(chart, i) : most;
        all += sum_of(chart, i);
    }
    const uint64_t top = page_html_round_up(most < 2 ? 2 : most);
    strbuf_printf(out, "<figure class=\"chart\" role=\"img\" aria-label=\"%s: ", chart->title);
    report_write_count(out, all);
    strbuf_append_text(out, " in all, at most ");
    report_write_count(out, most);
    strbuf_append_text(out, " in one bar. The table below has the numbers.\">\n");
    print_scale(out, top);
    print_picture(out, chart, top);
    print_times(out, chart);
    strbuf_append_text(out, "</figure>\n");
    print_key(out, chart);
    print_table(out, chart);
}
