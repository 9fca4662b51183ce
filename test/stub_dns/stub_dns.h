/*
 * A name server for tests that misbehaves as told.
 *
 * It answers on 127.0.0.1 by UDP and TCP from a thread of its own, by rules:
 *
 *     # PATTERN  TYPE  WORDS…                       the first rule that matches answers
 *     2.0.0.127.list.test  A    a=127.0.0.2 ttl=300
 *     2.0.0.127.list.test  TXT  txt=see_list.test   ('_' stands for a space)
 *     *.dead.test          *    drop                any name below dead.test, any type
 *
 * Words: a=IP[,IP…] txt=TEXT ttl=SECONDS soa=SECONDS (MINIMUM of the SOA of a negative answer) nosoa nodata
 * nxdomain servfail refused drop delay=MS truncate (UDP says so, TCP has it all) wrong-id wrong-question loop
 * (a compression pointer to itself) flood=COUNT (that many records) garbage. What no rule matches does not
 * exist, with an SOA of 60 s. Every question is counted by name.
 *
 * A TXT question for NAME.count.stub is answered with the number of questions for NAME, total.count.stub with
 * that of all; these are not counted themselves.
 */
#ifndef CLOSEDRELAY_TEST_STUB_DNS_H
#define CLOSEDRELAY_TEST_STUB_DNS_H

#include <stdbool.h>
#include <stdint.h>

struct stub_dns;

/* `port` 0: any free one. NULL: the port is taken, or the rules are wrong (said on stderr). */
struct stub_dns *stub_dns_start(const char *rules, uint16_t port);
struct stub_dns *stub_dns_start_ipv6(const char *rules); /* the same on ::1 */
void stub_dns_stop(struct stub_dns *stub);

uint16_t stub_dns_port(const struct stub_dns *stub);

/* Other rules from now on; false leaves the old ones. */
bool stub_dns_set_rules(struct stub_dns *stub, const char *rules);

/* Questions since the start, or since they were forgotten, for this name (any type); "*.zone": for all below;
 * NULL: all. */
unsigned stub_dns_count(struct stub_dns *stub, const char *name);
void stub_dns_forget_counts(struct stub_dns *stub);

#endif
