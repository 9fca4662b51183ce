/*
 * A question to a source that takes its time: on its way, then answered.
 *
 * Made by a source's `ask`. Counted, for who asks may go away before the answer is there. Whoever brings the
 * answer writes it and completes `pending` (table_question_answer); nothing of it changes afterwards. For
 * policy/table/ only.
 */
#ifndef CLOSEDRELAY_TABLE_TABLE_QUESTION_H
#define CLOSEDRELAY_TABLE_TABLE_QUESTION_H

#include "base/pending.h"
#include "table/table.h"

struct table_question {
    struct pending pending;
    uint64_t until_us; /* monotonic: it is answered by then, if only by TABLE_UNKNOWN */
    /* Once it is done: */
    enum table_answer answer;
    bool is_recalled;      /* from a moment ago: it says nothing of how the source does now */
    struct strbuf value;   /* TABLE_FOUND */
    struct strbuf problem; /* TABLE_UNKNOWN: why */
    /* Of who carries it: */
    struct table_question *next;
    bool is_second_try;
    /* Of who asks: */
    bool is_told; /* what it says of how the source does */
    size_t key_bytes;
    char key[];
};

/* With one reference; NULL: no memory. `now_us` is monotonic, its time is a second from then. */
struct table_question *table_question_create(struct slice key, uint64_t now_us);
void table_question_ref(struct table_question *question);
void table_question_drop(struct table_question *question); /* NULL is allowed */

/* TABLE_UNKNOWN for want of memory, where `answer` has failed. */
void table_question_answer(struct table_question *question, enum table_answer answer);
/* TABLE_UNKNOWN because of `problem`. */
void table_question_fail(struct table_question *question, const char *problem);

#endif
