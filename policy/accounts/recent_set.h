/*
 * Whom a login has written to within a day, so that nobody is counted twice. A table of fingerprints, grown
 * with what is in it up to a bound; beyond, some are forgotten and counted again. Memory by malloc.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_RECENT_SET_H
#define CLOSEDRELAY_ACCOUNTS_RECENT_SET_H

#include <stdbool.h>
#include <stdint.h>

enum { RECENT_SLOTS_MAX = 512 };

struct recent_entry {
    uint32_t print, hour;
};

struct recent_set {
    struct recent_entry *slots;
    uint16_t slot_count, added_count;
};

/* Remembers it. True: it was not there, or longer ago than a day; also where memory ran out. */
bool recent_set_add(struct recent_set *set, uint32_t print, uint32_t hour);
void recent_set_free(struct recent_set *set);

#endif
