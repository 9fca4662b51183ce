#include "table/table_lookups.h"

#include "base/clock.h"
#include "table/table_source.h"

#include <stdlib.h>
#include <talloc.h>

/* Out of memory while adding is told by the entry's handle, not by exit(). */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* A question of the stage. */
struct stage_question {
    struct table_question *question;
    UT_hash_handle hh;
    char id[]; /* which table, and the key behind it */
};

struct table_lookups {
    struct stage_question *questions; /* uthash's head; in its order, as they were asked */
    size_t kept_count;                /* the first of them */
    uint64_t until_us;                /* monotonic; 0: the stage has not waited yet */
    bool has_given_up;
    /* Of this try: */
    struct table_question *lacking; /* the last one; NULL: none */
    size_t lacking_count;
};

/* Set for the length of a call only: sessions move between threads. */
static _Thread_local struct table_lookups *in_use;

/* The linter takes a question without neighbours for the last one, which it is only once the others are gone.
 */
static void forget(struct table_lookups *lookups, struct stage_question *asked)
{
    HASH_DELETE(hh, lookups->questions, asked); /* NOLINT(clang-analyzer-unix.Malloc) */
    table_question_drop(asked->question);
    free(asked);
}

static int release(struct table_lookups *lookups)
{
    while (lookups->questions != NULL)
        forget(lookups, lookups->questions);
    return 0;
}

struct table_lookups *table_lookups_create(void *owner)
{
    struct table_lookups *lookups = talloc_zero(owner, struct table_lookups);
    if (lookups != NULL)
        talloc_set_destructor(lookups, release);
    return lookups;
}

void table_lookups_use(struct table_lookups *lookups)
{
    in_use = lookups;
    if (lookups == NULL)
        return;
    lookups->lacking = NULL;
    lookups->lacking_count = 0;
}

struct table_lookups *table_lookups_in_use(void)
{
    return in_use;
}

bool table_lookups_lack(const struct table_lookups *lookups, struct pending_awaited *awaited)
{
    if (lookups == NULL || lookups->lacking == NULL)
        return false;
    *awaited = (struct pending_awaited){.pending = &lookups->lacking->pending,
                                        .deadline_ms = lookups->until_us / 1000 + 1};
    return true;
}

void table_lookups_end_stage(struct table_lookups *lookups)
{
    struct stage_question *asked, *next;
    size_t count = 0;
    if (lookups == NULL)
        return;
    HASH_ITER(hh, lookups->questions, asked, next)
    if (++count > lookups->kept_count)
        forget(lookups, asked);
    lookups->until_us = 0;
}

void table_lookups_keep(struct table_lookups *lookups)
{
    if (lookups != NULL)
        lookups->kept_count = HASH_COUNT(lookups->questions);
}

void table_lookups_wait_anew(struct table_lookups *lookups)
{
    if (lookups != NULL)
        lookups->until_us = 0;
}

void table_lookups_give_up(struct table_lookups *lookups)
{
    if (lookups == NULL)
        return;
    lookups->has_given_up = true;
    lookups->lacking = NULL;
}

/* ---- a question --------------------------------------------------------------------------------------- */

enum { ID_BYTES_MAX = sizeof(struct table *) + TABLE_KEY_BYTES_MAX };

/* How long the identity of a question is, written to `id`. */
static size_t write_id(char id[ID_BYTES_MAX], const struct table *table, struct slice key)
{
    memcpy(id, &table, sizeof table);
    memcpy(id + sizeof table, key.data, key.length);
    return sizeof table + key.length;
}

/* Makes the question, and sends it off; NULL: no memory. */
static struct stage_question *ask(struct table_lookups *lookups, struct table *table, struct slice key,
                                  struct slice id)
{
    struct stage_question *asked = calloc(1, sizeof *asked + id.length);
    if (asked == NULL)
        return NULL;
    memcpy(asked->id, id.data, id.length);
    HASH_ADD_KEYPTR(hh, lookups->questions, asked->id, id.length, asked);
    if (asked->hh.tbl == NULL) {
        free(asked);
        return NULL;
    }
    asked->question = table_ask(table, key);
    if (asked->question != NULL)
        return asked;
    forget(lookups, asked);
    return NULL;
}

static bool is_over(const struct table_lookups *lookups)
{
    return lookups->has_given_up ||
           (lookups->until_us != 0 && clock_system_monotonic_us(NULL) >= lookups->until_us);
}

/* It is to be waited for, unless the time for that is over. */
static void lack(struct table_lookups *lookups, struct table_question *question)
{
    if (is_over(lookups))
        return;
    if (lookups->until_us == 0)
        lookups->until_us = clock_system_monotonic_us(NULL) + TABLE_LOOKUPS_MS_MAX * 1000U;
    lookups->lacking = question;
    lookups->lacking_count++;
}

struct table_question *table_lookups_find(struct table_lookups *lookups, struct table *table,
                                          struct slice key)
{
    char bytes[ID_BYTES_MAX];
    const struct slice id = slice_make(bytes, write_id(bytes, table, key));
    struct stage_question *asked = NULL;
    HASH_FIND(hh, lookups->questions, id.data, id.length, asked);
    /* Where many are under way, those that come back ask for the rest. */
    const bool may_ask = lookups->lacking_count < TABLE_LOOKUPS_UNDER_WAY_MAX && !is_over(lookups) &&
                         HASH_COUNT(lookups->questions) < TABLE_LOOKUPS_MAX;
    if (asked == NULL && may_ask)
        asked = ask(lookups, table, key, id);
    if (asked == NULL)
        return NULL;
    if (pending_is_done(&asked->question->pending))
        return asked->question;
    lack(lookups, asked->question);
    return NULL;
}
