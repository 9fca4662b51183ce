/*
 * Answers that go out together.
 *
 * Each answer wakes an MTA process, and that costs more than what led to the answer: another processor is
 * woken, or this thread has to make room for who waited. So a reactor first serves those that came together,
 * a few, and then answers them one after the other.
 *
 * The driver's of the reactor; a connection has at most one answer in it.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_OUTBOX_H
#define CLOSEDRELAY_MILTER_ENGINE_OUTBOX_H

#include "connection.h"

enum {
    /* Of small mail that is a third of a millisecond for the first of them; twice as many gain 3 % more. */
    OUTBOX_ANSWERS_MAX = 8,
};

struct outbox {
    struct strbuf bytes;
    struct outbox_answer {
        struct connection *connection; /* NULL: it is no more */
        size_t end;                    /* of its bytes */
    } answers[OUTBOX_ANSWERS_MAX];
    size_t count;
};

void outbox_init(struct outbox *outbox);
void outbox_deinit(struct outbox *outbox);

static inline bool outbox_is_full(const struct outbox *outbox)
{
    return outbox->count == OUTBOX_ANSWERS_MAX;
}

/* Not one that is full. False: no memory, and it is as it was. */
bool outbox_put(struct outbox *outbox, struct connection *connection, struct slice answer);

/* The answer of `index`. */
struct slice outbox_answer_bytes(const struct outbox *outbox, size_t index);

/* The connection ends before it is answered. */
void outbox_forget(struct outbox *outbox, const struct connection *connection);

/* All of them were sent. */
void outbox_empty(struct outbox *outbox);

#endif
