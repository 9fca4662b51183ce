/*
 * Counts by name, in bounded memory.
 *
 * Up to TALLY_ENTRIES_MAX names every count is exact. Beyond, the half with the fewest messages is forgotten
 * each time the table is full; a name that comes back begins anew, so its counts may be too low, by no more
 * than `missing_messages_max`. Names are strangers' words: they are hashed with a key of the process. One
 * thread.
 */
#ifndef CLOSEDRELAY_HISTORY_TALLY_H
#define CLOSEDRELAY_HISTORY_TALLY_H

#include "base/slice.h"

#include <stdint.h>

enum { TALLY_ENTRIES_MAX = 131072, TALLY_NETWORKS_MAX = 64, TALLY_NETWORKS_NEAR = 5 };

/* What is counted of a period. */
struct tally_counts {
    uint64_t messages;
    uint64_t accepted; /* of them; those put on hold are not among them */
    uint64_t held;
    uint64_t deferred;
    uint64_t refused;
    uint64_t aborted;
    uint64_t would;              /* would have been refused, deferred or held, were monitor mode enforced */
    uint64_t recipients;         /* that an accepted or held message goes to */
    uint64_t recipients_refused; /* of all messages: refused, deferred or dropped */
    uint64_t bytes;              /* of accepted and held messages */
};

enum { PERIOD_NOW, PERIOD_BEFORE, PERIOD_COUNT };

/* What a message adds to stands in front, together: most of the time goes into waiting for memory. */
struct tally_entry {
    struct tally_counts counts[PERIOD_COUNT];
    uint32_t near_networks[TALLY_NETWORKS_NEAR]; /* hashes of the first networks that PERIOD_NOW came from */
    uint16_t network_count;
    bool has_more_networks; /* than TALLY_NETWORKS_MAX */
    uint32_t *far_networks; /* those behind them */
    struct slice name;
    uint64_t hash;
};

/* Two names with the same hash of 64 bits, of a key that nobody knows, do not happen. */
struct tally_slot {
    uint64_t hash;
    uint32_t index; /* of the entry, + 1; 0: free */
};

struct tally {
    struct tally_entry *entries; /* in no order */
    size_t count;
    uint64_t missing_messages_max;
    bool failed; /* memory ran out: counts are missing */
    /* private */
    void *owner, *names;
    char *block; /* room for the next names */
    size_t block_left;
    struct tally_slot *slots;
    size_t slot_count, capacity;
    uint64_t key[2];
};

/* `owner`: a talloc context, whose end is the tally's. */
void tally_init(struct tally *tally, void *owner);

/* The entry of a name, made if need be; valid until the next call. NULL: out of memory. */
struct tally_entry *tally_find(struct tally *tally, struct slice name);

void tally_add_network(struct tally *tally, struct tally_entry *entry, uint32_t network);

void tally_counts_add(struct tally_counts *sum, const struct tally_counts *more);

#endif
