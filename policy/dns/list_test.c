#include "dns/list_test.h"

#include <assert.h>

enum { CONTROLS_LEAST = 2, RANDOM_LABEL_BYTES = 14 };

/* ---- plan -------------------------------------------------------------------------------------------- */

struct plan {
    struct list_probe *probes;
    unsigned count;
    struct slice zone;
};

static struct list_probe *next_probe(struct plan *plan, enum list_probe_kind kind, enum dns_type type)
{
    assert(plan->count < LIST_PROBES_MAX);
    struct list_probe *probe = &plan->probes[plan->count];
    probe->kind = kind;
    probe->type = type;
    return probe;
}

static void plan_address(struct plan *plan, enum list_probe_kind kind, const struct in6_addr *address)
{
    if (dns_name_reverse(&next_probe(plan, kind, DNS_TYPE_A)->name, address, plan->zone))
        plan->count++;
}

static void plan_ipv4(struct plan *plan, enum list_probe_kind kind, uint32_t ipv4)
{
    struct in6_addr address = dns_address_ipv4(ipv4);
    plan_address(plan, kind, &address);
}

/* RFC 5782 writes the IPv6 test points as mapped addresses, which are asked for by nibble all the same. */
static void plan_nibbles(struct plan *plan, enum list_probe_kind kind, char last)
{
    static const char middle[] = ".0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";
    char reversed[sizeof middle + 1];
    struct list_probe *probe = next_probe(plan, kind, DNS_TYPE_A);
    reversed[0] = last;
    memcpy(reversed + 1, middle, sizeof middle);
    size_t length = sizeof middle;
    if (length + 1 + plan->zone.length > DNS_NAME_BYTES_MAX)
        return;
    memcpy(probe->name.text, reversed, length);
    probe->name.text[length] = '.';
    memcpy(probe->name.text + length + 1, plan->zone.data, plan->zone.length);
    probe->name.length = length + 1 + plan->zone.length;
    probe->name.text[probe->name.length] = '\0';
    plan->count++;
}

static void plan_random(struct plan *plan, uint64_t random)
{
    static const char letters[] =
        "abcdefghijkmnpqrstuvwxyz"; /* no digits: nothing that looks like an address */
    char label[RANDOM_LABEL_BYTES];
    for (unsigned i = 0; i < sizeof label; i++) {
        label[i] = letters[random % (sizeof letters - 1)];
        random = random / (sizeof letters - 1) ^ random << 41;
    }
    if (dns_name_under(&next_probe(plan, LIST_PROBE_RANDOM, DNS_TYPE_A)->name,
                       slice_make(label, sizeof label), plan->zone))
        plan->count++;
}

static void plan_zone(struct plan *plan)
{
    struct list_probe *probe = next_probe(plan, LIST_PROBE_ZONE, DNS_TYPE_SOA);
    memcpy(probe->name.text, plan->zone.data, plan->zone.length);
    probe->name.text[plan->zone.length] = '\0';
    probe->name.length = plan->zone.length;
    plan->count++;
}

unsigned list_test_plan(struct list_probe probes[LIST_PROBES_MAX], struct slice zone,
                        enum list_test_kind kind, const struct list_health *health, uint64_t random)
{
    struct plan plan = {probes, 0, zone};
    bool full = kind == LIST_TEST_FULL;
    unsigned controls = full || health->suspicious ? LIST_CONTROLS_MAX : LIST_PROOF_CONTROLS;
    plan_random(&plan, random);
    if (health->options.has_test_points) {
        plan_ipv4(&plan, LIST_PROBE_NEVER4, 0x7f000001);
        if (full || health->ipv6_works)
            plan_nibbles(&plan, LIST_PROBE_NEVER6, '1');
    }
    if (full && health->options.has_test_points) {
        plan_ipv4(&plan, LIST_PROBE_ALWAYS4, 0x7f000002);
        plan_nibbles(&plan, LIST_PROBE_ALWAYS6, '2');
        plan_zone(&plan);
    }
    for (unsigned i = 0; i < health->control_count && i < controls; i++) {
        unsigned chosen = (unsigned)((random >> 32) + i) % health->control_count;
        plan_address(&plan, LIST_PROBE_CONTROL, &health->controls[chosen]);
    }
    return plan.count;
}

/* ---- judgement --------------------------------------------------------------------------------------- */

struct tally {
    bool lists_never; /* something is listed that nobody would list */
    uint32_t never_code;
    bool asked_always4, lists_always4;
    bool asked_always6, lists_always6;
    bool never6_known, lists_never6;
    bool zone_missing;
    unsigned controls, controls_listed;
    uint64_t slowest_ms;
    struct list_reply lie, failure; /* the first of each; trouble NONE: none */
    bool cancelled;
};

