/*
 * One test of a block list: what to ask for, and what the answers prove (RFC 5782, 5).
 *
 * A proof asks for what nobody would list: 127.0.0.1 (and ::FFFF:7F00:1 where the list has IPv6), a random
 * name, which no cache on the way can have an old answer for, and some addresses that the list did not list
 * before. A full test asks besides for what must be listed, 127.0.0.2 and ::FFFF:7F00:2, and for the zone
 * itself.
 *
 * Pure: names go out, answers come in; block_lists.c carries them.
 */
#ifndef CLOSEDRELAY_DNS_LIST_TEST_H
#define CLOSEDRELAY_DNS_LIST_TEST_H

#include "dns/dns_name.h"
#include "dns/list_health.h"

enum list_probe_kind {
    LIST_PROBE_RANDOM,  /* a random label: never listed */
    LIST_PROBE_NEVER4,  /* 127.0.0.1 */
    LIST_PROBE_NEVER6,  /* ::FFFF:7F00:1, by nibble */
    LIST_PROBE_ALWAYS4, /* 127.0.0.2 */
    LIST_PROBE_ALWAYS6, /* ::FFFF:7F00:2 */
    LIST_PROBE_ZONE,    /* SOA */
    LIST_PROBE_CONTROL, /* not listed earlier */
};

enum { LIST_PROBES_MAX = 6 + LIST_CONTROLS_MAX, LIST_PROOF_CONTROLS = 3 };

struct list_probe {
    enum list_probe_kind kind;
    enum dns_type type;
    struct dns_name name;
};

/* What a test of this list asks for; returns how many probes. `random` chooses the label and the controls. */
unsigned list_test_plan(struct list_probe probes[LIST_PROBES_MAX], struct slice zone,
                        enum list_test_kind kind, const struct list_health *health, uint64_t random);

struct list_probe_answer {
    enum list_probe_kind kind;
    struct list_reply reply;
    bool name_exists; /* not NXDOMAIN; for ZONE */
    uint64_t latency_ms;
};

struct list_test_result list_test_judge(enum list_test_kind kind, const struct list_probe_answer *answers,
                                        unsigned count, const struct list_health_options *options);

#endif
