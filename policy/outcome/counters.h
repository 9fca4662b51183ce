/*
 * How many of what since the start: the numbers behind `status` and, later, the metrics.
 *
 * One table a process, counted with relaxed atomics: each number is exact, a sum of several may be a message
 * off.
 */
#ifndef CLOSEDRELAY_OUTCOME_COUNTERS_H
#define CLOSEDRELAY_OUTCOME_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

enum counter {
    COUNTER_SESSIONS, /* connections begun */
    COUNTER_ACCEPTED, /* messages, by verdict */
    COUNTER_HELD,
    COUNTER_DEFERRED,
    COUNTER_REJECTED,
    COUNTER_ABORTED,
    COUNTER_RECIPIENTS_REFUSED, /* at RCPT */
    COUNTER_RECORDS_LOST,
    COUNTER_COUNT
};

struct counters {
    atomic_uint_least64_t values[COUNTER_COUNT];
};

static inline void counters_add(struct counters *counters, enum counter counter)
{
    atomic_fetch_add_explicit(&counters->values[counter], 1, memory_order_relaxed);
}

static inline uint64_t counters_read(const struct counters *counters, enum counter counter)
{
    return atomic_load_explicit(&counters->values[counter], memory_order_relaxed);
}

#endif
