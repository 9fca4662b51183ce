/*
 * The incident id: 12 characters that name one message in its reply, its record and the log.
 *
 * Seven characters of time (seconds since 2020-01-01, so ids of one server sort by age), five of a counter
 * that starts at random. The alphabet is Crockford's base 32 in lower case: no i, l, o or u to misread on
 * the telephone.
 */
#ifndef CLOSEDRELAY_BASE_INCIDENT_ID_H
#define CLOSEDRELAY_BASE_INCIDENT_ID_H

#include <stdint.h>

enum { INCIDENT_ID_LENGTH = 12 };

struct incident_id {
    char text[INCIDENT_ID_LENGTH + 1];
};

/* A new id; unique within the process for the first 33 million ids of any second. Any thread. */
struct incident_id incident_id_new(int64_t wall_us);

#endif
