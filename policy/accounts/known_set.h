/*
 * What a login has used before: its networks, greetings, senders. A small set of fingerprints with when each
 * was first and last met and on how many days; of more than it holds, those go first that were met on the
 * fewest days. So a flood of new ones never drives out what is usual.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_KNOWN_SET_H
#define CLOSEDRELAY_ACCOUNTS_KNOWN_SET_H

#include <stdbool.h>
#include <stdint.h>

struct known {
    uint32_t print;
    uint32_t wide;                  /* of networks: of the wider one that it is part of */
    uint32_t first_hour, last_hour; /* since 1970 */
    uint16_t days;
    /* Of greetings: on how many days and networks it was met, and how many of these were new to the login: a
     * telephone is on the way, the computer in the office is not. */
    uint8_t visits, new_visits;
    uint16_t country; /* of networks (geo/geo.h); 0: not known */
    float expected;   /* of networks: how likely an honest login was to have it newly then and there */
    bool is_original; /* it was there when the login was first seen: nothing to compare it with */
};

struct known_set {
    struct known *items; /* malloc */
    uint8_t count, capacity;
};

struct known *known_set_find(const struct known_set *set, uint32_t print);

/* Puts in one that is not there yet; at most `most` are kept. NULL: out of memory. */
struct known *known_set_add(struct known_set *set, uint32_t print, uint32_t hour, uint8_t most);

/* It was met now. True: the first time on this day. */
bool known_touch(struct known *known, uint32_t hour);

void known_set_free(struct known_set *set);

#endif
