/*
 * One question on its way, and afterwards its answer.
 *
 * Counted references: the session that asked, others that joined, the cache and the transport each hold one,
 * and the lookup may outlive any of them. It is completed exactly once, by the transport, on the transport's
 * thread and never from inside the call that submitted it; from then on it is immutable and may be read by
 * everybody who holds a reference.
 */
#ifndef CLOSEDRELAY_DNS_DNS_LOOKUP_H
#define CLOSEDRELAY_DNS_DNS_LOOKUP_H

#include "base/pending.h"
#include "base/slice.h"
#include "dns/dns_answer.h"

struct dns_lookup;

/* Told of the answer before any waiter is woken, and may still date it later. `context` must outlive the
 * transport. */
struct dns_observer {
    void (*answered)(void *context, struct dns_lookup *lookup);
    void *context;
};

struct dns_lookup {
    struct pending pending; /* counted and waited for by it (base/pending.h) */
    enum dns_type type;
    uint64_t asked_ms;    /* set by whoever submits, before */
    uint64_t answered_ms; /* this and `answer`: to be read once dns_lookup_is_done() */
    struct dns_answer answer;
    struct dns_observer store;    /* the cache's: told first */
    struct dns_observer observer; /* the asker's: told second; may be empty */
    uint8_t subject[16];          /* the asker's own, for its observer */
    struct dns_lookup *next;      /* the transport's queue */
    void *carrier;                /* the transport's own */
    size_t name_length;
    char name[]; /* NUL-terminated */
};

/* With one reference. NULL: out of memory. */
struct dns_lookup *dns_lookup_create(struct slice name, enum dns_type type);
struct dns_lookup *dns_lookup_ref(struct dns_lookup *lookup);
void dns_lookup_unref(struct dns_lookup *lookup); /* NULL allowed */

bool dns_lookup_is_done(const struct dns_lookup *lookup);

/* Waits until it is done or `timeout_ms` have passed; tells whether it is done. 0 does not wait. */
bool dns_lookup_wait(struct dns_lookup *lookup, uint64_t timeout_ms);

/* The transport's side: takes over `answer` with its text. Exactly once. */
void dns_lookup_complete(struct dns_lookup *lookup, const struct dns_answer *answer, uint64_t now_ms);

/*
 * Who carries lookups to a server: the resolver, or a test's fake. `submit` takes over one reference, cannot
 * fail and never completes the lookup before it returns. `has_room` false: too many are on their way, do not
 * submit (a soft bound: a few racing threads may still pass it).
 */
struct dns_transport {
    void (*submit)(void *context, struct dns_lookup *lookup);
    bool (*has_room)(void *context);
    void *context;
};

#endif
