/*
 * What several logins use at once: client networks and texts, over all logins.
 *
 * One new network, or one text, that comes to several logins within a day tells of a thief who has more than
 * one of them; a network that many have used for long is an office, a webmail server or a provider's gateway.
 * A table of fixed size: what is used by many stays, the rest makes room. Not for two threads at a time.
 */
#ifndef CLOSEDRELAY_ACCOUNTS_SHARED_USES_H
#define CLOSEDRELAY_ACCOUNTS_SHARED_USES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHARED_LOGINS_MAX = 8 };

struct shared_use {
    uint32_t print;
    uint32_t first_hour, last_hour;
    uint32_t day_hour;                  /* since when the day of `logins` is */
    uint32_t logins[SHARED_LOGINS_MAX]; /* their numbers: to whom it is new, within a day */
    uint8_t login_count;
    uint8_t suspects; /* a bit for each of `logins` that is suspected */
    /* Logins to whom it was new on earlier days, and who were not suspected: at an office, behind a carrier's
     * NAT. */
    uint8_t former_count;
    uint16_t familiar_count; /* logins that have used it for long */
};

struct shared_uses;

struct shared_uses *shared_uses_create(void); /* NULL: out of memory */
/* How many bytes there are behind the pointer, to be kept as they stand. */
size_t shared_uses_bytes(void);
void shared_uses_destroy(struct shared_uses *uses);

/* The login `number`, to whom it is new, uses it. The entry, or NULL where others have its place. */
const struct shared_use *shared_uses_meet(struct shared_uses *uses, uint32_t print, uint32_t number,
                                          uint32_t hour, bool is_suspect);
/* It has become usual for one more login. */
void shared_uses_adopt(struct shared_uses *uses, uint32_t print, uint32_t hour);
/* NULL: nothing is known of it. */
const struct shared_use *shared_uses_find(const struct shared_uses *uses, uint32_t print);

#endif
