/* The report for a terminal or a mail, in as many columns as there are. */
#include "history/report_words.h"

#include "history/page_text.h"
#include "history/report_suspects_print.h"

enum {
    NAME_COLUMNS_MIN = 24,
    NAME_COLUMNS_MAX = 60,
    NAME_COLUMNS_NARROW = 30,
    CELL_COLUMNS = 11,
    LIST_COLUMNS = 10,
    COLUMNS_MIN = 60,
    BAR_COLUMNS_MAX = 40
};

struct text_page {
    const struct report *report;
    struct page_text page;
    struct strbuf cell;
};

/* ---- totals ----------------------------------------------------------------------------------------- */

static bool is_part(const struct report_column *column)
{
    return ascii_lower(column->label[0]) == column->label[0];
}

static void print_total(struct text_page *page, const struct report_column *column)
{
    const struct record_counts *now = &page->report->totals[PERIOD_NOW],
                               *before = &page->report->totals[PERIOD_BEFORE];
    const uint64_t value = report_value(column, now), earlier = report_value(column, before);
    if (value + earlier == 0 && column->rank > 0)
        return;
    strbuf_reset(&page->cell);
    strbuf_printf(&page->cell, "%s%s", is_part(column) ? "  " : "", column->label);
    page_text_cell(&page->page, strbuf_slice(&page->cell), 50);
    strbuf_reset(&page->cell);
    report_write_value(&page->cell, column, now);
    page_text_number(&page->page, strbuf_text(&page->cell), 12);
    strbuf_reset(&page->cell);
    report_write_value(&page->cell, column, before);
    page_text_number(&page->page, strbuf_text(&page->cell), 12);
    strbuf_reset(&page->cell);
    report_write_change(&page->cell, value, earlier);
    page_text_number(&page->page, strbuf_text(&page->cell), 6);
    page_text_end_line(&page->page);
}

/* The parts of the messages below them, then the rest. */
static void print_totals(struct text_page *page)
{
    static const char heading[] = "";
    page_text_style(&page->page, PAGE_DIM);
    page_text_cell(&page->page, slice_of(heading), 50);
    page_text_number(&page->page, "now", 12);
    page_text_number(&page->page, "before", 12);
    page_text_number(&page->page, "", 6);
    page_text_end_line(&page->page);
    print_total(page, &report_columns[0]);
    for (size_t i = 1; i < report_column_count; i++)
        if (is_part(&report_columns[i]))
            print_total(page, &report_columns[i]);
    for (size_t i = 1; i < report_column_count; i++)
        if (!is_part(&report_columns[i]))
            print_total(page, &report_columns[i]);
    page_text_end_line(&page->page);
}

/* ---- tables ----------------------------------------------------------------------------------------- */

struct chosen {
    const struct report_column *columns[16];
    size_t count;
    unsigned name_columns;
    bool has_change, has_networks;
};

static bool has_values(const struct report_table *table, const struct report_column *column)
{
    for (size_t i = 0; i < table->count; i++)
        if (report_value(column, &table->rows[i].counts[PERIOD_NOW]) > 0)
            return true;
    return false;
}

static unsigned longest_name(const struct report_table *table)
{
    unsigned longest = NAME_COLUMNS_MIN;
    for (size_t i = 0; i < table->count; i++) {
        const unsigned columns = page_text_width(table->rows[i].name);
        longest = columns > longest ? columns : longest;
    }
    return longest > NAME_COLUMNS_MAX ? NAME_COLUMNS_MAX : longest;
}

