/*
 * What a login, address, client, id or Message-ID may stand in the record as: itself, and under audit.privacy
 * the hashes of it with each key of the ring, and the network of a client that is cut.
 *
 * The ring is found as the files are: by the daemon's configuration, which need not be right otherwise.
 */
#ifndef CLOSEDRELAY_HISTORY_HISTORY_TERMS_H
#define CLOSEDRELAY_HISTORY_HISTORY_TERMS_H

#include "policy_history.h"
#include "record/record_privacy.h"

struct history_term {
    uint64_t term;              /* record/sidecar.h */
    int64_t since_us, until_us; /* it stands in records of that time only */
};

struct history_terms {
    struct history_term *items;
    size_t count;
};

/* All that `what` may stand in the record as, under `owner`. A ring that cannot be read is noted. False: out
 * of memory. */
bool history_terms_make(void *owner, const struct policy_history_source *source, const char *what,
                        struct history_terms *terms);

/* The ring of the daemon's configuration; to be closed with record_keyring_close(). NULL: there is none, or
 * it cannot be read, which is noted. */
struct record_keyring *history_open_keyring(void *owner, const struct policy_history_source *source);

#endif
