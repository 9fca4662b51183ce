/* Counting records for the report: private to report.c. */
#ifndef CLOSEDRELAY_HISTORY_REPORT_COUNT_H
#define CLOSEDRELAY_HISTORY_REPORT_COUNT_H

#include "history/report.h"

struct report_counting {
    struct report *report;
    struct tally tallies[REPORT_BY_COUNT];
    bool is_wanted[REPORT_BY_COUNT];
    bool failed;             /* memory ran out: a suspect is missing */
    struct record_sums sums; /* of the present message */
    void *owner;
    /* of the quarter of an hour that the last record was in */
    int64_t quarter;
    unsigned hour_of_day;
    char day_name[16], hour_name[40];
};

void report_counting_init(struct report_counting *counting, struct report *report, void *owner);
void report_counting_deinit(struct report_counting *counting);

/* A history_taker; `context` is a struct report_counting. */
bool report_count(void *context, struct record *record, int64_t time_us);

/* The same from the roll-up of a closed file, where it has one and all of it is in one of the periods: a
 * history_input.take_whole. */
bool report_count_whole(void *context, const char *path, const struct seekable_table *table);

/* Private to the two that count. */
void report_count_quarter(struct report_counting *counting, int64_t time_us,
                          const struct record_counts *counts);
struct report_list *report_find_list(struct report_counting *counting, struct slice zone);
void report_count_account(struct report_counting *counting, struct record *record, int64_t time_us);
void report_note_host(struct report *report, struct slice host);

#endif
