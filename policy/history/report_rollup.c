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
    record_counts_add(&report->totals[adding->period], &row->counts);
    record_counts_add(&report->roles[role][adding->period], &row->counts);
    if (adding->period == PERIOD_NOW)
        report_count_quarter(adding->counting, quarter * INT64_C(900000000), &row->counts);
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

static void add_account(struct adding *adding, const struct rollup_row *row)
{
    struct record record;
    int64_t time_us;
    if (adding->period == PERIOD_NOW && record_read(row->name, &record) &&
        record_time(&record, RECORD_TIME, &time_us))
        report_count_account(adding->counting, &record, time_us);
}

/* Rows that are read before the first of them is counted, so that their memory is on its way. */
enum { BATCH_ROWS = 16 };

struct batch {
    struct rollup_row rows[BATCH_ROWS];
    uint64_t hashes[BATCH_ROWS];
    size_t count;
};

static void add_name(const struct adding *adding, struct tally *tally, const struct rollup_row *row,
                     uint64_t hash)
{
    struct tally_entry *entry = tally_find_hashed(tally, row->name, hash);
    if (entry == NULL)
        return;
    tally_add(entry, adding->period, &row->counts);
    if (adding->period != PERIOD_NOW)
        return;
    for (unsigned i = 0; i < row->network_count; i++)
        tally_add_network(tally, entry, row->networks[i]);
    entry->has_more_networks = entry->has_more_networks || row->has_more_networks;
}

static void add_batch(const struct adding *adding, struct tally *tally, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        tally_expect_entry(tally, batch->hashes[i]);
    for (size_t i = 0; i < batch->count; i++)
        add_name(adding, tally, &batch->rows[i], batch->hashes[i]);
}

static void add_names(struct adding *adding, enum report_by by, struct rollup_rows *rows, uint64_t missing)
{
    struct tally *tally = &adding->counting->tallies[by];
    struct batch batch = {.count = 0};
    while (rollup_next(rows, &batch.rows[batch.count])) {
        const uint64_t hash = tally_hash(tally, batch.rows[batch.count].name);
        tally_expect(tally, hash);
        batch.hashes[batch.count++] = hash;
        if (batch.count == BATCH_ROWS) {
            add_batch(adding, tally, &batch);
            batch.count = 0;
        }
    }
    add_batch(adding, tally, &batch);
    tally->missing_messages_max += missing;
}

static const struct {
    enum rollup_by section;
    enum report_by by; /* REPORT_BY_COUNT: none of the names */
} sections[] = {
    {ROLLUP_QUARTER, REPORT_BY_COUNT},     {ROLLUP_LIST, REPORT_BY_COUNT},
    {ROLLUP_USER, REPORT_BY_USER},         {ROLLUP_DOMAIN, REPORT_BY_DOMAIN},
    {ROLLUP_CUSTOMER, REPORT_BY_CUSTOMER}, {ROLLUP_CLIENT, REPORT_BY_CLIENT},
    {ROLLUP_CHECK, REPORT_BY_CHECK},       {ROLLUP_ACCOUNT, REPORT_BY_COUNT},
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
    static void (*const add[ROLLUP_BY_COUNT])(struct adding * adding, const struct rollup_row *row) = {
        [ROLLUP_QUARTER] = add_quarter, [ROLLUP_LIST] = add_list, [ROLLUP_ACCOUNT] = add_account};
    struct rollup_row row;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const enum rollup_by by = sections[i].section;
        if (add[by] == NULL)
            add_names(adding, sections[i].by, &rows[i],
                      rows[i].rest.length == 0 ? 0 : adding->rollup->sections[by].missing_messages_max);
        else
            while (rollup_next(&rows[i], &row))
                add[by](adding, &row);
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
