/*
 * Whether a block list can be believed.
 *
 * Lists die, lie, stall and bill: a closed one lists the whole world, a lapsed domain answers for every name,
 * an emptied one lists nobody, a service answers with an error code to whom it does not like, and dead name
 * servers cost every message a wait. This state machine decides from tests (list_test.h) and from live
 * answers whether a list is asked, and whether what it says counts:
 *
 *   untested   before the first test has answered: asked, but nothing it says counts
 *   healthy    asked; a listing counts once a test begun after it arrived has passed ("proven")
 *   suspended  not asked; tested again after a growing pause, and back by itself when a test passes
 *   unusable   the same, but its zone does not exist or it has failed for a day: a person should look
 *
 * So a list that turns into a liar between two tests refuses nobody: its first lie asks for a proof and fails
 * it. Answers from before the test that heals a list are not believed afterwards (`believed_from_ms`).
 *
 * Pure: no locks, no clock, no randomness but the seed; the caller holds a lock (block_lists.c). Times are
 * monotonic milliseconds.
 */
#ifndef CLOSEDRELAY_DNS_LIST_HEALTH_H
#define CLOSEDRELAY_DNS_LIST_HEALTH_H

#include "dns/dns_answer.h"

#include <netinet/in.h>
#include <stdint.h>

enum list_state { LIST_UNTESTED, LIST_HEALTHY, LIST_SUSPENDED, LIST_UNUSABLE };

enum list_trouble {
    LIST_TROUBLE_NONE,
    LIST_TROUBLE_EMPTY,       /* 127.0.0.2 is not listed */
    LIST_TROUBLE_NO_ZONE,     /* nor does the zone exist */
    LIST_TROUBLE_LISTS_ALL,   /* 127.0.0.1, or a name nobody has, is listed */
    LIST_TROUBLE_LISTS_KNOWN, /* addresses are listed that were not before */
    LIST_TROUBLE_HIT_RATIO,   /* nearly all that is asked for is listed, unlike before */
    LIST_TROUBLE_ERROR_CODE,  /* 127.255.255.0/24, or a code that this list uses to refuse */
    LIST_TROUBLE_OUTSIDE,     /* an answer outside 127/8 */
    LIST_TROUBLE_SERVFAIL,
    LIST_TROUBLE_REFUSED,
    LIST_TROUBLE_TIMEOUT,
    LIST_TROUBLE_UNREACHABLE,
    LIST_TROUBLE_UNREADABLE,
    LIST_TROUBLE_SLOW,
    LIST_TROUBLE_COUNT
};

/* "healthy", …; "lists everybody", … in words for people. */
const char *list_state_name(enum list_state state);
const char *list_trouble_text(enum list_trouble trouble);

/* What one answer says. */
enum list_reply_kind {
    LIST_REPLY_LISTED,
    LIST_REPLY_NOT_LISTED,
    LIST_REPLY_INVALID, /* an error code or an answer outside 127/8: `trouble` says which */
    LIST_REPLY_FAILED,  /* no decided answer */
};

struct list_code_range {
    uint32_t first, last; /* host order, both included */
};

struct list_code_ranges {
    const struct list_code_range *items;
    size_t count;
};

bool list_code_in(const struct list_code_ranges *ranges, uint32_t code);

struct list_reply {
    enum list_reply_kind kind;
    enum list_trouble trouble; /* for INVALID and FAILED */
    uint32_t code;             /* the first address, or the invalid one; 0: none */
    bool cancelled;            /* FAILED by our own doing: says nothing about the list */
};

/* `errors`: codes that this list uses to refuse, besides 127.255.255.0/24; may be NULL. One
 * invalid address makes the whole reply invalid. */
struct list_reply list_reply_read(const struct dns_answer *answer, const struct list_code_ranges *errors);

struct list_health_options {
    bool has_test_points;         /* false: a private list without 127.0.0.2; the other tests still hold */
    uint64_t test_every_ms;       /* a healthy list, ±10 % */
    uint64_t retry_first_ms;      /* pause before a suspended list is tested again, ±10 % … */
    uint64_t retry_most_ms;       /* … doubled up to this */
    uint64_t slow_ms;             /* suspended when answers take longer on average */
    unsigned failures_to_suspend; /* in a row */
};

/* Test points; tested hourly; retried after 15 s, 30 s, … 15 min; slow over 1.5 s; 3 failures in a row. */
struct list_health_options list_health_options_default(void);

enum list_test_kind {
    LIST_TEST_PROOF, /* does it list what nobody would list? */
    LIST_TEST_FULL,  /* and: does it list its test points, and IPv6? */
};

struct list_test_result {
    enum list_test_kind kind;
    uint64_t begun_ms;
    enum list_trouble trouble;   /* NONE: passed */
    uint32_t code;               /* that gave the trouble away */
    bool inconclusive;           /* could not be asked: by our own doing */
    bool ipv6_known, ipv6_works; /* FULL: its IPv6 test points */
};

struct list_live_answer {
    struct list_reply reply;
    uint64_t latency_ms;
    const struct in6_addr *client;
};

enum { LIST_CONTROLS_MAX = 8, LIST_WINDOW = 64 };

struct list_health {
    struct list_health_options options;
    enum list_state state;
    enum list_trouble trouble;
    uint32_t trouble_code;
    uint64_t since_ms; /* in this state */
    uint64_t next_test_ms;
    uint64_t proven_ms;        /* when the last passed test began; 0: none */
    uint64_t proof_wanted_ms;  /* when the last listing arrived */
    uint64_t believed_from_ms; /* answers that arrived earlier are not believed */
    bool ipv6_works;
    bool testing;
    uint64_t begun_ms; /* the last test */
    bool suspicious;   /* by its hit ratio: the next proof asks for all controls */

    uint64_t troubled_ms; /* when the present trouble began, through all tries */
    unsigned attempts;    /* tests failed in a row, for the pause */
    unsigned failures;    /* live answers failed in a row */
    uint32_t latency_ms;  /* smoothed */
    unsigned latency_count;
    uint64_t window; /* the last answers, 1: listed */
    unsigned window_count;
    double usual_ratio; /* of what has left the window */
    unsigned usual_count;
    struct in6_addr controls[LIST_CONTROLS_MAX]; /* asked for and not listed */
    unsigned control_count, control_next;
    uint64_t random;
};

void list_health_init(struct list_health *health, const struct list_health_options *options, uint64_t seed,
                      uint64_t now_ms);

/* Other options for the same list, after a reload; one that is suspended is tested at once. */
void list_health_configure(struct list_health *health, const struct list_health_options *options,
                           uint64_t now_ms);

bool list_health_is_askable(const struct list_health *health);

/* Whether a test should begin now, and which. */
bool list_health_wants_test(const struct list_health *health, uint64_t now_ms, enum list_test_kind *kind);
void list_health_test_begun(struct list_health *health, uint64_t now_ms);

/* When to look at list_health_wants_test() again if nothing happens before. */
uint64_t list_health_next_ms(const struct list_health *health);

/* The results: true when the state has changed, which is to be said. */
bool list_health_test_ended(struct list_health *health, const struct list_test_result *result,
                            uint64_t now_ms);
bool list_health_answered(struct list_health *health, const struct list_live_answer *answer, uint64_t now_ms);

/* Whether a listing that arrived at `obtained_ms` counts now. */
bool list_health_is_proven(const struct list_health *health, uint64_t obtained_ms);

#endif
