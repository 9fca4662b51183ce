/*
 * What one record of a message adds to the sums, and under which names: the same for the roll-up of a closed
 * file (rollup.h) and for a report that reads the lines themselves. Pure functions.
 */
#ifndef CLOSEDRELAY_RECORD_RECORD_SUMS_H
#define CLOSEDRELAY_RECORD_RECORD_SUMS_H

#include "facts/ip_address.h"
#include "facts/role.h"
#include "record/record_reader.h"

/* What is counted of messages. */
struct record_counts {
    uint64_t messages;
    uint64_t accepted; /* of them; those put on hold are not among them */
    uint64_t held;
    uint64_t deferred;
    uint64_t refused;
    uint64_t aborted;
    uint64_t would;              /* a stricter verdict, were everything in monitor mode enforced */
    uint64_t recipients;         /* that accepted and held messages go to */
    uint64_t recipients_refused; /* of all messages: refused, deferred or dropped */
    uint64_t bytes;              /* of accepted and held messages */
};

void record_counts_add(struct record_counts *sum, const struct record_counts *more);

/* Of one message. Names are "" where there is nothing to count by; they point into the record or into the
 * texts here, whose owner frees them (record_sums_init, record_sums_deinit). */
struct record_sums {
    struct record_counts counts;
    enum role role;
    struct slice user;
    struct slice domain; /* of the user, else of the sender; of what came from outside and went on, of the
                            first recipient */
    struct slice customer;
    struct slice client; /* its address; IPv6: its /64 */
    uint32_t network;    /* record_network() of the client */
    /* private */
    struct strbuf user_text, domain_text, customer_text, check_text;
    char client_text[IP_ADDRESS_TEXT_BYTES + 4];
};

void record_sums_init(struct record_sums *sums);
void record_sums_deinit(struct record_sums *sums);

/* Reads the record of a message. */
void record_sums_read(struct record *record, struct record_sums *sums);

typedef void (*record_sums_visitor)(void *context, struct slice name, const struct record_counts *counts);

/* "CHECK REASON" of what was not just accepted: of the message, of what monitor mode would have made of it,
 * and of each recipient that was refused. After record_sums_read of the same record. */
void record_sums_visit_checks(struct record *record, struct record_sums *sums, record_sums_visitor visit,
                              void *context);

/* Each DNS list: `messages`, it was asked; `refused`, it listed the client; `deferred`, it did not answer. */
void record_sums_visit_lists(struct record *record, record_sums_visitor visit, void *context);

/* The network of an address as it stands in a record (IPv4 /24, IPv6 /48), as a hash; 0: it is none. */
uint32_t record_network(struct slice ip);

#endif
