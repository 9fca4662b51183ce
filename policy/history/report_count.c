#include "history/report_count.h"

#include <talloc.h>
#include <time.h>

void report_counting_init(struct report_counting *counting, struct report *report, void *owner)
{
    *counting = (struct report_counting){.report = report, .owner = owner, .quarter = INT64_MIN};
    for (int by = 0; by < REPORT_BY_COUNT; by++) {
        tally_init(&counting->tallies[by], owner);
        counting->is_wanted[by] =
            report->by == REPORT_BY_COUNT ? by != REPORT_BY_HOUR : report->by == (enum report_by)by;
    }
    record_sums_init(&counting->sums);
}

void report_counting_deinit(struct report_counting *counting)
{
    record_sums_deinit(&counting->sums);
}

/* ---- names ------------------------------------------------------------------------------------------ */

struct name_to_count {
    enum report_by by;
    struct slice name;
    uint64_t hash;
};

/* Most of the time goes into waiting for memory: so all places are asked for before the first is used. */
static void count_names(struct report_counting *counting, const struct record_sums *sums, unsigned period)
{
    const struct name_to_count all[] = {{REPORT_BY_USER, sums->user, 0},
                                        {REPORT_BY_DOMAIN, sums->domain, 0},
                                        {REPORT_BY_CUSTOMER, sums->customer, 0},
                                        {REPORT_BY_CLIENT, sums->client, 0}};
    struct name_to_count wanted[sizeof all / sizeof *all];
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (counting->is_wanted[all[i].by] && all[i].name.length > 0) {
            wanted[count] = all[i];
            wanted[count].hash = tally_hash(&counting->tallies[all[i].by], all[i].name);
            count++;
        }
    for (size_t i = 0; i < count; i++)
        tally_expect(&counting->tallies[wanted[i].by], wanted[i].hash);
    for (size_t i = 0; i < count; i++)
        tally_expect_entry(&counting->tallies[wanted[i].by], wanted[i].hash);
    for (size_t i = 0; i < count; i++) {
        struct tally *tally = &counting->tallies[wanted[i].by];
        struct tally_entry *entry = tally_find_hashed(tally, wanted[i].name, wanted[i].hash);
        if (entry == NULL)
            continue;
        tally_add(entry, period, &sums->counts);
        if (sums->network != 0 && period == PERIOD_NOW && wanted[i].by <= REPORT_BY_CUSTOMER)
            tally_add_network(tally, entry, sums->network);
    }
}

/* ---- checks ----------------------------------------------------------------------------------------- */

struct checks_to_count {
    struct tally *tally;
    unsigned period;
};

static void count_check(void *context, struct slice name, const struct record_counts *counts)
{
    const struct checks_to_count *checks = context;
    struct tally_entry *entry = tally_find(checks->tally, name);
    if (entry != NULL)
        tally_add(entry, checks->period, counts);
}

/* ---- lists ------------------------------------------------------------------------------------------ */

struct report_list *report_find_list(struct report_counting *counting, struct slice zone)
{
    struct report *report = counting->report;
    for (size_t i = 0; i < report->list_count; i++)
        if (slice_equal(report->lists[i].zone, zone))
            return &report->lists[i];
    char *copy = report->list_count == REPORT_LISTS_MAX
                     ? NULL
                     : talloc_strndup(counting->owner, zone.data == NULL ? "" : zone.data, zone.length);
    if (copy == NULL)
        return NULL;
    struct report_list *list = &report->lists[report->list_count++];
    *list = (struct report_list){.zone = slice_of(copy)};
    return list;
}

static void count_list(void *context, struct slice zone, const struct record_counts *counts)
{
    struct report_list *list = report_find_list(context, zone);
    if (list == NULL)
        return;
    list->asked += counts->messages;
    list->listed += counts->refused;
    list->unanswered += counts->deferred;
}

/* ---- records ---------------------------------------------------------------------------------------- */

