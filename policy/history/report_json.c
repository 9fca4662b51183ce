/* The report for programs: one object, every number of the model. */
#include "history/report_words.h"

#include "base/json_writer.h"

#include <time.h>

static void write_time(struct json_writer *json, const char *key, int64_t time_us)
{
    char text[40];
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_text(json, key, text);
}

static void write_counts(struct json_writer *json, const char *key, const struct record_counts *counts)
{
    json_open_object(json, key);
    for (size_t i = 0; i < report_column_count; i++)
        json_u64(json, report_columns[i].key, report_value(&report_columns[i], counts));
    json_close_object(json);
}

static void write_periods(struct json_writer *json, const struct record_counts *counts)
{
    write_counts(json, "now", &counts[PERIOD_NOW]);
    write_counts(json, "before", &counts[PERIOD_BEFORE]);
}

static void write_table(struct json_writer *json, const struct report_table *table)
{
    json_open_object(json, NULL);
    json_text(json, "by", report_by_name(table->by));
    json_open_array(json, "rows");
    for (size_t i = 0; i < table->count; i++) {
        const struct report_row *row = &table->rows[i];
        json_open_object(json, NULL);
        json_string(json, "name", row->name);
        write_periods(json, row->counts);
        if (table->by <= REPORT_BY_CUSTOMER) {
            json_u64(json, "networks", row->network_count);
            json_bool(json, "has_more_networks", row->has_more_networks);
        }
        json_close_object(json);
    }
    json_close_array(json);
    json_u64(json, "hidden", table->hidden_count);
    json_u64(json, "missing_messages_max", table->missing_messages_max);
    json_close_object(json);
}

static void write_lists(struct json_writer *json, const struct report *report)
{
    json_open_array(json, "lists");
    for (size_t i = 0; i < report->list_count; i++) {
        const struct report_list *list = &report->lists[i];
        json_open_object(json, NULL);
        json_string(json, "zone", list->zone);
        json_u64(json, "asked", list->asked);
        json_u64(json, "listed", list->listed);
        json_u64(json, "unanswered", list->unanswered);
        json_u64(json, "suspensions", list->suspensions);
        json_bool(json, "suspended", list->is_suspended);
        json_close_object(json);
    }
    json_close_array(json);
}

static void write_suspect(struct json_writer *json, const struct report_suspect *suspect)
{
    const struct account_event *highest = &suspect->highest;
    struct strbuf text;
    strbuf_init(&text, 0);
    report_suspect_done(suspect, &text);
    json_open_object(json, NULL);
    json_text(json, "user", highest->user);
    json_text(json, "step", highest->step);
    json_u64(json, "points", highest->points);
    write_time(json, "time", highest->time_us);
    json_u64(json, "steps", suspect->step_count);
    json_open_array(json, "evidence");
    for (size_t i = 0; i < highest->reason_count; i++) {
        json_open_object(json, NULL);
        json_text(json, "family", highest->reasons[i].family);
        json_u64(json, "points", highest->reasons[i].points);
        json_text(json, "words", highest->reasons[i].words);
        json_close_object(json);
    }
    json_close_array(json);
    json_text(json, "done", text.length == 0 ? NULL : strbuf_text(&text));
    json_close_object(json);
    strbuf_deinit(&text);
}

static void write_suspects(struct json_writer *json, const struct report *report)
{
    json_open_array(json, "suspects");
    for (size_t i = 0; i < report->suspects.count; i++)
        write_suspect(json, &report->suspects.items[i]);
    json_close_array(json);
}

static void write_events(struct json_writer *json, const struct report *report)
{
    json_open_object(json, "events");
    for (enum record_line line = 0; line < RECORD_LINE_COUNT; line++)
        if (report->events[line] > 0)
            json_u64(json, record_line_name(line), report->events[line]);
    json_close_object(json);
    json_u64(json, "records_lost", report->lost_count);
}

void report_print_json(const struct report *report, struct strbuf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    write_time(&json, "since", report->period.since_us);
    write_time(&json, "until", report->period.until_us);
    write_time(&json, "before", report->period.before_us);
    json_open_object(&json, "total");
    write_periods(&json, report->totals);
    json_close_object(&json);
    json_open_object(&json, "roles");
    for (int role = 0; role < ROLE_COUNT; role++) {
        json_open_object(&json, role_name((enum role)role));
        write_periods(&json, report->roles[role]);
        json_close_object(&json);
    }
    json_close_object(&json);
    json_open_array(&json, "tables");
    for (int by = 0; by < REPORT_BY_COUNT; by++)
        if (report->by == (enum report_by)by ||
            (report->by == REPORT_BY_COUNT && report->tables[by].count > 0))
            write_table(&json, &report->tables[by]);
    json_close_array(&json);
    write_lists(&json, report);
    write_suspects(&json, report);
    write_events(&json, report);
    json_close_object(&json);
    strbuf_append_byte(out, '\n');
}
