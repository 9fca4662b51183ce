/*
 * The incident id: 12 characters that name one message in its reply, its record and the log.
 *
 * Seven characters of time (seconds since 2020-01-01, so ids of one server sort by age), five of a counter
 * that starts at random. The alphabet is Crockford's base 32 in lower case: no i, l, o or u to misread on
 * the telephone.
 */
#ifndef CLOSEDRELAY_BASE_INCIDENT_ID_H
#define CLOSEDRELAY_BASE_INCIDENT_ID_H

#include "base/slice.h"

#include <stdint.h>

enum { INCIDENT_ID_LENGTH = 12 };

struct incident_id {
    char text[INCIDENT_ID_LENGTH + 1];
};

/* A new id; unique within the process for the first 33 million ids of any second. Any thread. */
struct incident_id incident_id_new(int64_t wall_us);

/*
 * The first id in a text that people paste: alone, in any case, with dashes or blanks within, or in a whole
 * bounce
 * ("… (id 06vxk3m0a1b2)"). Letters that the alphabet leaves out are taken for the digits they look like.
 * False: there is none.
 */
bool incident_id_find(struct slice text, struct incident_id *id);

/* The time that an id begins with, in seconds since 1970; -1: it is none. */
int64_t incident_id_seconds(const struct incident_id *id);

#endif
