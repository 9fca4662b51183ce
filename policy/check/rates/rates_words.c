/* What limits mean, in words. */
#include "check/rates/rates.h"

#include "base/strbuf.h"

enum { KB_PER_MB = 1000, KB_TOLD_AS_MB = 10000 };

enum reply_part rate_amount_part(enum rate_count count, uint64_t amount, uint64_t *told)
{
    static const enum reply_part parts[][2] = {
        [RATE_OF_MESSAGES] = {REPLY_PART_messages, REPLY_PART_message},
        [RATE_OF_RECIPIENTS] = {REPLY_PART_recipients, REPLY_PART_recipient},
        [RATE_OF_EXTERNAL_RECIPIENTS] = {REPLY_PART_external_recipients, REPLY_PART_external_recipient},
        [RATE_OF_INTERNAL_RECIPIENTS] = {REPLY_PART_internal_recipients, REPLY_PART_internal_recipient},
        [RATE_OF_NEW_RECIPIENTS] = {REPLY_PART_new_recipients, REPLY_PART_new_recipient},
        [RATE_OF_REFUSED_RECIPIENTS] = {REPLY_PART_refused_recipients, REPLY_PART_refused_recipient},
    };
    *told = amount;
    if (count != RATE_OF_BYTES)
        return parts[count][amount == 1];
    if (amount < KB_TOLD_AS_MB)
        return REPLY_PART_kilobytes;
    *told = amount / KB_PER_MB;
    return REPLY_PART_megabytes;
}

void rate_amount_describe(enum rate_count count, uint64_t amount, struct strbuf *out)
{
    static const char *const nouns[] = {
        "message",           "recipient", "external recipient", "internal recipient", "new recipient",
        "refused recipient", "kB"};
    if (count == RATE_OF_BYTES && amount >= KB_TOLD_AS_MB)
        strbuf_printf(out, "%llu MB", (unsigned long long)amount / KB_PER_MB);
    else
        strbuf_printf(out, "%llu %s%s", (unsigned long long)amount, nouns[count],
                      count == RATE_OF_BYTES || amount == 1 ? "" : "s");
}

/* "7.2 s", "2 min", "1.5 h", for a time of which three digits are enough. */
static void describe_time(int64_t us, struct strbuf *out)
{
    double seconds = (double)us / 1e6;
    if (seconds < 0.1)
        strbuf_printf(out, "%.3g ms", seconds * 1000);
    else if (seconds < 100)
        strbuf_printf(out, "%.3g s", seconds);
    else if (seconds < 6000)
        strbuf_printf(out, "%.3g min", seconds / 60);
    else
        strbuf_printf(out, "%.3g h", seconds / 3600);
}

/* "hour", "24 h": behind "in any". */
static void describe_period(int64_t us, struct strbuf *out)
{
    const int64_t hour_us = 3600LL * 1000000;
    if (us == hour_us)
        strbuf_append_text(out, "hour");
    else if (us == hour_us / 60)
        strbuf_append_text(out, "minute");
    else
        describe_time(us, out);
}

void rate_limit_describe(const struct rate_limit *limit, struct strbuf *out)
{
    switch (limit->kind) {
    case WINDOW_CALENDAR:
        rate_amount_describe(limit->count, limit->limit, out);
        strbuf_printf(out, " each %s, from midnight on", limit->calendar == RATE_DAY ? "day" : "month");
        return;
    case WINDOW_SLIDING:
        strbuf_append_text(out, "at most ");
        rate_amount_describe(limit->count, limit->limit, out);
        strbuf_append_text(out, " in any ");
        describe_period(limit->period_us, out);
        return;
    case WINDOW_REFILL:
        rate_amount_describe(limit->count, limit->burst, out);
        strbuf_append_text(out, " at once, then one every ");
        describe_time(limit->period_us / (int64_t)limit->limit, out);
        strbuf_printf(out, "; at most %llu in any ", (unsigned long long)(limit->burst + limit->limit - 1));
        describe_period(limit->period_us, out);
        return;
    }
}
