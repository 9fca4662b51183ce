/*
 * Something slow that is on its way: the one way in which a session waits.
 *
 * Whoever asks for something embeds a struct pending in what will hold the answer, or makes one that is only
 * waited for. It is counted: all who look at it hold a reference. It is completed exactly once, by whoever
 * brings the answer, on any thread; the answer is written before and immutable from then on. Others wait for
 * it, with a deadline, or ask to be told, so that a session can be put aside without a thread of its own.
 *
 * How many threads may wait at a time is bounded (struct pending_bound): where too many do, one more does not
 * wait at all, so that a server that stalls cannot eat all threads of the milter.
 */
#ifndef CLOSEDRELAY_BASE_PENDING_H
#define CLOSEDRELAY_BASE_PENDING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Who wants to be told. Belongs to the caller and stays in place until `told` was called or the notice was
 * taken back. */
struct pending_notice {
    /* Called once, on the thread that completes: short, and without waiting. */
    void (*told)(void *context);
    void *context;
    struct pending_notice *next; /* the rest is pending.c's */
    bool is_listed;
};

struct pending {
    atomic_uint references;
    atomic_uint progress; /* waiters sleep on it: see pending.c */
    struct pending_notice *notices;
};

/* ---- what is on its way ----------------------------------------------------------------------------- */

/* Begins, with one reference. */
void pending_init(struct pending *pending);

void pending_ref(struct pending *pending);
/* True: that was the last reference, and the caller frees what the pending is in. */
bool pending_unref(struct pending *pending);

/* It is there: wakes all who wait and tells all who asked. Exactly once. What was written before is seen by
 * all who find it done. */
void pending_complete(struct pending *pending);

bool pending_is_done(const struct pending *pending);

/* One that stands for itself, without an answer; NULL: no memory. To be given up by pending_drop (NULL
 * allowed). */
struct pending *pending_create(void);
void pending_drop(struct pending *pending);

/* ---- waiting ---------------------------------------------------------------------------------------- */

/* Waits until it is done or `timeout_ms` have passed; tells whether it is done. 0 does not wait. */
bool pending_wait(struct pending *pending, uint64_t timeout_ms);

/* How many may wait at a time; shared by all who wait for the same kind of thing. */
struct pending_bound {
    atomic_uint count; /* who waits right now */
    atomic_uint most;
};

void pending_bound_init(struct pending_bound *bound, unsigned most);
void pending_bound_set(struct pending_bound *bound, unsigned most);

/* What somebody is to come back for, who is not to wait here: once it is done, or at the deadline. It stays
 * in place until then, by a reference of whoever named it. */
struct pending_awaited {
    struct pending *pending; /* NULL: nothing */
    uint64_t deadline_ms;    /* monotonic */
};

/* One who waits, perhaps for several things one after the other, and counts once. Used by one thread. */
struct pending_waiter {
    struct pending_bound *bound;
    uint64_t deadline_ms; /* monotonic */
    bool is_counted;
};

enum pending_result {
    PENDING_DONE,
    PENDING_TIMEOUT, /* the deadline passed first */
    PENDING_BUSY,    /* too many wait already */
};

/* Waits with what is left until the deadline. */
enum pending_result pending_waiter_wait(struct pending_waiter *waiter, struct pending *pending,
                                        uint64_t now_ms);
/* Waits no more. Harmless at any time. */
void pending_waiter_end(struct pending_waiter *waiter);

/* ---- being told ------------------------------------------------------------------------------------- */

/* False: it is done already, and nobody will be told. */
bool pending_tell(struct pending *pending, struct pending_notice *notice);
/* Takes the notice back. False: its `told` has been called, or is being called at this moment. */
bool pending_forget(struct pending *pending, struct pending_notice *notice);

#endif
