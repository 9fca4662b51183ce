/*
 * The names that a configuration speaks of, found again in records under audit.privacy: with the keys of the
 * ring they are hashed as the record has them, and a hash in the record is then the name.
 *
 * Those of `overrides` (users, senders) are: tables have no end, and whom they name stays unknown.
 */
#ifndef CLOSEDRELAY_HISTORY_REPLAY_NAMES_H
#define CLOSEDRELAY_HISTORY_REPLAY_NAMES_H

#include "engine/engine.h"
#include "policy_history.h"

struct replay_names;

/* Under `owner`. NULL: nothing can be found, for there are no keys, or memory ran out. */
struct replay_names *replay_names_create(void *owner, const struct policy_history_source *source,
                                         const struct policy_snapshot *snapshot);

/* The name that `text`, as it stands in a record, is the hash of; else `text`. */
const char *replay_names_find(const struct replay_names *names, const char *text);

#endif
