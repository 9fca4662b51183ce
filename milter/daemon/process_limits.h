/* Descriptors, thread stacks and memory pools, set to what the daemon needs before it has threads. */
#ifndef CLOSEDRELAY_MILTER_DAEMON_PROCESS_LIMITS_H
#define CLOSEDRELAY_MILTER_DAEMON_PROCESS_LIMITS_H

#include <stdint.h>

struct limits {
    uint64_t sessions_max;   /* what the descriptors allow, at most what was asked for */
    int descriptors_for_mta; /* connections get descriptors below this */
};

/* Raises RLIMIT_NOFILE for `sessions_max` sessions as far as it may; says so where that is not enough. While
 * still root it may raise more. */
struct limits limits_raise_descriptors(uint64_t sessions_max);

/* Small stacks for the many threads libmilter makes, few memory pools for them to spread over. */
void limits_shrink_threads(void);

#endif
