/*
 * What had to be asked for: answers that come from other machines or from live state, as facts.
 *
 * Gathered before the checks decide, so that deciding waits for nothing and asks nobody, and kept with the
 * message's facts, so that the same message can be judged again from its record. All belongs to the message's
 * talloc context, or lives as long as its session.
 */
#ifndef CLOSEDRELAY_FACTS_GATHERED_H
#define CLOSEDRELAY_FACTS_GATHERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a DNS list says of the client. */
enum list_verdict {
    LIST_NOT_LISTED,
    LIST_LISTED,  /* and the list was proven sane afterwards */
    LIST_UNKNOWN, /* see `why` */
    LIST_SKIPPED, /* the list has no IPv6 and the client is not IPv4 */
};

struct list_answer {
    const char *list; /* its name for people: never a zone with a key */
    enum list_verdict verdict;
    /* UNKNOWN: a stable token: suspended, untested, timeout, busy, unproven, failed, error_code */
    const char *why;
    const char *why_text;  /* the same in words */
    const char *trouble;   /* UNKNOWN, suspended: because of this, in words; else NULL */
    const uint32_t *codes; /* LISTED: the addresses, host order */
    size_t code_count;
    const char *text; /* LISTED: the TXT, if wanted and there in time; it may hold the list's key */
    uint64_t age_ms;  /* since the answer arrived; 0 without */
    uint32_t ttl_seconds;
};

/* A block that is in force for the message (live/blocks.h). */
struct gathered_block {
    const char *target; /* "user", "domain", "customer", "client" */
    const char *whom;
    const char *reason;
    int64_t until_us; /* wall clock; INT64_MAX: until it is lifted */
    bool is_lock;
    bool is_external_only;
};

/* How a limit stood when it was last asked for this message. */
struct limit_level {
    const char *limit; /* "user recipients 500/1h" */
    const char *key;   /* "ann@example.com" */
    uint64_t capacity, used, remaining;
    int64_t clears_us; /* wall clock: when it would fit; INT64_MAX: never */
    int64_t reset_us;  /* when all of it is free again */
    bool is_exceeded;
    bool is_share; /* the shared store is away: of this server's share of the limit */
};

/* A login that is on the ladder of the check account, as it stood at MAIL. */
/* One of the things that speak for a theft: "192 of the last 192 recipients were never written to". */
struct account_reason {
    const char *family; /* "recipients", …; "": none is told */
    unsigned points;
    const char *words;
};

struct gathered_account {
    unsigned step;   /* enum account_step of accounts/accounts_settings.h */
    uint64_t points; /* the most since it is there */
    uint64_t messages_of_hour;
    const char *evidence;                 /* in words */
    const struct account_reason *reasons; /* the same one by one, the most first */
    size_t reason_count;
};

struct gathered_facts {
    /* Who logged in to a mailbox from the client's address a moment ago: the login, or where nobody was named
     * the address; NULL: nobody, or it was not asked because it does not matter. */
    const char *recent_login;
    /* What the lists say, in the order of the configuration; NULL: none was asked, or `lists_missing`. */
    const struct list_answer *lists;
    size_t list_count;
    const char *lists_missing;          /* why there are no answers: "offline", "out_of_memory"; or NULL */
    const struct gathered_block *block; /* NULL: none is in force */
    const struct gathered_account *account; /* NULL: it is not on the ladder */
    bool blocks_missing;                    /* there may be one: memory ran out */
    /* The limits that concern the message, as they stood at the last recipient, or at the end. */
    struct limit_level *limits;
    size_t limit_count;
    const char
        *limits_missing; /* why they are not known: "offline", "store_away", "out_of_memory"; or NULL */
};

#endif
