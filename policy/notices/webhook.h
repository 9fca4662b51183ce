/*
 * A webhook: notices wait in a bounded queue and are POSTed one after the other by a thread of their own.
 *
 * Whoever offers a notice never waits for the network. What is not taken (an answer of 5xx, 429, 408; no
 * answer) is sent again after 1 s, 2 s, 4 s, … up to 10 minutes, for a day; what is refused (any other
 * answer, a redirection too) is not. Where the queue is full the newest notice is dropped and counted: the
 * oldest tells what began it. Each body is signed: X-Closedrelay-Signature: sha256=HEX, the HMAC (RFC 2104)
 * of the body's bytes under the secret.
 */
#ifndef CLOSEDRELAY_NOTICES_WEBHOOK_H
#define CLOSEDRELAY_NOTICES_WEBHOOK_H

#include "base/clock.h"
#include "base/strbuf.h"

enum { WEBHOOK_WAITING_MAX = 200, WEBHOOK_SECRET_BYTES_MAX = 4096 };

/* How to reach it; copied. */
struct webhook_target {
    const char *url;     /* http or https */
    struct slice secret; /* empty: bodies are not signed */
    const char *ca_file; /* whom to trust for https; "": the system's */
    unsigned kinds;      /* 1 << enum notice_kind: which notices it gets */
};

struct webhook;

/* Once in the process, before the first webhook and before other threads. False: it cannot be used. */
bool webhook_init(void);

/* Starts the thread. NULL: no memory, or no thread. */
struct webhook *webhook_create(const struct webhook_target *target, const struct clock *clock);
/* Ends what is under way, within a second or so; what waits is lost. NULL is allowed. */
void webhook_destroy(struct webhook *webhook);

/* Whether URL and ca_file are those of `target`: then what waits may go there. */
bool webhook_is_for(const struct webhook *webhook, const struct webhook_target *target);
/* Secret and kinds become those of `target`. False: no memory. */
bool webhook_change(struct webhook *webhook, const struct webhook_target *target);

/* Takes a copy of the body, unless the webhook is not for its kind or its queue is full. Any thread; waits
 * for nobody. */
void webhook_offer(struct webhook *webhook, unsigned kind, const char *event, struct slice body);

struct webhook_state {
    char host[128]; /* of its URL, which may be a secret as a whole */
    size_t waiting; /* the one that is being sent included */
    uint64_t sent, refused, dropped;
    unsigned failures; /* attempts that failed since the last one that did not */
    char trouble[160]; /* of the last failure; "" where none since */
};

/* Any thread. */
void webhook_get_state(struct webhook *webhook, struct webhook_state *state);

#endif
