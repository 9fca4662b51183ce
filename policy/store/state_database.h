/*
 * What must outlive the daemon: blocks, counters and their like, in one SQLite file that an administrator can
 * look into (`sqlite3 state.sqlite 'select * from state'`).
 *
 * One table of (kind, key) -> value; what a value means is its owner's business. Two ways to write: durable,
 * on the disk before the call returns, also over a power cut (blocks); and in batches, off the path of mail,
 * of which the last may be lost with the machine (counters). A file that is no database any more is moved
 * aside, said, and begun anew: it never keeps the daemon from starting. Any thread may call everything but
 * open and close; calls wait for each other.
 */
#ifndef CLOSEDRELAY_STORE_STATE_DATABASE_H
#define CLOSEDRELAY_STORE_STATE_DATABASE_H

#include "base/slice.h"
#include "base/strbuf.h"

struct state_database;

/* Opens or makes the file. NULL: it cannot be had (reason in `problem`, one line without its end). */
struct state_database *state_database_open(const char *path, struct strbuf *problem);
void state_database_close(struct state_database *database); /* NULL is allowed */

/* Puts or, with a NULL value, removes one entry; on the disk when it returns true. */
bool state_database_put(struct state_database *database, const char *kind, struct slice key,
                        const struct slice *value);

/* A batch: begin, any number of state_database_batch_put, end. One at a time; others wait. */
bool state_database_batch_begin(struct state_database *database);
bool state_database_batch_put(struct state_database *database, const char *kind, struct slice key,
                              const struct slice *value);
bool state_database_batch_end(struct state_database *database);

/* Shows every entry of a kind; `show` must not call back. False: the file could not be read to its end. */
bool state_database_each(struct state_database *database, const char *kind,
                         void (*show)(void *context, struct slice key, struct slice value), void *context);

/* Shows the one entry, if there is one. False: it could not be read. */
bool state_database_get(struct state_database *database, const char *kind, struct slice key,
                        void (*show)(void *context, struct slice key, struct slice value), void *context);

/* What the last call that failed met, for logs; "" where there was none. Points into the database. */
const char *state_database_error(const struct state_database *database);

#endif
