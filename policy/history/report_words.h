/* What the forms of the report have in common: its columns, and how numbers are written. */
#ifndef CLOSEDRELAY_HISTORY_REPORT_WORDS_H
#define CLOSEDRELAY_HISTORY_REPORT_WORDS_H

#include "history/report.h"

struct report_column {
    const char *key;     /* in CSV and JSON */
    const char *heading; /* of a table, short */
    const char *label;   /* of a line, in full */
    size_t offset;       /* of a uint64_t in record_counts */
    bool is_bytes;
    unsigned rank; /* the lowest stay where a table has no room for all */
};

/* In the order they are shown. */
extern const struct report_column report_columns[];
extern const size_t report_column_count;

static inline uint64_t report_value(const struct report_column *column, const struct record_counts *counts)
{
    uint64_t value;
    memcpy(&value, (const char *)counts + column->offset, sizeof value);
    return value;
}

/* "Users", "Customers", … and what its names are: "user". */
const char *report_table_title(const struct report_table *table);
const char *report_table_heading(const struct report_table *table);

/* "1,234,567" */
void report_write_count(struct strbuf *out, uint64_t count);
/* "1.2 GB", units of 1000 */
void report_write_bytes(struct strbuf *out, uint64_t bytes);
/* As the column says. */
void report_write_value(struct strbuf *out, const struct report_column *column,
                        const struct record_counts *counts);
/* "+12%", "x3", "new", "gone"; "" where nothing was or is. */
void report_write_change(struct strbuf *out, uint64_t now, uint64_t before);
/* "5", "64+" */
void report_write_networks(struct strbuf *out, const struct report_row *row);
/* "23 Nov 2026 07:00" in local time; without the hour at midnight. */
void report_write_moment(struct strbuf *out, int64_t time_us);
/* "1 Nov 2026 to 1 Dec 2026 (30 days, UTC)" */
void report_write_period(struct strbuf *out, int64_t from_us, int64_t to_us);

/* Sentences below a table: what is not shown, and what may be missing. "" where there is nothing to say. */
void report_write_remarks(struct strbuf *out, const struct report_table *table);

/* A kind of event, in words: "the policy was loaded"; NULL: not worth a line. */
const char *report_event_words(enum record_line line);

#endif