static void count_failure(struct tally *tally, const struct list_probe_answer *answer)
{
    /* IPv6, the zone and controls are extras: that they do not answer condemns nobody. */
    bool matters = answer->kind == LIST_PROBE_RANDOM || answer->kind == LIST_PROBE_NEVER4 ||
                   answer->kind == LIST_PROBE_ALWAYS4;
    if (answer->reply.cancelled)
        tally->cancelled = tally->cancelled || matters;
    else if (matters && tally->failure.trouble == LIST_TROUBLE_NONE)
        tally->failure = answer->reply;
}

static void count_decided(struct tally *tally, const struct list_probe_answer *answer)
{
    bool listed = answer->reply.kind == LIST_REPLY_LISTED;
    switch (answer->kind) {
    case LIST_PROBE_RANDOM:
    case LIST_PROBE_NEVER4:
        if (listed)
            tally->never_code = answer->reply.code;
        tally->lists_never = tally->lists_never || listed;
        break;
    case LIST_PROBE_NEVER6:
        tally->never6_known = true;
        tally->lists_never6 = listed;
        break;
    case LIST_PROBE_ALWAYS4:
        tally->asked_always4 = true;
        tally->lists_always4 = listed;
        break;
    case LIST_PROBE_ALWAYS6:
        tally->asked_always6 = true;
        tally->lists_always6 = listed;
        break;
    case LIST_PROBE_ZONE:
        tally->zone_missing = !answer->name_exists;
        break;
    case LIST_PROBE_CONTROL:
        tally->controls++;
        tally->controls_listed += listed;
        break;
    }
}

static struct tally count_answers(const struct list_probe_answer *answers, unsigned count)
{
    struct tally tally = {0};
    for (unsigned i = 0; i < count; i++) {
        const struct list_probe_answer *answer = &answers[i];
        if (answer->reply.kind == LIST_REPLY_FAILED) {
            count_failure(&tally, answer);
            continue;
        }
        if (answer->latency_ms > tally.slowest_ms && answer->kind != LIST_PROBE_ZONE)
            tally.slowest_ms = answer->latency_ms;
        if (answer->reply.kind == LIST_REPLY_INVALID) {
            if (tally.lie.trouble == LIST_TROUBLE_NONE)
                tally.lie = answer->reply;
            continue;
        }
        count_decided(&tally, answer);
    }
    return tally;
}

/* The worst first: a liar is dangerous, an empty list only useless. */
static enum list_trouble trouble_of(const struct tally *tally, enum list_test_kind kind,
                                    const struct list_health_options *options)
{
    if (tally->lie.trouble != LIST_TROUBLE_NONE)
        return tally->lie.trouble;
    /* In a full test this only means that its IPv6 is not to be used. */
    if (tally->lists_never || (kind == LIST_TEST_PROOF && tally->lists_never6))
        return LIST_TROUBLE_LISTS_ALL;
    if (tally->controls >= CONTROLS_LEAST && 2 * tally->controls_listed > tally->controls)
        return LIST_TROUBLE_LISTS_KNOWN;
    if (tally->failure.trouble != LIST_TROUBLE_NONE)
        return tally->failure.trouble;
    if (tally->asked_always4 && !tally->lists_always4)
        return tally->zone_missing ? LIST_TROUBLE_NO_ZONE : LIST_TROUBLE_EMPTY;
    if (tally->slowest_ms > options->slow_ms)
        return LIST_TROUBLE_SLOW;
    return LIST_TROUBLE_NONE;
}

struct list_test_result list_test_judge(enum list_test_kind kind, const struct list_probe_answer *answers,
                                        unsigned count, const struct list_health_options *options)
{
    struct tally tally = count_answers(answers, count);
    struct list_test_result result = {.kind = kind, .trouble = trouble_of(&tally, kind, options)};
    if (result.trouble == LIST_TROUBLE_LISTS_ALL)
        result.code = tally.never_code;
    else if (result.trouble == tally.lie.trouble)
        result.code = tally.lie.code;
    result.inconclusive = tally.cancelled && result.trouble == LIST_TROUBLE_NONE;
    result.ipv6_known = tally.asked_always6 && tally.never6_known;
    result.ipv6_works = tally.lists_always6 && !tally.lists_never6;
    if (!options->has_test_points) { /* nothing says that it has no IPv6 */
        result.ipv6_known = true;
        result.ipv6_works = true;
    }
    return result;
}
