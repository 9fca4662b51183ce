/* How a roll-up is laid out; for rollup.c and rollup_builder.c only. */
#ifndef CLOSEDRELAY_RECORD_ROLLUP_FORMAT_H
#define CLOSEDRELAY_RECORD_ROLLUP_FORMAT_H

#include "record/rollup.h"

#define ROLLUP_MAGIC "CLRDSUM3"

/* Up to the host's name, the length of which ends it. */
enum {
    ROLLUP_SECTION_BYTES = 40,
    ROLLUP_HEADER_BYTES = 52 + 8 * RECORD_LINE_COUNT + ROLLUP_SECTION_BYTES * ROLLUP_BY_COUNT + 2,
};

/* Bits of a row, behind those of its counts. */
enum { ROLLUP_ALL_ACCEPTED = 1 << 10, ROLLUP_HAS_NETWORKS = 1 << 11 };

/* In the order they are written in. */
#define ROLLUP_COUNT_FIELDS(counts)                                                                          \
    &(counts)->messages, &(counts)->accepted, &(counts)->held, &(counts)->deferred, &(counts)->refused,      \
        &(counts)->aborted, &(counts)->would, &(counts)->recipients, &(counts)->recipients_refused,          \
        &(counts)->bytes

#endif
