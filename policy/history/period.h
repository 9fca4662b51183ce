/* The time that a question is about, as admins say it. */
#ifndef CLOSEDRELAY_HISTORY_PERIOD_H
#define CLOSEDRELAY_HISTORY_PERIOD_H

#include "base/strbuf.h"

/* Microseconds since 1970: [since, until), and before it [before, since). */
struct history_period {
    int64_t before_us, since_us, until_us;
};

/*
 * Reads "2026-11-30", "2026-11-30T08:00" or "2026-11-30 08:00:30" (local time; with a Z or an offset behind
 * it, that one), "7d", "12h", "30m" or "2w" (so long ago), "now", "today", "yesterday", "this-week" and
 * "last-week" (from Monday), "this-month", "last-month", "this-year", "last-year". Without `until` what names
 * a day, week, month or year ends with it, anything else now. The period before is the day, week, month or
 * year before, else as long a time. False: one of them cannot be read, or nothing is between them (`problem`
 * says so).
 */
bool history_period_read(const char *since, const char *until, int64_t now_us, struct history_period *period,
                         struct strbuf *problem);

#endif
