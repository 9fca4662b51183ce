/* Counting a closed file by its roll-up (record/rollup.h): what its lines would add up to. */
#include "history/report_count.h"

#include "record/rollup.h"

#include <stdlib.h>
#include <talloc.h>

struct adding {
    struct report_counting *counting;
    const struct rollup *rollup;
    unsigned period;
    void *owner;
};

static struct tally_counts counts_of(const struct rollup_counts *counts)
{
    return (struct tally_counts){
        .messages = counts->messages,
        .accepted = counts->accepted,
        .held = counts->held,
        .deferred = counts->deferred,
        .refused = counts->refused,
        .aborted = counts->aborted,
        .would = counts->would,
        .recipients = counts->recipients,
        .recipients_refused = counts->recipients_refused,
        .bytes = counts->bytes,
    };
}

/* ---- whether it can be used ------------------------------------------------------------------------- */

static bool is_within(const struct rollup *rollup, int64_t from_us, int64_t to_us)
{
    return rollup->first_us >= from_us && rollup->last_us < to_us;
}

/* Suspended lists are told by the lines themselves. */
static bool is_of_use(const struct report *report, const struct rollup *rollup, unsigned *period)
{
    *period =
        is_within(rollup, report->period.since_us, report->period.until_us) ? PERIOD_NOW : PERIOD_BEFORE;
    return rollup->first_us != 0 && rollup->kind_counts[RECORD_LINE_LIST] == 0 &&
           (*period == PERIOD_NOW || is_within(rollup, report->period.before_us, report->period.since_us));
}

/* ---- sections --------------------------------------------------------------------------------------- */

/* "N ROLE": the totals are the sum of these. */
static void add_quarter(struct adding *adding, const struct rollup_row *row)
{
    struct report *report = adding->counting->report;
    const struct tally_counts counts = counts_of(&row->counts);
    const size_t blank = slice_find(row->name, ' ');
    const struct slice role_text =
        slice_part(row->name, blank + (blank < row->name.length), row->name.length);
    int64_t quarter = 0;
    enum role role = ROLE_OUTSIDE;
    for (size_t i = 0; i < blank; i++)
        quarter = quarter * 10 + (row->name.data[i] - '0');
    for (int i = 0; i < ROLE_COUNT; i++)
        if (slice_equal(role_text, slice_of(role_name((enum role)i))))
            role = (enum role)i;
    tally_counts_add(&report->totals[adding->period], &counts);
    tally_counts_add(&report->roles[role][adding->period], &counts);
    if (adding->period == PERIOD_NOW)
        report_count_quarter(adding->counting, quarter * INT64_C(900000000), &counts);
}

static void add_list(struct adding *adding, const struct rollup_row *row)
{
    struct report_list *list =
        adding->period == PERIOD_NOW ? report_find_list(adding->counting, row->name) : NULL;
    if (list == NULL)
        return;
    list->asked += row->counts.messages;
    list->listed += row->counts.refused;
    list->unanswered += row->counts.deferred;
}

static void add_name(struct adding *adding, enum report_by by, const struct rollup_row *row)
{
    struct tally *tally = &adding->counting->tallies[by];
    struct tally_entry *entry = tally_find(tally, row->name);
    const struct tally_counts counts = counts_of(&row->counts);
    if (entry == NULL)
        return;
    tally_counts_add(&entry->counts[adding->period], &counts);
    for (unsigned i = 0; i < row->network_count && adding->period == PERIOD_NOW; i++)
        tally_add_network(tally, entry, row->networks[i]);
    entry->has_more_networks =
        entry->has_more_networks || (adding->period == PERIOD_NOW && row->has_more_networks);
}

static const struct {
    enum rollup_by section;
    enum report_by by; /* REPORT_BY_COUNT: none of the names */
} sections[] = {
    {ROLLUP_QUARTER, REPORT_BY_COUNT},     {ROLLUP_LIST, REPORT_BY_COUNT},
    {ROLLUP_USER, REPORT_BY_USER},         {ROLLUP_DOMAIN, REPORT_BY_DOMAIN},
    {ROLLUP_CUSTOMER, REPORT_BY_CUSTOMER}, {ROLLUP_CLIENT, REPORT_BY_CLIENT},
    {ROLLUP_CHECK, REPORT_BY_CHECK},
};
enum { SECTION_COUNT = sizeof sections / sizeof sections[0] };

/* All sections are read before any is counted: a damaged one must not leave half of a file. */
static bool read_sections(struct adding *adding, struct rollup_rows rows[SECTION_COUNT])
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const enum report_by by = sections[i].by;
        rows[i] = (struct rollup_rows){0};
        if (by < REPORT_BY_COUNT && !adding->counting->is_wanted[by])
            continue;
        if (!rollup_read_section(adding->owner, adding->rollup, sections[i].section, &rows[i]))
            return false;
    }
    return true;
}

static void add_sections(struct adding *adding, struct rollup_rows rows[SECTION_COUNT])
{
    struct rollup_row row;
    for (size_t i = 0; i < SECTION_COUNT; i++)
        while (rollup_next(&rows[i], &row)) {
            if (sections[i].section == ROLLUP_QUARTER)
                add_quarter(adding, &row);
            else if (sections[i].section == ROLLUP_LIST)
                add_list(adding, &row);
            else
                add_name(adding, sections[i].by, &row);
        }
}

static void add_events(const struct adding *adding)
{
    struct report *report = adding->counting->report;
    for (enum record_line line = 0; line < RECORD_LINE_COUNT && adding->period == PERIOD_NOW; line++)
        report->events[line] += line == RECORD_LINE_MESSAGE ? 0 : adding->rollup->kind_counts[line];
    report->lost_count += adding->period == PERIOD_NOW ? adding->rollup->lost_count : 0;
    report_note_host(report, adding->rollup->host);
}

bool report_count_whole(void *context, const char *path, const struct seekable_table *table)
{
    struct report_counting *counting = context;
    struct rollup rollup;
    struct rollup_rows rows[SECTION_COUNT];
    struct adding adding = {.counting = counting, .rollup = &rollup, .owner = talloc_new(counting->owner)};
    bool is_done = false;
    if (adding.owner != NULL && rollup_open(adding.owner, path, table, &rollup)) {
        is_done = is_of_use(counting->report, &rollup, &adding.period) && read_sections(&adding, rows);
        if (is_done) {
            add_sections(&adding, rows);
            add_events(&adding);
        }
        rollup_close(&rollup);
    }
    talloc_free(adding.owner);
    return is_done;
}
