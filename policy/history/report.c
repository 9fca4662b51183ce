#include "history/report.h"

#include "history/report_count.h"

#include <stdlib.h>
#include <talloc.h>

enum { PAGE_ROWS = 10 }; /* of a table, where nothing is said */

static const char *const by_names[REPORT_BY_COUNT] = {
    [REPORT_BY_USER] = "user",     [REPORT_BY_DOMAIN] = "domain", [REPORT_BY_CUSTOMER] = "customer",
    [REPORT_BY_CLIENT] = "client", [REPORT_BY_CHECK] = "check",   [REPORT_BY_DAY] = "day",
    [REPORT_BY_HOUR] = "hour",
};

const char *report_by_name(enum report_by by)
{
    return by_names[by];
}

static bool find_by(const char *name, enum report_by *by, struct strbuf *problem)
{
    *by = REPORT_BY_COUNT;
    if (name == NULL)
        return true;
    for (int i = 0; i < REPORT_BY_COUNT; i++)
        if (strcmp(name, by_names[i]) == 0)
            *by = (enum report_by)i;
    if (*by == REPORT_BY_COUNT)
        strbuf_printf(problem,
                      "there is no report by '%s'; there is user, domain, customer, client, check, hour, day",
                      name);
    return *by != REPORT_BY_COUNT;
}

/* ---- tables ----------------------------------------------------------------------------------------- */

static uint64_t trouble_of(const struct record_counts *counts)
{
    return counts->refused + counts->deferred + counts->held + counts->would + counts->recipients_refused;
}

static int compare_names(const struct report_row *a, const struct report_row *b)
{
    const size_t shorter = a->name.length < b->name.length ? a->name.length : b->name.length;
    const int order = memcmp(a->name.data, b->name.data, shorter);
    return order != 0 ? order : (a->name.length > b->name.length) - (a->name.length < b->name.length);
}

static int by_messages(const void *left, const void *right)
{
    const struct report_row *a = left, *b = right;
    const struct record_counts *x = &a->counts[PERIOD_NOW], *y = &b->counts[PERIOD_NOW];
    if (x->messages != y->messages)
        return x->messages > y->messages ? -1 : 1;
    if (x->recipients != y->recipients)
        return x->recipients > y->recipients ? -1 : 1;
    return compare_names(a, b);
}

/* What was refused is what one wants to see first. */
static int by_trouble(const void *left, const void *right)
{
    const struct report_row *a = left, *b = right;
    const uint64_t x = trouble_of(&a->counts[PERIOD_NOW]), y = trouble_of(&b->counts[PERIOD_NOW]);
    if (x != y)
        return x > y ? -1 : 1;
    return by_messages(left, right);
}

/* "2026-10-25 02:00 CEST" comes before "2026-10-25 02:00 CET", which the names do not tell where zones are
 * named otherwise: the first that came is the first. */
static int by_name(const void *left, const void *right)
{
    return compare_names(left, right);
}

static bool is_empty(const struct tally_entry *entry)
{
    const struct tally_counts *now = &entry->counts[PERIOD_NOW], *before = &entry->counts[PERIOD_BEFORE];
    return now->messages + before->messages + now->recipients_refused + before->recipients_refused == 0;
}

static bool make_table(void *owner, const struct tally *tally, enum report_by by, size_t top,
                       struct report_table *table)
{
    const bool is_series = by == REPORT_BY_DAY || by == REPORT_BY_HOUR;
    *table = (struct report_table){.by = by, .missing_messages_max = tally->missing_messages_max};
    table->rows = talloc_array(owner, struct report_row, (unsigned)tally->count + 1);
    if (table->rows == NULL || tally->failed)
        return false;
    for (size_t i = 0; i < tally->count; i++) {
        const struct tally_entry *entry = &tally->entries[i];
        if (is_empty(entry))
            continue;
        struct report_row *row = &table->rows[table->count++];
        *row =
            (struct report_row){tally_name(entry),
                                {tally_counts_of(entry, PERIOD_NOW), tally_counts_of(entry, PERIOD_BEFORE)},
                                entry->network_count,
                                entry->has_more_networks};
    }
    if (table->count > 0)
        qsort(table->rows, table->count, sizeof *table->rows,
              is_series               ? by_name
              : by == REPORT_BY_CHECK ? by_trouble
                                      : by_messages);
    if (top > 0 && !is_series && table->count > top) {
        table->hidden_count = table->count - top;
        table->count = top;
    }
    return true;
}

/* ---- the report ------------------------------------------------------------------------------------- */

static bool count_all(void *owner, const struct policy_history_source *source, const struct report *report,
                      struct report_counting *counting, struct strbuf *problem)
{
    struct history_input input;
    if (!history_input_open(&input, owner, source, problem))
        return false;
    input.take_whole = report_count_whole;
    if (!history_scan(&input, report->period.before_us, report->period.until_us, report_count, counting,
                      problem))
        return false;
    history_input_finish(&input);
    return true;
}

bool report_run(void *owner, const struct policy_history_source *source,
                const struct policy_report_query *query, struct report **made, struct strbuf *problem)
{
    struct report_counting counting;
    struct report *report = *made = talloc_zero(owner, struct report);
    if (report == NULL) {
        strbuf_append_text(problem, "out of memory");
        return false;
    }
    if (!find_by(query->by, &report->by, problem) ||
        !history_period_read(query->since == NULL ? "7d" : query->since, query->until, query->now_us,
                             &report->period, problem))
        return false;
    report_counting_init(&counting, report, report);
    bool is_made = count_all(report, source, report, &counting, problem);
    for (int by = 0; by < REPORT_BY_COUNT && is_made; by++) {
        is_made =
            make_table(report, &counting.tallies[by], (enum report_by)by,
                       query->by == NULL && query->top == 0 ? PAGE_ROWS : query->top, &report->tables[by]);
        if (!is_made)
            strbuf_append_text(problem, "out of memory");
    }
    if (is_made && counting.failed) {
        strbuf_append_text(problem, "out of memory");
        is_made = false;
    }
    report_suspects_settle(&report->suspects);
    report_counting_deinit(&counting);
    return is_made;
}

bool policy_report(const struct policy_history_source *source, const struct policy_report_query *query,
                   const struct policy_history_page *page, struct strbuf *out)
{
    struct report *report = NULL;
    void *owner = talloc_new(NULL);
    const bool is_made = owner != NULL && report_run(owner, source, query, &report, out);
    if (is_made && page->form == HISTORY_TEXT)
        report_print_text(report, page, out);
    else if (is_made && page->form == HISTORY_CSV)
        report_print_csv(report, out);
    else if (is_made && page->form == HISTORY_JSON)
        report_print_json(report, out);
    else if (is_made)
        report_print_html(report, page->form == HISTORY_HTML_PART, out);
    talloc_free(owner);
    return is_made && !out->failed;
}
