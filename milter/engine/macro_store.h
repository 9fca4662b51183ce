/*
 * The macros that the MTA has sent, by stage.
 *
 * A value holds for the message or connection that it was sent with. libmilter keeps the macros of a stage
 * until others replace them, so that the queue id or the login of one message may be taken for the next
 * one's; here a stage's macros go when its command comes again without them.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_MACRO_STORE_H
#define CLOSEDRELAY_MILTER_ENGINE_MACRO_STORE_H

#include "policy.h"

enum macro_stage {
    MACRO_CONNECT,
    MACRO_HELO,
    MACRO_MAIL,
    MACRO_RECIPIENT,
    MACRO_DATA,
    MACRO_END_OF_HEADERS,
    MACRO_END,
    MACRO_STAGE_COUNT,
    MACRO_NO_STAGE = MACRO_STAGE_COUNT,
};

/* Places in the bytes of its list; the name without the braces that one letter may have. */
struct macro_pair {
    uint16_t name, name_length, value; /* all within a packet */
};

struct macro_list {
    bool is_new; /* the command it belongs to has not come yet */
    uint16_t count;
    struct macro_pair pairs[]; /* and behind them their bytes */
};

struct macro_store {
    struct macro_list *stages[MACRO_STAGE_COUNT]; /* NULL: none */
};

/* The stage of a command of the protocol, such as 'M'; MACRO_NO_STAGE: it has none. */
enum macro_stage macro_stage_of(char command);

/* Keeps the whole pairs of `data`, in place of what the stage had. False: out of memory, nothing is kept. */
bool macro_store_put(struct macro_store *store, enum macro_stage stage, struct slice data);

/* The command of `stage` has come: what belongs to an earlier one of it goes, and what later stages have. */
void macro_store_begin(struct macro_store *store, enum macro_stage stage);

/* The value of `name`, from the latest stage that has it; a name of one letter is the same with and without
 * braces. NULL: none has. It stays until the stage changes. */
const char *macro_store_find(const struct macro_store *store, const char *name);

void macro_store_clear(struct macro_store *store);

#endif