/* Local time, worked out anew when the quarter of an hour is another: no zone is set by less. */
static void name_hours(struct report_counting *counting, int64_t time_us)
{
    const int64_t quarter = time_us / INT64_C(900000000);
    if (quarter == counting->quarter)
        return;
    const time_t seconds = (time_t)(quarter * 900);
    struct tm local;
    localtime_r(&seconds, &local);
    counting->quarter = quarter;
    counting->hour_of_day = (unsigned)local.tm_hour;
    strftime(counting->day_name, sizeof counting->day_name, "%Y-%m-%d", &local);
    strftime(counting->hour_name, sizeof counting->hour_name, "%Y-%m-%d %H:00 %Z", &local);
}

void report_count_quarter(struct report_counting *counting, int64_t time_us,
                          const struct record_counts *counts)
{
    static const enum report_by series[] = {REPORT_BY_DAY, REPORT_BY_HOUR};
    name_hours(counting, time_us);
    record_counts_add(&counting->report->hours_of_day[counting->hour_of_day], counts);
    for (size_t i = 0; i < 2; i++) {
        const char *name = series[i] == REPORT_BY_DAY ? counting->day_name : counting->hour_name;
        struct tally_entry *entry =
            counting->is_wanted[series[i]] ? tally_find(&counting->tallies[series[i]], slice_of(name)) : NULL;
        if (entry != NULL)
            tally_add(entry, PERIOD_NOW, counts);
    }
}

static void count_message(struct report_counting *counting, struct record *record, unsigned period,
                          int64_t time_us)
{
    struct record_sums *sums = &counting->sums;
    struct report *report = counting->report;
    record_sums_read(record, sums);
    record_counts_add(&report->totals[period], &sums->counts);
    record_counts_add(&report->roles[sums->role][period], &sums->counts);
    count_names(counting, sums, period);
    if (period == PERIOD_NOW)
        report_count_quarter(counting, time_us, &sums->counts);
    if (counting->is_wanted[REPORT_BY_CHECK])
        record_sums_visit_checks(record, sums, count_check,
                                 &(struct checks_to_count){&counting->tallies[REPORT_BY_CHECK], period});
    if (period == PERIOD_NOW && record_has(record, RECORD_LISTS))
        record_sums_visit_lists(record, count_list, counting);
}

void report_count_account(struct report_counting *counting, struct record *record, int64_t time_us)
{
    if (!report_suspects_take(counting->owner, &counting->report->suspects, record, time_us))
        counting->failed = true;
}

static void count_event(struct report_counting *counting, struct record *record, enum record_line line,
                        int64_t time_us)
{
    counting->report->events[line]++;
    if (line == RECORD_LINE_WARN || line == RECORD_LINE_LOCK || line == RECORD_LINE_UNLOCK)
        report_count_account(counting, record, time_us);
    if (line == RECORD_LINE_LOST)
        counting->report->lost_count += record_u64(record, RECORD_COUNT);
    struct report_list *list =
        line == RECORD_LINE_LIST ? report_find_list(counting, record->values[RECORD_ZONE].text) : NULL;
    if (list == NULL)
        return;
    list->is_suspended = record_is(record, RECORD_STATE, "suspended");
    list->suspensions += list->is_suspended;
}

void report_note_host(struct report *report, struct slice host)
{
    if (host.length == 0 || slice_equal(host, slice_of(report->host)) || host.length >= sizeof report->host)
        return;
    report->host_count++;
    memcpy(report->host, host.data, host.length);
    report->host[host.length] = '\0';
}

bool report_count(void *context, struct record *record, int64_t time_us)
{
    struct report_counting *counting = context;
    const unsigned period = time_us >= counting->report->period.since_us ? PERIOD_NOW : PERIOD_BEFORE;
    const enum record_line line = record_line_of(record);
    report_note_host(counting->report, record->values[RECORD_HOST].text);
    if (line == RECORD_LINE_MESSAGE)
        count_message(counting, record, period, time_us);
    else if (line < RECORD_LINE_COUNT && period == PERIOD_NOW)
        count_event(counting, record, line, time_us);
    return true;
}
