/*
 * The resolver: one thread that owns the c-ares channel and carries all questions.
 *
 * c-ares 1.18 locks nothing and caches nothing, so no other thread ever touches the channel: they enqueue a
 * lookup, wake the thread by an eventfd and wait on the lookup. c-ares does ids, source ports, retries,
 * fail-over between servers, EDNS and TCP after truncation; sockets are opened anew whenever all questions
 * are answered and after any error, so a name server may be restarted at any time. Only ares_query is used.
 *
 * New settings are a new channel: the old one is kept until its last question is answered. No mail data
 * passes here, and nothing is decided.
 */
#ifndef CLOSEDRELAY_DNS_RESOLVER_H
#define CLOSEDRELAY_DNS_RESOLVER_H

#include "base/clock.h"
#include "dns/dns_lookup.h"
#include "dns/dns_name.h"

enum { RESOLVER_SERVERS_MAX = 8 };

struct resolver_server {
    struct in6_addr address; /* IPv4 in its mapped form */
    uint16_t port;           /* UDP and TCP */
};

struct resolver_options {
    struct resolver_server servers[RESOLVER_SERVERS_MAX];
    unsigned server_count;   /* 0: those of resolv_conf */
    const char *resolv_conf; /* NULL: /etc/resolv.conf */
    unsigned timeout_ms;     /* for a lookup with all its tries; 100 to 60000 */
    unsigned tries;          /* rounds over all servers; 1 to 5; each round waits twice as long */
    bool edns;               /* offer 1232 bytes (RFC 6891) */
    unsigned in_flight_max;  /* lookups on their way at a time */
};

/* resolv.conf, 2 s, 2 tries, EDNS, 10,000 in flight. */
struct resolver_options resolver_options_default(void);

struct resolver;

/* Starts the thread, with all signals blocked. NULL: no memory, thread or descriptor; errno says which. */
struct resolver *resolver_create(const struct resolver_options *options, struct clock clock);

/* Completes what is on its way as DNS_OUTCOME_CANCELLED, and ends the thread. NULL allowed. */
void resolver_destroy(struct resolver *resolver);

/* Other settings for all questions from now on. Any thread. */
void resolver_configure(struct resolver *resolver, const struct resolver_options *options);

/*
 * Calls `tick(context, now_ms)` on the resolver's thread, at once and whenever the monotonic time it last
 * returned is reached. It must not block. NULL stops it; when this returns, no tick is running any more.
 */
void resolver_set_tick(struct resolver *resolver, uint64_t (*tick)(void *context, uint64_t now_ms),
                       void *context);

/* Has the tick called soon, because something came up before its time. Any thread. */
void resolver_wake(struct resolver *resolver);

struct dns_transport resolver_transport(struct resolver *resolver);

struct resolver_status {
    struct resolver_server servers[RESOLVER_SERVERS_MAX];
    unsigned server_count;
    /* "Google" where a server is a public one that block lists refuse; else NULL */
    const char *public_service;
    bool usable;             /* false: no channel could be made; every lookup fails */
    uint64_t asked_count;    /* questions given to c-ares since the start */
    uint64_t answered_count; /* of them, decided answers */
    uint64_t failed_count;
    unsigned in_flight;
};

void resolver_get_status(struct resolver *resolver, struct resolver_status *status);

#endif
