/*
 * Whom each login writes to, or has heard from: so that a recipient who was never written to can be told.
 *
 * Per login a set of fingerprints of addresses, 32 bits each, with the week each was last met: at most
 * CONTACTS_MAX, of which the longest unmet make room, and all that were not met for CONTACT_WEEKS are
 * forgotten. A fingerprint that happens to be known already takes a new contact for an old one: with 500
 * contacts one time in eight million. Live state, kept over a restart; a login that is idle for long is on
 * the disk only. Any thread may call everything but create and destroy.
 */
#ifndef CLOSEDRELAY_LIVE_CONTACTS_H
#define CLOSEDRELAY_LIVE_CONTACTS_H

#include "base/clock.h"
#include "store/state_database.h"

enum {
    CONTACTS_MAX = 8192,
    CONTACT_WEEKS = 104,
    CONTACT_LOGINS_MAX = 200000, /* in memory; the longest idle goes to the disk first */
};

struct contacts;

/* `database` keeps them, or NULL: they end with the process. It outlives the contacts. NULL: no memory. */
struct contacts *contacts_create(const struct clock *clock, struct state_database *database);
void contacts_destroy(struct contacts *contacts); /* NULL is allowed */

enum contact_answer {
    CONTACT_KNOWN,
    CONTACT_NEW,
    CONTACT_UNKNOWN /* out of memory, or the disk cannot tell */
};

/* `login` canonical, `address` in any case. */
enum contact_answer contacts_look(struct contacts *contacts, struct slice login, struct slice address);

/* The login has written to the address, or was written to by it. False: no memory; it stays new. */
bool contacts_meet(struct contacts *contacts, struct slice login, struct slice address);

/* How many the login has; 0 where it is not known. */
size_t contacts_count(struct contacts *contacts, struct slice login);

/* Forgets all contacts of a login. */
void contacts_forget(struct contacts *contacts, struct slice login);

/* Writes what changed since the last call, and lets go of logins that were idle for a day. One thread at a
 * time. False: some could not be written (reason in `problem`). */
bool contacts_save(struct contacts *contacts, struct strbuf *problem);

#endif
