/*
 * Keeps the counters of a memory store over a restart: what changed is written in batches, off the path of
 * mail, and read at the start. A daemon that is killed forgets what was charged since the last batch, and
 * nothing else.
 */
#ifndef CLOSEDRELAY_STORE_STORE_CHECKPOINT_H
#define CLOSEDRELAY_STORE_STORE_CHECKPOINT_H

#include "store/state_database.h"
#include "store/store.h"

/* Writes what changed since the last call. False: some of it could not be written, and will be when it
 * changes again (reason in `problem`). One thread at a time. */
bool store_checkpoint_save(struct store *store, struct state_database *database, struct strbuf *problem);

/* Reads what is still in force, and removes from the database what is not. Returns how many counters there
 * are. */
size_t store_checkpoint_load(struct store *store, struct state_database *database);

#endif
