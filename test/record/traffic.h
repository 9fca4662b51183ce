/* A year of mail of a made-up provider, the same for the same seed: what record_generate writes down. */
#ifndef CLOSEDRELAY_TEST_TRAFFIC_H
#define CLOSEDRELAY_TEST_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

struct traffic_plan {
    uint64_t records;
    uint64_t users; /* ten to a domain, forty to a customer */
    uint64_t days;
    uint64_t seed;
    int64_t start_sec; /* since 1970, a midnight in UTC */
};

enum traffic_role { TRAFFIC_SUBMISSION, TRAFFIC_TRUSTED, TRAFFIC_LOCAL, TRAFFIC_OUTSIDE };

enum traffic_fate {
    TRAFFIC_ACCEPTED,
    TRAFFIC_NOT_LOCAL,  /* refused at RCPT: relay */
    TRAFFIC_LISTED,     /* refused at RCPT: dnsbl */
    TRAFFIC_NOT_OWN,    /* refused at RCPT: sender */
    TRAFFIC_TOO_MANY,   /* refused at the end: recipients */
    TRAFFIC_BLOCKED,    /* refused at the end: attachments */
    TRAFFIC_TOO_LARGE,  /* refused at the end: size */
    TRAFFIC_UNREADABLE, /* held: attachments */
    TRAFFIC_LATER,      /* deferred at the end: attachments, unknown */
    TRAFFIC_MONITORED,  /* accepted; sender in monitor mode would have refused it */
    TRAFFIC_GIVEN_UP,   /* the client left */
};

struct traffic_message {
    uint64_t number;
    int64_t time_us;
    enum traffic_role role;
    enum traffic_fate fate;
    uint64_t user, domain, customer; /* of a submission, else of whom it is for */
    uint32_t client;                 /* IPv4 address */
    unsigned recipients;
    uint64_t size_bytes;
    uint64_t random; /* for whatever else is wanted */
};

/* Calls `take` for each message, in order of time. */
void traffic_run(const struct traffic_plan *plan,
                 void (*take)(void *context, const struct traffic_message *message), void *context);

bool traffic_is_refused_at_rcpt(const struct traffic_message *message);
/* It went on to its recipients, or into the hold queue. */
bool traffic_is_accepted(const struct traffic_message *message);

#endif
