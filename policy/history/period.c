#include "history/period.h"

#include "record/record_reader.h"

#include <time.h>

enum unit { UNIT_NONE, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR };

/* What a word names: from one time to another, and how to go back by one of it. */
struct span {
    int64_t from_us, to_us; /* to: 0 where it is a moment */
    enum unit unit;
};

static int64_t to_us(struct tm local)
{
    local.tm_isdst = -1;
    return (int64_t)mktime(&local) * 1000000;
}

static struct tm local_of(int64_t time_us)
{
    const time_t seconds = (time_t)(time_us / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    return local;
}

/* The beginning of the `unit` that `day` is in, `steps` further on. */
static int64_t unit_begin(struct tm day, enum unit unit, int steps)
{
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    if (unit == UNIT_DAY)
        day.tm_mday += steps;
    if (unit == UNIT_WEEK)
        day.tm_mday += 7 * steps - (day.tm_wday + 6) % 7;
    if (unit == UNIT_MONTH) {
        day.tm_mday = 1;
        day.tm_mon += steps;
    }
    if (unit == UNIT_YEAR) {
        day.tm_mday = 1;
        day.tm_mon = 0;
        day.tm_year += steps;
    }
    return to_us(day);
}

static struct span unit_span(struct tm day, enum unit unit, int steps)
{
    return (struct span){unit_begin(day, unit, steps), unit_begin(day, unit, steps + 1), unit};
}

static bool read_word(const char *text, int64_t now_us, struct span *span)
{
    static const struct {
        const char *word;
        enum unit unit;
        int steps;
    } words[] = {
        {"today", UNIT_DAY, 0},       {"yesterday", UNIT_DAY, -1},   {"this-week", UNIT_WEEK, 0},
        {"last-week", UNIT_WEEK, -1}, {"this-month", UNIT_MONTH, 0}, {"last-month", UNIT_MONTH, -1},
        {"this-year", UNIT_YEAR, 0},  {"last-year", UNIT_YEAR, -1},
    };
    if (strcmp(text, "now") == 0) {
        *span = (struct span){now_us, 0, UNIT_NONE};
        return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].word) == 0) {
            *span = unit_span(local_of(now_us), words[i].unit, words[i].steps);
            return true;
        }
    return false;
}

/* "7d" */
static bool read_ago(const char *text, int64_t now_us, struct span *span)
{
    static const char letters[] = "smhdw";
    static const int64_t seconds[] = {1, 60, 3600, 86400, 604800};
    int64_t count = 0;
    const char *c = text;
    for (; ascii_is_digit(*c) && count < 1000000; c++)
        count = count * 10 + (*c - '0');
    const char *letter = *c == '\0' || c == text ? NULL : strchr(letters, *c);
    if (letter == NULL || c[1] != '\0')
        return false;
    *span = (struct span){now_us - count * seconds[letter - letters] * 1000000, 0, UNIT_NONE};
    return true;
}

/* A date, or a date and a time. */
static bool read_date(const char *text, struct span *span)
{
    static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S",
                                          "%Y-%m-%dT%H:%M:%S"};
    if (record_parse_time(slice_of(text), &span->from_us)) {
        span->unit = UNIT_NONE;
        return true;
    }
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct tm day = {0};
        const char *end = strptime(text, formats[i], &day);
        if (end == NULL || *end != '\0')
            continue;
        *span = (struct span){to_us(day), 0, UNIT_NONE};
        return true;
    }
    return false;
}

static bool read_span(const char *text, int64_t now_us, struct span *span, struct strbuf *problem)
{
    *span = (struct span){0};
    if (read_word(text, now_us, span) || read_ago(text, now_us, span) || read_date(text, span))
        return true;
    strbuf_printf(
        problem,
        "'%s' is no time: write 2026-11-30, 2026-11-30T08:00, 7d (days ago; h, m and w too), today, "
        "yesterday, last-week, last-month",
        text);
    return false;
}

bool history_period_read(const char *since, const char *until, int64_t now_us, struct history_period *period,
                         struct strbuf *problem)
{
    struct span from, to;
    if (!read_span(since, now_us, &from, problem))
        return false;
    if (until != NULL && !read_span(until, now_us, &to, problem))
        return false;
    const bool is_unit = until == NULL && from.unit != UNIT_NONE && from.to_us <= now_us;
    period->since_us = from.from_us;
    period->until_us = until != NULL ? to.from_us : is_unit ? from.to_us : now_us;
    if (period->until_us <= period->since_us) {
        strbuf_printf(problem, "nothing is between '%s' and '%s'", since, until == NULL ? "now" : until);
        return false;
    }
    period->before_us = is_unit ? unit_begin(local_of(period->since_us), from.unit, -1)
                                : period->since_us - (period->until_us - period->since_us);
    return true;
}
