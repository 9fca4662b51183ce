/* What resolver.c (any thread) and resolver_thread.c (the one thread) share. */
#ifndef CLOSEDRELAY_DNS_RESOLVER_PRIVATE_H
#define CLOSEDRELAY_DNS_RESOLVER_PRIVATE_H

#include "dns/resolver.h"

/* What c-ares 1.34 (Debian 13) calls deprecated is what 1.18 (Debian 12) has. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <pthread.h>

enum { RESOLVER_OLD_CHANNELS_MAX = 4 };

/* A c-ares channel with its questions. Thread only. */
struct resolver_channel {
    struct resolver *resolver;
    ares_channel handle;
    unsigned open_count; /* questions not yet answered */
};

typedef uint64_t (*resolver_tick)(void *context, uint64_t now_ms);

struct resolver {
    struct clock clock;
    pthread_t thread;
    int wake_fd;
    atomic_uint in_flight;
    atomic_uint in_flight_max;
    atomic_bool stopping;
    atomic_ullong asked_count, answered_count, failed_count;

    pthread_mutex_t lock; /* guards down to the next empty line */
    pthread_cond_t tick_ended;
    struct dns_lookup *queue_first, *queue_last;
    struct resolver_options options;
    char *resolv_conf; /* what options.resolv_conf points to */
    bool options_changed;
    resolver_tick tick;
    void *tick_context;
    bool tick_running;
    bool tick_wanted;
    struct resolver_server servers[RESOLVER_SERVERS_MAX]; /* in use, for the status */
    unsigned server_count;
    bool usable;

    /* Thread only. */
    struct resolver_channel *current;
    struct resolver_channel *old[RESOLVER_OLD_CHANNELS_MAX];
    unsigned first_server; /* rotation while the first servers do not answer */
    uint64_t rotated_ms;
    unsigned timeouts_in_a_row; /* questions that needed more than one server */
    bool rotation_said;         /* logged, and the first server has not answered since */
    uint64_t tick_due_ms;
};

/* The thread's main function; takes the struct resolver. */
void *resolver_thread(void *argument);

/* Ends whatever is queued as DNS_OUTCOME_CANCELLED. On the thread, or after its end. */
void resolver_drain(struct resolver *resolver);

/* Completes a lookup without having asked. */
void resolver_fail(struct resolver *resolver, struct dns_lookup *lookup, enum dns_outcome outcome);

/* A channel by these options, beginning with server resolver->first_server. NULL: no memory or no server. */
struct resolver_channel *resolver_channel_open(struct resolver *resolver,
                                               const struct resolver_options *options);
void resolver_channel_close(
    struct resolver_channel *channel); /* open questions end as cancelled; NULL allowed */
void resolver_channel_ask(struct resolver_channel *channel, struct dns_lookup *lookup);

#endif
