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

#include "record/record_sums.h"

enum { TALLY_ENTRIES_MAX = 131072, TALLY_NETWORKS_MAX = 64, TALLY_NETWORKS_NEAR = 3 };

/* As struct record_counts, in less room: of one name nobody counts beyond 4,294,967,295 messages; then it
 * stays there. */
struct tally_counts {
    uint64_t bytes;
    uint32_t messages, accepted, held, deferred, refused, aborted, would, recipients, recipients_refused;
};

enum { PERIOD_NOW, PERIOD_BEFORE, PERIOD_COUNT };

/* Most of the time goes into waiting for memory: what a message adds to stands together, in the first half or
 * at the beginning of the second. */
struct tally_entry {
    struct tally_counts counts[PERIOD_COUNT];
    uint32_t near_networks[TALLY_NETWORKS_NEAR]; /* hashes of the first networks that PERIOD_NOW came from */
    uint16_t name_length;
    uint8_t network_count;
    bool has_more_networks; /* than TALLY_NETWORKS_MAX */
    uint32_t *far_networks; /* those behind them */
    const char *name;
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

/* The same in steps, for who has several names at a time: the hash of a name; that it will be asked for soon,
 * and then that its entry will be, so that the memory is on its way; its entry. */
uint64_t tally_hash(const struct tally *tally, struct slice name);
void tally_expect(const struct tally *tally, uint64_t hash);
void tally_expect_entry(const struct tally *tally, uint64_t hash);
struct tally_entry *tally_find_hashed(struct tally *tally, struct slice name, uint64_t hash);

void tally_add(struct tally_entry *entry, unsigned period, const struct record_counts *counts);
void tally_add_network(struct tally *tally, struct tally_entry *entry, uint32_t network);

struct slice tally_name(const struct tally_entry *entry);
struct record_counts tally_counts_of(const struct tally_entry *entry, unsigned period);

#endif
