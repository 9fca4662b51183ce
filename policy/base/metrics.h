/*
 * Metrics as Prometheus reads them: the text format 0.0.4.
 *
 * A family is begun (HELP and TYPE), then its samples follow. Label values may be anything; here they are
 * escaped. `closedrelay_` stands before every name that does not begin with "process_".
 */
#ifndef CLOSEDRELAY_BASE_METRICS_H
#define CLOSEDRELAY_BASE_METRICS_H

#include "base/strbuf.h"

#include <stdint.h>

struct metrics {
    struct strbuf *out;
    const char *name; /* of the family that was begun */
};

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

void metrics_begin(struct metrics *metrics, const char *name, enum metric_type type, const char *help);

/* NULL ends the labels: metrics_u64(m, 3, "list", "xbl.example", NULL). */
void metrics_u64(struct metrics *metrics, uint64_t value, ...) __attribute__((sentinel));
void metrics_double(struct metrics *metrics, double value, ...) __attribute__((sentinel));

/* A family of one sample without labels. */
void metrics_one(struct metrics *metrics, const char *name, enum metric_type type, const char *help,
                 uint64_t value);

/* All counters, families of counters and histograms of the process. */
void metrics_add_counters(struct metrics *metrics);

#endif