/* The most telling columns that fit; those without a number in them are left out. */
static struct chosen choose_columns(const struct text_page *page, const struct report_table *table)
{
    struct chosen chosen = {.name_columns = longest_name(table)};
    const bool is_series = table->by == REPORT_BY_DAY || table->by == REPORT_BY_HOUR;
    const unsigned columns = page->page.columns;
    const unsigned least = columns <= 100 && chosen.name_columns > NAME_COLUMNS_NARROW ? NAME_COLUMNS_NARROW
                                                                                       : chosen.name_columns;
    size_t room = (columns - least) / CELL_COLUMNS;
    bool is_chosen[16] = {false};
    chosen.has_change = !is_series && room > 3;
    room -= chosen.has_change;
    chosen.has_networks = table->by <= REPORT_BY_CUSTOMER && room > 4;
    room -= chosen.has_networks;
    for (unsigned rank = 0; rank < 16 && room > 0; rank++)
        for (size_t i = 0; i < report_column_count; i++)
            if (report_columns[i].rank == rank && (rank == 0 || has_values(table, &report_columns[i]))) {
                is_chosen[i] = true;
                room--;
            }
    for (size_t i = 0; i < report_column_count; i++)
        if (is_chosen[i])
            chosen.columns[chosen.count++] = &report_columns[i];
    const size_t cells = chosen.count + chosen.has_change + chosen.has_networks;
    const unsigned left = columns - (unsigned)cells * CELL_COLUMNS;
    chosen.name_columns = chosen.name_columns > left ? left : chosen.name_columns;
    return chosen;
}

static void print_headings(struct text_page *page, const struct report_table *table,
                           const struct chosen *chosen)
{
    page_text_style(&page->page, PAGE_DIM);
    page_text_cell(&page->page, slice_of(report_table_heading(table)), chosen->name_columns);
    for (size_t i = 0; i < chosen->count; i++) {
        page_text_number(&page->page, chosen->columns[i]->heading, CELL_COLUMNS);
        if (i == 0 && chosen->has_change)
            page_text_number(&page->page, "change", CELL_COLUMNS);
    }
    if (chosen->has_networks)
        page_text_number(&page->page, "networks", CELL_COLUMNS);
    page_text_end_line(&page->page);
}

static void print_row(struct text_page *page, const struct report_row *row, const struct chosen *chosen)
{
    page_text_cell(&page->page, row->name, chosen->name_columns);
    for (size_t i = 0; i < chosen->count; i++) {
        strbuf_reset(&page->cell);
        if (report_value(chosen->columns[i], &row->counts[PERIOD_NOW]) == 0)
            strbuf_append_text(&page->cell, "-");
        else
            report_write_value(&page->cell, chosen->columns[i], &row->counts[PERIOD_NOW]);
        page_text_number(&page->page, strbuf_text(&page->cell), CELL_COLUMNS);
        if (i > 0 || !chosen->has_change)
            continue;
        strbuf_reset(&page->cell);
        report_write_change(&page->cell, row->counts[PERIOD_NOW].messages,
                            row->counts[PERIOD_BEFORE].messages);
        page_text_number(&page->page, strbuf_text(&page->cell), CELL_COLUMNS);
    }
    if (chosen->has_networks) {
        strbuf_reset(&page->cell);
        report_write_networks(&page->cell, row);
        page_text_number(&page->page, strbuf_text(&page->cell), CELL_COLUMNS);
    }
    page_text_end_line(&page->page);
}

static void print_table(struct text_page *page, const struct report_table *table)
{
    if (table->count == 0)
        return;
    const struct chosen chosen = choose_columns(page, table);
    page_text_heading(&page->page, report_table_title(table));
    print_headings(page, table, &chosen);
    for (size_t i = 0; i < table->count; i++)
        print_row(page, &table->rows[i], &chosen);
    strbuf_reset(&page->cell);
    report_write_remarks(&page->cell, table);
    if (page->cell.length > 0)
        page_text_paragraph(&page->page, strbuf_text(&page->cell));
    page_text_end_line(&page->page);
}

/* ---- lists, events ---------------------------------------------------------------------------------- */

