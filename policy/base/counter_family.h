/*
 * Counters that are told apart by labels whose values are known only while it runs, such as the reasons of
 * verdicts; and histograms. The metrics have them beside the counters of base/counter.h.
 *
 *     COUNTER_FAMILY(messages, "messages_total", "Messages by what became of them, and why.", "verdict",
 * "reason");
 *     ...
 *     counter_family_add(&messages, (const char *const[]){"reject", "relay.not_local_domain"}, 1);
 *
 * Values are our own words, never a stranger's: a family has COUNTER_FAMILY_CELLS of them, and whatever comes
 * beyond is counted under "other". Counting is lock-free once a combination was seen. Any thread.
 */
#ifndef CLOSEDRELAY_BASE_COUNTER_FAMILY_H
#define CLOSEDRELAY_BASE_COUNTER_FAMILY_H

#include <stdatomic.h>
#include <stdint.h>

enum { COUNTER_FAMILY_LABELS_MAX = 2, COUNTER_FAMILY_CELLS = 256, COUNTER_VALUE_BYTES_MAX = 64 };

struct counter_cell {
    char values[COUNTER_FAMILY_LABELS_MAX][COUNTER_VALUE_BYTES_MAX];
    atomic_uint_least64_t count;
};

struct counter_family {
    const char *metric;                            /* without the prefix "closedrelay_" */
    const char *help;                              /* a sentence */
    const char *labels[COUNTER_FAMILY_LABELS_MAX]; /* NULL: fewer */
    struct counter_family *next;
    struct counter_cell *_Atomic cells[COUNTER_FAMILY_CELLS]; /* filled from the front */
    struct counter_cell other;
};

/* Declares a family of this file. It is listed from the start of the process on. */
/* NOLINTBEGIN(bugprone-macro-parentheses): `variable` is a name. */
#define COUNTER_FAMILY(variable, metric_text, help_text, ...)                                                \
    static struct counter_family variable = {                                                                \
        .metric = (metric_text), .help = (help_text), .labels = {__VA_ARGS__}};                              \
    __attribute__((constructor)) static void variable##_register(void)                                       \
    {                                                                                                        \
        counter_family_register(&variable);                                                                  \
    }                                                                                                        \
    _Static_assert(1, "a semicolon follows")

/* NOLINTEND(bugprone-macro-parentheses) */
void counter_family_register(struct counter_family *family); /* for the macro: before main() */
const struct counter_family *counter_family_first(void);

/* `values`: one for each label, "" where there is none; a longer one is cut. */
void counter_family_add(struct counter_family *family, const char *const *values, uint64_t count);

/* ---- histograms ------------------------------------------------------------------------------------- */

enum { HISTOGRAM_BUCKETS = 15 };

struct histogram {
    const char *metric, *help; /* seconds */
    struct histogram *next;
    atomic_uint_least64_t counts[HISTOGRAM_BUCKETS + 1]; /* the last: beyond all bounds */
    atomic_uint_least64_t sum_us;
};

/* Upper bounds of the buckets: 1 ms to a minute. */
extern const uint64_t histogram_bounds_us[HISTOGRAM_BUCKETS];

/* NOLINTBEGIN(bugprone-macro-parentheses): `variable` is a name. */
#define HISTOGRAM(variable, metric_text, help_text)                                                          \
    static struct histogram variable = {.metric = (metric_text), .help = (help_text)};                       \
    __attribute__((constructor)) static void variable##_register(void)                                       \
    {                                                                                                        \
        histogram_register(&variable);                                                                       \
    }                                                                                                        \
    _Static_assert(1, "a semicolon follows")

/* NOLINTEND(bugprone-macro-parentheses) */
void histogram_register(struct histogram *histogram);
const struct histogram *histogram_first(void);
void histogram_add(struct histogram *histogram, uint64_t us);

#endif
