/*
 * What a name server said, read from the wire.
 *
 * The reader never follows a compression pointer: it needs no name, only to get past it. So a loop of
 * pointers has nothing to turn in, and each byte is looked at once. The number of records read is bounded;
 * what lies beyond is cut and said so.
 */
#ifndef CLOSEDRELAY_DNS_DNS_ANSWER_H
#define CLOSEDRELAY_DNS_DNS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_type { DNS_TYPE_A = 1, DNS_TYPE_SOA = 6, DNS_TYPE_TXT = 16 };

enum dns_outcome {
    DNS_OUTCOME_RECORDS,  /* at least one record of the type asked for */
    DNS_OUTCOME_NO_NAME,  /* NXDOMAIN */
    DNS_OUTCOME_NO_DATA,  /* the name exists without such a record */
    DNS_OUTCOME_SERVFAIL, /* and FORMERR, NOTIMP */
    DNS_OUTCOME_REFUSED,
    DNS_OUTCOME_TIMEOUT,
    DNS_OUTCOME_UNREACHABLE, /* none of the servers could be reached or was able to answer */
    DNS_OUTCOME_MALFORMED,   /* an answer came that cannot be read */
    DNS_OUTCOME_CANCELLED,   /* the resolver is shutting down or has no memory */
};

enum { DNS_ANSWER_ADDRESSES_MAX = 8, DNS_ANSWER_TEXT_BYTES_MAX = 320, DNS_ANSWER_RECORDS_MAX = 64 };

struct dns_answer {
    enum dns_outcome outcome;
    uint32_t ttl_seconds;  /* the least of the records; for NO_NAME and NO_DATA by the SOA (RFC 2308, 5) */
    bool has_ttl;          /* false: a negative answer without SOA */
    bool cut;              /* there was more than the bounds hold */
    uint8_t address_count; /* A */
    uint32_t addresses[DNS_ANSWER_ADDRESSES_MAX]; /* host order, in the order received */
    char *text;                                   /* TXT: printable ASCII, bounded, malloc()ed; else NULL */
};

/* RECORDS, NO_NAME or NO_DATA: the server has decided. Everything else is a failure. */
bool dns_outcome_is_decided(enum dns_outcome outcome);

/* "no such name", "timed out", … for logs and records. */
const char *dns_outcome_text(enum dns_outcome outcome);

/*
 * Reads a whole DNS message that answers a question for `type`. Always fills `answer`; bad input gives
 * DNS_OUTCOME_MALFORMED. The caller frees the text with dns_answer_deinit().
 */
void dns_answer_read(struct dns_answer *answer, const uint8_t *message, size_t length, enum dns_type type);

void dns_answer_deinit(struct dns_answer *answer);

#endif
