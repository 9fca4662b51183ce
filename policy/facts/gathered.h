/*
 * What had to be asked for: answers that come from other machines or from live state, as facts.
 *
 * Gathered before the checks decide, so that deciding waits for nothing and asks nobody, and kept with the
 * message's facts, so that the same message can be judged again from its record. All belongs to the message's
 * talloc context, or lives as long as its session.
 */
#ifndef CLOSEDRELAY_FACTS_GATHERED_H
#define CLOSEDRELAY_FACTS_GATHERED_H

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

struct gathered_facts {
    /* Who logged in to a mailbox from the client's address a moment ago: the login, or where nobody was named
     * the address; NULL: nobody, or it was not asked because it does not matter. */
    const char *recent_login;
    /* What the lists say, in the order of the configuration; NULL: none was asked, or `lists_missing`. */
    const struct list_answer *lists;
    size_t list_count;
    const char *lists_missing; /* why there are no answers: "offline", "out_of_memory"; or NULL */
};

#endif
