/*
 * The block lists in use: their health, kept over reloads, and the tests that keep it true.
 *
 * A list is known by its zone and lives as long as the set, so that sessions may hold on to it while the
 * configuration changes; one that no configuration names any more is no longer tested. Tests run on the
 * transport's thread, driven by block_lists_tick() and by the answers themselves; changes of state are logged
 * once, with the zone masked. Any thread may call everything here.
 */
#ifndef CLOSEDRELAY_DNS_BLOCK_LISTS_H
#define CLOSEDRELAY_DNS_BLOCK_LISTS_H

#include "base/clock.h"
#include "dns/dns_client.h"
#include "dns/list_health.h"

struct block_lists;
struct block_list;

struct block_lists_options {
    struct dns_client *client;
    struct clock clock;
    uint64_t seed;        /* random */
    unsigned waiting_max; /* threads that may wait for answers at a time; more are told "unknown" at once */
    /* Asks for an early tick; may be empty where somebody else ticks often enough. */
    void (*wake)(void *context);
    void *wake_context;
};

struct block_lists *block_lists_create(const struct block_lists_options *options); /* NULL: no memory */
void block_lists_destroy(struct block_lists *set); /* after the transport, before the client */

enum { LIST_ERROR_RANGES_MAX = 8, LIST_SHOWN_BYTES = 254 };

struct list_settings {
    struct slice zone;                   /* as dns_zone_parse() gives it */
    const char *shown;                   /* its name for people; NULL: the zone, masked */
    struct list_code_ranges error_codes; /* at most LIST_ERROR_RANGES_MAX are kept */
    bool wants_text;                     /* fetch the TXT of listed addresses */
    struct list_health_options health;
};

/* The lists of a new configuration; new ones are tested at once, those not named are left alone from now on.
 * False: out of memory, some may be missing. */
bool block_lists_configure(struct block_lists *set, const struct list_settings *settings, size_t count);

/* Another limit for threads that wait; options.waiting_max until then. */
void block_lists_limit_waiting(struct block_lists *set, unsigned waiting_max);

/* The list of that zone, or NULL. Valid as long as the set. */
struct block_list *block_lists_find(struct block_lists *set, struct slice zone);

/* For resolver_set_tick(): begins the tests that are due; returns when to be called again. */
uint64_t block_lists_tick(void *set, uint64_t now_ms);

struct list_status {
    char shown[LIST_SHOWN_BYTES];
    enum list_state state;
    enum list_trouble trouble;
    uint32_t trouble_code;                      /* 0: none */
    uint64_t since_ms, next_test_ms, proven_ms; /* monotonic; proven_ms 0: never */
    uint32_t latency_ms;
    bool ipv6_works;
    bool retired; /* no longer in the configuration */
    uint64_t listed_count, not_listed_count, failed_count, suspended_count; /* answers; times suspended */
};

/* Fills up to `capacity`, in the order they were first configured; returns how many there are. */
size_t block_lists_get_status(struct block_lists *set, struct list_status *statuses, size_t capacity);

/* Threads that wait for answers right now. */
unsigned block_lists_waiting_count(const struct block_lists *set);

#endif
