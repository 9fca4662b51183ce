#include "history/report_words.h"

#include <stdio.h>
#include <time.h>

#define COUNT(member) offsetof(struct record_counts, member)

const struct report_column report_columns[] = {
    {"messages", "messages", "Messages", COUNT(messages), false, 0},
    {"accepted", "accepted", "accepted", COUNT(accepted), false, 7},
    {"recipients", "recipients", "Recipients reached", COUNT(recipients), false, 2},
    {"bytes", "size", "Size of what was accepted", COUNT(bytes), true, 3},
    {"refused", "refused", "refused", COUNT(refused), false, 1},
    {"deferred", "deferred", "deferred", COUNT(deferred), false, 6},
    {"held", "held", "held", COUNT(held), false, 8},
    {"aborted", "given up", "given up by the client", COUNT(aborted), false, 10},
    {"would", "monitored", "Would be refused, deferred or held (monitor mode)", COUNT(would), false, 4},
    {"recipients_refused", "rcpt refused", "Recipients refused", COUNT(recipients_refused), false, 9},
};
const size_t report_column_count = sizeof report_columns / sizeof report_columns[0];

static const struct {
    const char *title, *heading;
} tables[REPORT_BY_COUNT] = {
    [REPORT_BY_USER] = {"Who sent most", "user"},
    [REPORT_BY_DOMAIN] = {"Domains", "domain"},
    [REPORT_BY_CUSTOMER] = {"Customers", "customer"},
    [REPORT_BY_CLIENT] = {"Client addresses", "client"},
    [REPORT_BY_CHECK] = {"Why mail was refused, deferred or held", "check and reason"},
    [REPORT_BY_DAY] = {"Day by day", "day"},
    [REPORT_BY_HOUR] = {"Hour by hour", "hour"},
};

const char *report_table_title(const struct report_table *table)
{
    return tables[table->by].title;
}

const char *report_table_heading(const struct report_table *table)
{
    return tables[table->by].heading;
}

void report_write_count(struct strbuf *out, uint64_t count)
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            strbuf_append_byte(out, ',');
        strbuf_append_byte(out, digits[i]);
    }
}

void report_write_bytes(struct strbuf *out, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        unit++;
    }
    strbuf_printf(out, unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

void report_write_value(struct strbuf *out, const struct report_column *column,
                        const struct record_counts *counts)
{
    const uint64_t value = report_value(column, counts);
    if (column->is_bytes)
        report_write_bytes(out, value);
    else
        report_write_count(out, value);
}

void report_write_change(struct strbuf *out, uint64_t now, uint64_t before)
{
    if (before == 0 || now == 0) {
        strbuf_append_text(out, now > 0 ? "new" : before > 0 ? "gone" : "");
        return;
    }
    const double ratio = (double)now / (double)before;
    if (ratio > 0.995 && ratio < 1.005)
        strbuf_append_text(out, "0%");
    else if (ratio >= 3)
        strbuf_printf(out, "x%.0f", ratio);
    else
        strbuf_printf(out, "%+.0f%%", (ratio - 1) * 100);
}

void report_write_networks(struct strbuf *out, const struct report_row *row)
{
    strbuf_printf(out, "%u%s", row->network_count, row->has_more_networks ? "+" : "");
}

void report_write_moment(struct strbuf *out, int64_t time_us)
{
    char text[48];
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    const bool is_midnight = local.tm_hour == 0 && local.tm_min == 0;
    if (is_midnight)
        strftime(text, sizeof text, "%e %b %Y", &local);
    else
        strftime(text, sizeof text, "%e %b %Y %H:%M", &local);
    strbuf_append_text(out, text[0] == ' ' ? text + 1 : text);
}

void report_write_period(struct strbuf *out, int64_t from_us, int64_t to_us)
{
    char zone[16];
    const time_t seconds = (time_t)(from_us / 1000000);
    const int64_t hours = ((to_us - from_us) / 1000000 + 1800) / 3600;
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(zone, sizeof zone, "%Z", &local);
    report_write_moment(out, from_us);
    strbuf_append_text(out, " to ");
    report_write_moment(out, to_us);
    if (hours >= 48)
        strbuf_printf(out, " (%lld days, %s)", (long long)((hours + 12) / 24), zone);
    else
        strbuf_printf(out, " (%lld hour%s, %s)", (long long)hours, hours == 1 ? "" : "s", zone);
}

void report_write_remarks(struct strbuf *out, const struct report_table *table)
{
    if (table->hidden_count > 0) {
        report_write_count(out, table->hidden_count);
        strbuf_printf(out, " more %s not shown (--by %s --top 0 shows all).",
                      table->hidden_count == 1 ? "is" : "are", report_by_name(table->by));
    }
    if (table->missing_messages_max > 0) {
        strbuf_printf(out, "%sThere were too many to count each: a row may lack up to ",
                      table->hidden_count > 0 ? " " : "");
        report_write_count(out, table->missing_messages_max);
        strbuf_append_text(out, " messages.");
    }
}

const char *report_event_words(enum record_line line)
{
    static const char *const words[RECORD_LINE_COUNT] = {
        [RECORD_LINE_START] = "the daemon was started",
        [RECORD_LINE_STOP] = "the daemon was stopped",
        [RECORD_LINE_POLICY] = "a new policy came into force",
        [RECORD_LINE_RELOAD_REFUSED] = "a broken configuration was not taken",
        [RECORD_LINE_GRANT] = "relaying was granted or taken back",
        [RECORD_LINE_BLOCK] = "somebody was blocked",
        [RECORD_LINE_UNBLOCK] = "a block was lifted",
        [RECORD_LINE_LOCK] = "an account was locked",
        [RECORD_LINE_UNLOCK] = "an account was unlocked",
        [RECORD_LINE_WARN] = "somebody came near a limit, or looks stolen",
        [RECORD_LINE_LOST] = "records could not be written",
        [RECORD_LINE_LOOKUP] = "somebody looked into the record",
        [RECORD_LINE_STORE] = "the shared store of limits went away or came back",
    };
    return words[line];
}
