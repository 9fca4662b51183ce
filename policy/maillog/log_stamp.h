/*
 * When a line of syslog was written: "2026-11-30T14:13:02.5+01:00" (RFC 3339) or "Nov 30 14:13:02" (RFC
 * 3164, 4.1.2: local time, without a year).
 *
 * The years of a file without any follow from its end: its last line is no younger than the file, and lines
 * stand in the order of time, so that the month that falls back begins another year. Pure functions.
 */
#ifndef CLOSEDRELAY_MAILLOG_LOG_STAMP_H
#define CLOSEDRELAY_MAILLOG_LOG_STAMP_H

#include "base/slice.h"

#include <stdint.h>

struct log_stamp {
    size_t length;   /* of its text; what follows is " HOST PROGRAM[PID]: …" */
    bool has_year;   /* then time_us counts, else the rest */
    int64_t time_us; /* since 1970 */
    int month, day;  /* from 0, from 1 */
    int second;      /* of the day */
};

/* False: the line does not begin with any. */
bool log_stamp_read(struct slice line, struct log_stamp *stamp);

/* Which year lines belong to; all zeros to begin with. */
struct log_years {
    int first;    /* of the file's first line */
    int passed;   /* New Year's Days since */
    int last_day; /* 31 * month + day - 1 of the last line */
    bool has_line;
};

/* The next line of the file; of stamps that have a year nothing is noted. Lines that are a little late around
 * New Year belong to the old one. */
void log_years_pass(struct log_years *years, const struct log_stamp *stamp);

/* All lines have passed, `last` was the last of them: `first` follows from when the file was last written to.
 * Then lines may pass once more. */
void log_years_settle(struct log_years *years, const struct log_stamp *last, int64_t written_us);

/* The time of the line that has just passed. False: there is no such day in that year, so the file's own date
 * is not the log's. */
bool log_years_time(const struct log_years *years, const struct log_stamp *stamp, int64_t *time_us);

#endif
