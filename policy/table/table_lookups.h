/*
 * What judging a message asks of tables that take their time.
 *
 * Which questions there are follows from the answers to others: the groups of a login are the next keys. So
 * nobody lists them beforehand. Judging is tried, by code that knows nothing of all this: while lookups are
 * in use on a thread, a question whose answer is not there is sent off and answered TABLE_UNKNOWN for the
 * moment. What was decided on that is thrown away, and it is tried again once the answer is there:
 *
 *     table_lookups_use(lookups);
 *     ... decides, with table_lookup() and all that is made of it ...
 *     table_lookups_use(NULL);
 *     if (table_lookups_lack(lookups, &awaited))
 *         ... forgets what was decided, and comes back for `awaited` ...
 *     table_lookups_end_stage(lookups);
 *
 * What was answered once is answered so for the rest of the stage, whatever a table forgets meanwhile: so
 * each try gets further than the one before. Bounded: a stage waits five seconds in all, asks only so many
 * questions, and only a few at a time; what is beyond is TABLE_UNKNOWN for good. One thread at a time.
 */
#ifndef CLOSEDRELAY_TABLE_TABLE_LOOKUPS_H
#define CLOSEDRELAY_TABLE_TABLE_LOOKUPS_H

#include "base/pending.h"
#include "table/table.h"

enum {
    TABLE_LOOKUPS_MS_MAX = 5000,      /* for all that a stage waits for */
    TABLE_LOOKUPS_MAX = 2048,         /* of a stage */
    TABLE_LOOKUPS_UNDER_WAY_MAX = 16, /* of one message: a server is everybody's */
};

struct table_lookups;

/* A talloc child of `owner`; NULL: no memory. */
struct table_lookups *table_lookups_create(void *owner);

/* table_lookup() on this thread is answered from here, until NULL ends it: within one call, whatever comes
 * of it. NULL lookups are none: table_lookup() waits. */
void table_lookups_use(struct table_lookups *lookups);

/* Whether an answer was not there since they were taken into use last; then what to come back for. */
bool table_lookups_lack(const struct table_lookups *lookups, struct pending_awaited *awaited);

/* The stage was decided. What it was answered is forgotten, but for what was kept. */
void table_lookups_end_stage(struct table_lookups *lookups);
/* The answers so far stay for all stages. */
void table_lookups_keep(struct table_lookups *lookups);

/* The five seconds begin anew: nobody was kept waiting so far. */
void table_lookups_wait_anew(struct table_lookups *lookups);
/* Nobody waits any longer: what is not there is TABLE_UNKNOWN for good. */
void table_lookups_give_up(struct table_lookups *lookups);

/* ---- for table.c -------------------------------------------------------------------------------------- */

struct table_question;

/* Those in use on this thread; NULL: none. */
struct table_lookups *table_lookups_in_use(void);

/* The question to `table`, answered; NULL: it is not, or cannot be asked. It stays the lookups'. */
struct table_question *table_lookups_find(struct table_lookups *lookups, struct table *table,
                                          struct slice key);

#endif