static void print_lists(struct text_page *page)
{
    const struct report *report = page->report;
    if (report->list_count == 0)
        return;
    page_text_heading(&page->page, "DNS lists");
    page_text_style(&page->page, PAGE_DIM);
    page_text_cell(&page->page, slice_of("list"), NAME_COLUMNS_MIN);
    static const char *const headings[] = {"asked", "listed", "no answer", "suspended"};
    for (size_t i = 0; i < 4; i++)
        page_text_number(&page->page, headings[i], LIST_COLUMNS);
    page_text_end_line(&page->page);
    for (size_t i = 0; i < report->list_count; i++) {
        const struct report_list *list = &report->lists[i];
        const uint64_t values[] = {list->asked, list->listed, list->unanswered, list->suspensions};
        page_text_cell(&page->page, list->zone, NAME_COLUMNS_MIN);
        for (size_t v = 0; v < 4; v++) {
            strbuf_reset(&page->cell);
            report_write_count(&page->cell, values[v]);
            page_text_number(&page->page, strbuf_text(&page->cell), LIST_COLUMNS);
        }
        if (list->is_suspended) {
            page_text_style(&page->page, PAGE_BAD);
            page_text_append(&page->page, "  suspended now");
        }
        page_text_end_line(&page->page);
    }
    page_text_end_line(&page->page);
}

static void print_events(struct text_page *page)
{
    const struct report *report = page->report;
    bool has_heading = false;
    for (enum record_line line = 0; line < RECORD_LINE_COUNT; line++) {
        const char *words = report_event_words(line);
        if (words == NULL || report->events[line] == 0)
            continue;
        if (!has_heading)
            page_text_heading(&page->page, "What else happened");
        has_heading = true;
        strbuf_reset(&page->cell);
        report_write_count(&page->cell, report->events[line]);
        strbuf_append_text(&page->cell, "x ");
        strbuf_append_text(&page->cell, words);
        if (line == RECORD_LINE_LOST) {
            strbuf_append_text(&page->cell, ": ");
            report_write_count(&page->cell, report->lost_count);
            strbuf_append_text(&page->cell, " are missing here");
            page_text_style(&page->page, PAGE_BAD);
        }
        page_text_append(&page->page, strbuf_text(&page->cell));
        page_text_end_line(&page->page);
    }
    if (has_heading)
        page_text_end_line(&page->page);
}

/* ---- the page --------------------------------------------------------------------------------------- */

static void print_title(struct text_page *page)
{
    const struct report *report = page->report;
    strbuf_reset(&page->cell);
    strbuf_append_text(&page->cell, "Mail from ");
    report_write_period(&page->cell, report->period.since_us, report->period.until_us);
    if (report->host_count == 1)
        strbuf_printf(&page->cell, " on %s", report->host);
    page_text_heading(&page->page, strbuf_text(&page->cell));
    strbuf_reset(&page->cell);
    strbuf_append_text(&page->cell, "beside ");
    report_write_period(&page->cell, report->period.before_us, report->period.since_us);
    page_text_style(&page->page, PAGE_DIM);
    page_text_append(&page->page, strbuf_text(&page->cell));
    page_text_end_line(&page->page);
    page_text_end_line(&page->page);
}

static void print_page(struct text_page *page)
{
    static const enum report_by order[] = {REPORT_BY_CHECK, REPORT_BY_USER, REPORT_BY_CUSTOMER,
                                           REPORT_BY_DOMAIN, REPORT_BY_CLIENT};
    const struct report *report = page->report;
    const struct report_table *days = &report->tables[REPORT_BY_DAY];
    if (days->count > 1 && days->count <= 31)
        print_table(page, days);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        print_table(page, &report->tables[order[i]]);
    report_suspects_print_text(&report->suspects, &page->page);
    print_lists(page);
    print_events(page);
}

void report_print_text(const struct report *report, const struct policy_history_page *form,
                       struct strbuf *out)
{
    struct text_page page = {.report = report};
    const unsigned columns = form->columns == 0 ? 80 : form->columns;
    page_text_init(&page.page, out, columns < COLUMNS_MIN ? COLUMNS_MIN : columns, form->has_colour);
    strbuf_init(&page.cell, 0);
    print_title(&page);
    if (report->totals[PERIOD_NOW].messages + report->totals[PERIOD_BEFORE].messages == 0)
        page_text_paragraph(&page.page, "There is no message in the record of that time.");
    else
        print_totals(&page);
    if (report->by < REPORT_BY_COUNT)
        print_table(&page, &report->tables[report->by]);
    else
        print_page(&page);
    strbuf_deinit(&page.cell);
}
