#include "maillog/log_stamp.h"

#include "record/record_reader.h"

#include <time.h>

enum { MOST_OF_A_YEAR = 31 * 12 - 14, HALF_A_YEAR = 31 * 6, TRADITIONAL_BYTES = 15, YEAR_FROM = 1900 };
static const int64_t DAY_US = 86400LL * 1000000;

static int month_of(struct slice name)
{
    static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int i = 0; i < 12; i++)
        if (slice_equal(name, slice_of(names[i])))
            return i;
    return -1;
}

/* Two digits, the first of which may be a blank; -1: they are none. */
static int two_digits(const char *at)
{
    if ((at[0] != ' ' && !ascii_is_digit(at[0])) || !ascii_is_digit(at[1]))
        return -1;
    return (at[0] == ' ' ? 0 : 10 * (at[0] - '0')) + at[1] - '0';
}

static bool read_traditional(struct slice line, struct log_stamp *stamp)
{
    if (line.length < TRADITIONAL_BYTES || line.data[3] != ' ' || line.data[6] != ' ' ||
        line.data[9] != ':' || line.data[12] != ':')
        return false;
    const int hour = two_digits(line.data + 7), minute = two_digits(line.data + 10),
              second = two_digits(line.data + 13);
    stamp->month = month_of(slice_part(line, 0, 3));
    stamp->day = two_digits(line.data + 4);
    stamp->second = 3600 * hour + 60 * minute + second;
    stamp->length = TRADITIONAL_BYTES;
    return stamp->month >= 0 && stamp->day >= 1 && stamp->day <= 31 && hour >= 0 && hour < 24 &&
           minute >= 0 && minute < 60 && second >= 0 && second <= 60;
}

bool log_stamp_read(struct slice line, struct log_stamp *stamp)
{
    *stamp = (struct log_stamp){0};
    if (line.length == 0 || !ascii_is_digit(line.data[0]))
        return read_traditional(line, stamp);
    stamp->length = slice_find(line, ' ');
    stamp->has_year = true;
    return record_parse_time(slice_part(line, 0, stamp->length), &stamp->time_us);
}

/* ---- years ------------------------------------------------------------------------------------------ */

void log_years_pass(struct log_years *years, const struct log_stamp *stamp)
{
    const int day = 31 * stamp->month + stamp->day - 1;
    if (stamp->has_year)
        return;
    if (years->has_line && day < years->last_day - HALF_A_YEAR)
        years->passed++;
    if (years->has_line && day > years->last_day + MOST_OF_A_YEAR && years->passed > 0)
        years->passed--;
    years->has_line = true;
    years->last_day = day;
}

/* False: there is no such day. */
static bool time_in(int year, const struct log_stamp *stamp, int64_t *time_us)
{
    struct tm local = {.tm_year = year - YEAR_FROM,
                       .tm_mon = stamp->month,
                       .tm_mday = stamp->day,
                       .tm_hour = stamp->second / 3600,
                       .tm_min = stamp->second / 60 % 60,
                       .tm_sec = stamp->second % 60,
                       .tm_isdst = -1};
    *time_us = (int64_t)mktime(&local) * 1000000;
    return local.tm_mon == stamp->month && local.tm_mday == stamp->day;
}

void log_years_settle(struct log_years *years, const struct log_stamp *last, int64_t written_us)
{
    const time_t seconds = (time_t)(written_us / 1000000);
    struct tm written;
    int64_t time_us;
    const int passed = years->passed;
    localtime_r(&seconds, &written);
    int year = written.tm_year + YEAR_FROM + 1;
    while (time_in(year, last, &time_us), time_us > written_us + DAY_US)
        year--;
    *years = (struct log_years){.first = year - passed};
}

bool log_years_time(const struct log_years *years, const struct log_stamp *stamp, int64_t *time_us)
{
    *time_us = stamp->time_us;
    return stamp->has_year || time_in(years->first + years->passed, stamp, time_us);
}
