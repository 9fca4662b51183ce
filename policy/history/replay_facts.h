/*
 * The facts of a recorded message, as the checks ask for them: what the MTA had told, and what had been asked
 * for then (the lists' answers, a recent login, a block that was in force, a step of the ladder). What a
 * record does not know stays empty; replay_compare.h tells where that counts.
 */
#ifndef CLOSEDRELAY_HISTORY_REPLAY_FACTS_H
#define CLOSEDRELAY_HISTORY_REPLAY_FACTS_H

#include "facts/session.h"
#include "record/record_reader.h"

struct replay_names;

struct replay_facts {
    struct record *record;            /* a message */
    const struct replay_names *names; /* whom hashes stand for (replay_names.h); or NULL */
    void *owner;                      /* of everything read */
    bool failed;                      /* memory ran out */
    struct session_facts session;
    struct message_facts message;
};

/* Reads `session` and `message`, which begin zeroed. False: memory ran out, or an address cannot be read. */
bool replay_facts_read(struct replay_facts *facts);

/* The text of `key` in the record, or in the entry of a list that is entered, with hashed names put back; ""
 * where there is none, and where memory runs out (`failed`). Belongs to `owner`. */
const char *replay_facts_text(struct replay_facts *facts, enum record_key key);

#endif
