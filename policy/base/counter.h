/*
 * How many of what since the process began: the numbers behind `status` and the metrics.
 *
 * Whoever counts something declares it where it is counted:
 *
 *     COUNTER(messages_held, "held", "messages_total", "verdict=\"hold\"", "Messages by verdict.");
 *     ...
 *     counter_add(&messages_held, 1);
 *
 * and it is in status and metrics. Relaxed atomics, any thread: each number is exact, a sum of several may be
 * a message off.
 */
#ifndef CLOSEDRELAY_BASE_COUNTER_H
#define CLOSEDRELAY_BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

struct counter {
    const char *name;   /* one of a kind: the key in status --json */
    const char *metric; /* of the metric, without the prefix "closedrelay_"; several counters may share one;
                           NULL: in status only */
    const char *label;  /* KEY="VALUE", which tells them apart; or "" */
    const char *help;   /* what it counts: a sentence */
    struct counter *next;
    atomic_uint_least64_t value;
};

/* Declares a counter of this file. It is listed from the start of the process on. */
/* NOLINTBEGIN(bugprone-macro-parentheses): `variable` is a name. */
#define COUNTER(variable, name_text, metric_text, label_text, help_text)                                     \
    static struct counter variable = {                                                                       \
        .name = (name_text), .metric = (metric_text), .label = (label_text), .help = (help_text)};           \
    __attribute__((constructor)) static void variable##_register(void)                                       \
    {                                                                                                        \
        counter_register(&variable);                                                                         \
    }                                                                                                        \
    _Static_assert(1, "a semicolon follows")
/* NOLINTEND(bugprone-macro-parentheses) */

/* For COUNTER: before main(). `counter` lives as long as the process. */
void counter_register(struct counter *counter);

/* The first of all counters, or NULL; those of one file follow each other as declared. */
const struct counter *counter_first(void);

static inline void counter_add(struct counter *counter, uint64_t count)
{
    atomic_fetch_add_explicit(&counter->value, count, memory_order_relaxed);
}

static inline uint64_t counter_value(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

/* The value of the counter of that name; 0 where there is none. */
uint64_t counter_value_of(const char *name);

#endif
