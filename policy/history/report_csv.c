/* The report for a spreadsheet (RFC 4180): a line a row, the period before behind the period. */
#include "history/report_words.h"
#include "record/record_writer.h"

/* What a spreadsheet would take for a formula is kept from being one. */
static void write_text(struct strbuf *out, struct slice text)
{
    strbuf_append_byte(out, '"');
    if (text.length > 0 && strchr("=+-@\t\r", text.data[0]) != NULL && text.data[0] != '\0')
        strbuf_append_byte(out, '\'');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            strbuf_append_byte(out, '"');
        strbuf_append_byte(out, text.data[i]);
    }
    strbuf_append_byte(out, '"');
}

static void write_counts(struct strbuf *out, const struct record_counts *counts)
{
    for (size_t i = 0; i < report_column_count; i++) {
        strbuf_append_byte(out, ',');
        strbuf_append_u64(out, report_value(&report_columns[i], counts));
    }
}

static void write_row(struct strbuf *out, const char *by, struct slice name,
                      const struct record_counts *counts)
{
    strbuf_append_text(out, by);
    strbuf_append_byte(out, ',');
    write_text(out, name);
    write_counts(out, &counts[PERIOD_NOW]);
    write_counts(out, &counts[PERIOD_BEFORE]);
}

static void end_row(struct strbuf *out)
{
    strbuf_append_text(out, ",,,,,\r\n"); /* what only suspects have */
}

static void write_table(struct strbuf *out, const struct report_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct report_row *row = &table->rows[i];
        write_row(out, report_by_name(table->by), row->name, row->counts);
        if (table->by <= REPORT_BY_CUSTOMER)
            strbuf_printf(out, ",%u", row->network_count);
        else
            strbuf_append_byte(out, ',');
        end_row(out);
    }
}

static void write_suspect(struct strbuf *out, const struct report_suspect *suspect)
{
    const struct account_event *highest = &suspect->highest;
    char time[RECORD_TIME_BYTES];
    struct strbuf text;
    strbuf_init(&text, 0);
    record_time_write(highest->time_us, time);
    strbuf_append_text(out, "suspect,");
    write_text(out, slice_of(highest->user));
    for (size_t i = 0; i < 2 * report_column_count + 1; i++)
        strbuf_append_byte(out, ',');
    strbuf_printf(out, ",%s,%llu,%s,", highest->step, (unsigned long long)highest->points, time);
    account_event_families(highest, &text);
    write_text(out, strbuf_slice(&text));
    strbuf_append_byte(out, ',');
    strbuf_reset(&text);
    report_suspect_done(suspect, &text);
    write_text(out, strbuf_slice(&text));
    strbuf_append_text(out, "\r\n");
    strbuf_deinit(&text);
}

void report_print_csv(const struct report *report, struct strbuf *out)
{
    strbuf_append_text(out, "by,name");
    for (size_t i = 0; i < report_column_count; i++)
        strbuf_printf(out, ",%s", report_columns[i].key);
    for (size_t i = 0; i < report_column_count; i++)
        strbuf_printf(out, ",before_%s", report_columns[i].key);
    strbuf_append_text(out, ",networks,step,points,time,families,done\r\n");
    if (report->by == REPORT_BY_COUNT) {
        write_row(out, "total", slice_of(""), report->totals);
        strbuf_append_byte(out, ',');
        end_row(out);
        for (int role = 0; role < ROLE_COUNT; role++) {
            write_row(out, "role", slice_of(role_name((enum role)role)), report->roles[role]);
            strbuf_append_byte(out, ',');
            end_row(out);
        }
        for (size_t i = 0; i < report->suspects.count; i++)
            write_suspect(out, &report->suspects.items[i]);
    }
    for (int by = 0; by < REPORT_BY_COUNT; by++)
        if (report->by == REPORT_BY_COUNT || report->by == (enum report_by)by)
            write_table(out, &report->tables[by]);
}
