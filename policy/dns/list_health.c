#include "dns/list_health.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
    ERROR_CODES_FIRST = 0x7fffff00, /* 127.255.255.0/24 */
    LOOPBACK_NET = 0x7f,
    UNUSABLE_AFTER_MS = 24 * 3600 * 1000,
    FORGIVEN_AFTER_MS = 3600 * 1000, /* healthy for so long: the pauses begin anew */
    INCONCLUSIVE_RETRY_MS = 5000,
    PROOF_PAUSE_MS = 100, /* between proofs: where listings rain, one proof serves many */
    SLOW_SAMPLES_LEAST = 8,
    LATENCY_SHARE = 8, /* a new sample counts one eighth */
    USUAL_LEAST = 128, /* answers before the usual ratio means anything */
    USUAL_SHARE = 256,
    WINDOW_LEAST = 32, /* answers before the window means anything */
};

/* By which the present is unlike the past, and nearly everybody. */
static const double RATIO_LEAST = 0.9, RATIO_RISE_LEAST = 0.3;

const char *list_state_name(enum list_state state)
{
    static const char *const names[] = {"untested", "healthy", "suspended", "unusable"};
    return names[state];
}

const char *list_trouble_text(enum list_trouble trouble)
{
    static const char *const texts[LIST_TROUBLE_COUNT] = {
        [LIST_TROUBLE_NONE] = "none",
        [LIST_TROUBLE_EMPTY] = "its test point 127.0.0.2 is not listed",
        [LIST_TROUBLE_NO_ZONE] = "its zone does not exist",
        [LIST_TROUBLE_LISTS_ALL] = "it lists everybody",
        [LIST_TROUBLE_LISTS_KNOWN] = "it lists addresses it did not list before",
        [LIST_TROUBLE_HIT_RATIO] = "it suddenly lists nearly everybody",
        [LIST_TROUBLE_ERROR_CODE] = "it answers with an error code",
        [LIST_TROUBLE_OUTSIDE] = "it answers outside 127.0.0.0/8",
        [LIST_TROUBLE_SERVFAIL] = "server failure",
        [LIST_TROUBLE_REFUSED] = "queries are refused",
        [LIST_TROUBLE_TIMEOUT] = "queries time out",
        [LIST_TROUBLE_UNREACHABLE] = "no name server answered",
        [LIST_TROUBLE_UNREADABLE] = "answers cannot be read",
        [LIST_TROUBLE_SLOW] = "answers take too long",
    };
    return texts[trouble];
}

/* ---- what an answer says ----------------------------------------------------------------------------- */

bool list_code_in(const struct list_code_ranges *ranges, uint32_t code)
{
    for (size_t i = 0; ranges != NULL && i < ranges->count; i++)
        if (code >= ranges->items[i].first && code <= ranges->items[i].last)
            return true;
    return false;
}

static enum list_trouble trouble_of_outcome(enum dns_outcome outcome)
{
    switch (outcome) {
    case DNS_OUTCOME_SERVFAIL:
        return LIST_TROUBLE_SERVFAIL;
    case DNS_OUTCOME_REFUSED:
        return LIST_TROUBLE_REFUSED;
    case DNS_OUTCOME_TIMEOUT:
        return LIST_TROUBLE_TIMEOUT;
    case DNS_OUTCOME_MALFORMED:
        return LIST_TROUBLE_UNREADABLE;
    default:
        return LIST_TROUBLE_UNREACHABLE;
    }
}

static enum list_trouble trouble_of_code(uint32_t code, const struct list_code_ranges *errors)
{
    if (code >> 24 != LOOPBACK_NET)
        return LIST_TROUBLE_OUTSIDE;
    if ((code & 0xffffff00) == ERROR_CODES_FIRST || list_code_in(errors, code))
        return LIST_TROUBLE_ERROR_CODE;
    return LIST_TROUBLE_NONE;
}

struct list_reply list_reply_read(const struct dns_answer *answer, const struct list_code_ranges *errors)
{
    if (!dns_outcome_is_decided(answer->outcome))
        return (struct list_reply){.kind = LIST_REPLY_FAILED,
                                   .trouble = trouble_of_outcome(answer->outcome),
                                   .cancelled = answer->outcome == DNS_OUTCOME_CANCELLED};
    if (answer->address_count == 0)
        return (struct list_reply){.kind = LIST_REPLY_NOT_LISTED};
    for (unsigned i = 0; i < answer->address_count; i++) {
        enum list_trouble trouble = trouble_of_code(answer->addresses[i], errors);
        if (trouble != LIST_TROUBLE_NONE)
            return (struct list_reply){
                .kind = LIST_REPLY_INVALID, .trouble = trouble, .code = answer->addresses[i]};
    }
    return (struct list_reply){.kind = LIST_REPLY_LISTED, .code = answer->addresses[0]};
}

/* ---- times ------------------------------------------------------------------------------------------- */

struct list_health_options list_health_options_default(void)
{
    return (struct list_health_options){
        .has_test_points = true,
        .test_every_ms = 3600 * 1000,
        .retry_first_ms = 15 * 1000,
        .retry_most_ms = 15 * 60 * 1000,
        .slow_ms = 1500,
        .failures_to_suspend = 3,
    };
}

static uint64_t next_random(struct list_health *health)
{
    uint64_t x = health->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return health->random = x;
}

/* ±10 %, so that not all lists of all servers are tested in the same second. */
static uint64_t with_jitter(struct list_health *health, uint64_t pause_ms)
{
    return pause_ms - pause_ms / 10 + next_random(health) % (pause_ms / 5 + 1);
}

static uint64_t retry_pause(const struct list_health *health)
{
    unsigned doublings = health->attempts > 16 ? 16 : health->attempts;
    uint64_t pause_ms = health->options.retry_first_ms << doublings;
    if (pause_ms > health->options.retry_most_ms)
        pause_ms = health->options.retry_most_ms;
    return pause_ms;
}

void list_health_init(struct list_health *health, const struct list_health_options *options, uint64_t seed,
                      uint64_t now_ms)
{
    *health = (struct list_health){.options = *options, .since_ms = now_ms, .next_test_ms = now_ms};
    health->random = seed | 1;
}

void list_health_configure(struct list_health *health, const struct list_health_options *options,
                           uint64_t now_ms)
{
    if (health->options.has_test_points != options->has_test_points)
        health->next_test_ms = now_ms;
    if (!list_health_is_askable(health)) { /* a name server that works now may be what has changed */
        health->next_test_ms = now_ms;
        health->attempts = 0;
    }
    if (health->next_test_ms > now_ms + options->test_every_ms)
        health->next_test_ms = now_ms + options->test_every_ms;
    health->options = *options;
}

bool list_health_is_askable(const struct list_health *health)
{
    return health->state == LIST_UNTESTED || health->state == LIST_HEALTHY;
}

bool list_health_is_proven(const struct list_health *health, uint64_t obtained_ms)
{
    return health->state == LIST_HEALTHY && obtained_ms >= health->believed_from_ms &&
           obtained_ms <= health->proven_ms;
}

/* ---- changes ----------------------------------------------------------------------------------------- */

static void forget_window(struct list_health *health)
{
    health->window = 0;
    health->window_count = 0;
    health->suspicious = false;
}

static bool suspend(struct list_health *health, enum list_trouble trouble, uint32_t code, uint64_t now_ms)
{
    enum list_state before = health->state;
    bool was_askable = list_health_is_askable(health);
    if (was_askable) {
        if (before == LIST_HEALTHY && now_ms - health->since_ms >= FORGIVEN_AFTER_MS)
            health->attempts = 0;
        health->troubled_ms = now_ms;
    }
    bool hopeless = trouble == LIST_TROUBLE_NO_ZONE || now_ms - health->troubled_ms >= UNUSABLE_AFTER_MS;
    health->state = hopeless ? LIST_UNUSABLE : LIST_SUSPENDED;
    health->trouble = trouble;
    health->trouble_code = code;
    health->next_test_ms = now_ms + with_jitter(health, retry_pause(health));
    health->attempts++;
    health->failures = 0;
    health->latency_count = 0;
    forget_window(health);
    if (health->state == before)
        return false;
    health->since_ms = now_ms;
    return true;
}

static bool heal(struct list_health *health, const struct list_test_result *result, uint64_t now_ms)
{
    bool changed = health->state != LIST_HEALTHY;
    health->proven_ms = result->begun_ms;
    if (changed) {
        /* What it said while nobody watched, or while it lied, is asked again. */
        if (health->state != LIST_UNTESTED)
            health->believed_from_ms = result->begun_ms + 1; /* see date_after_test_locked() */
        health->state = LIST_HEALTHY;
        health->trouble = LIST_TROUBLE_NONE;
        health->trouble_code = 0;
        health->since_ms = now_ms;
    }
    if (result->kind == LIST_TEST_FULL)
        health->next_test_ms = now_ms + with_jitter(health, health->options.test_every_ms);
    if (health->suspicious)
        forget_window(health);
    return changed;
}

bool list_health_wants_test(const struct list_health *health, uint64_t now_ms, enum list_test_kind *kind)
{
    bool proof_wanted = health->proof_wanted_ms > health->proven_ms || health->suspicious;
    *kind = LIST_TEST_FULL;
    if (health->testing)
        return false;
    if (now_ms >= health->next_test_ms)
        return true;
    *kind = LIST_TEST_PROOF;
    return health->state == LIST_HEALTHY && proof_wanted && now_ms >= health->begun_ms + PROOF_PAUSE_MS;
}

uint64_t list_health_next_ms(const struct list_health *health)
{
    bool proof_wanted = health->proof_wanted_ms > health->proven_ms || health->suspicious;
    if (health->testing)
        return UINT64_MAX; /* its end will tell */
    if (health->state == LIST_HEALTHY && proof_wanted &&
        health->begun_ms + PROOF_PAUSE_MS < health->next_test_ms)
        return health->begun_ms + PROOF_PAUSE_MS;
    return health->next_test_ms;
}

void list_health_test_begun(struct list_health *health, uint64_t now_ms)
{
    assert(!health->testing);
    health->testing = true;
    health->begun_ms = now_ms;
}

bool list_health_test_ended(struct list_health *health, const struct list_test_result *result,
                            uint64_t now_ms)
{
    health->testing = false;
    if (result->inconclusive) {
        health->next_test_ms = now_ms + INCONCLUSIVE_RETRY_MS;
        health->proof_wanted_ms = health->proven_ms; /* whoever waits is told it is unproven */
        health->suspicious = false;
        return false;
    }
    if (result->trouble != LIST_TROUBLE_NONE)
        return suspend(health, result->trouble, result->code, now_ms);
    /* Suspended meanwhile by live answers: only a full test heals. */
    if (!list_health_is_askable(health) && result->kind != LIST_TEST_FULL)
        return false;
    if (result->kind == LIST_TEST_FULL && result->ipv6_known)
        health->ipv6_works = result->ipv6_works;
    return heal(health, result, now_ms);
}

/* ---- live answers ------------------------------------------------------------------------------------ */

static void note_control(struct list_health *health, const struct in6_addr *client)
{
    for (unsigned i = 0; i < health->control_count; i++)
        if (memcmp(&health->controls[i], client, sizeof *client) == 0)
            return;
    health->controls[health->control_next] = *client;
    health->control_next = (health->control_next + 1) % LIST_CONTROLS_MAX;
    if (health->control_count < LIST_CONTROLS_MAX)
        health->control_count++;
}

/* The oldest answer of the window becomes part of what is usual. */
static void note_hit(struct list_health *health, bool listed)
{
    if (health->window_count == LIST_WINDOW) {
        double oldest = (double)(health->window >> (LIST_WINDOW - 1) & 1);
        unsigned share = health->usual_count < USUAL_SHARE ? health->usual_count + 1 : USUAL_SHARE;
        health->usual_ratio += (oldest - health->usual_ratio) / share;
        if (health->usual_count < USUAL_SHARE)
            health->usual_count++;
    } else {
        health->window_count++;
    }
    health->window = health->window << 1 | (listed ? 1 : 0);
}

static bool lists_nearly_everybody(const struct list_health *health)
{
    if (health->window_count < WINDOW_LEAST || health->usual_count < USUAL_LEAST)
        return false;
    uint64_t used =
        health->window_count == LIST_WINDOW ? ~UINT64_C(0) : (UINT64_C(1) << health->window_count) - 1;
    double ratio = (double)__builtin_popcountll(health->window & used) / health->window_count;
    return ratio >= RATIO_LEAST && ratio - health->usual_ratio >= RATIO_RISE_LEAST;
}

static bool note_latency(struct list_health *health, uint64_t latency_ms)
{
    int64_t sample = latency_ms > 60000 ? 60000 : (int64_t)latency_ms;
    if (health->latency_count == 0)
        health->latency_ms = (uint32_t)sample;
    health->latency_ms = (uint32_t)(health->latency_ms + (sample - health->latency_ms) / LATENCY_SHARE);
    health->latency_count++;
    return health->latency_count >= SLOW_SAMPLES_LEAST && health->latency_ms > health->options.slow_ms;
}

static bool note_failure(struct list_health *health, const struct list_reply *reply, uint64_t now_ms)
{
    if (reply->cancelled)
        return false;
    health->failures++;
    if (health->failures < health->options.failures_to_suspend)
        return false;
    return suspend(health, reply->trouble, 0, now_ms);
}

/* In an attack, too, nearly everybody is listed: addresses that were not listed before tell the two apart,
 * and where there are none the ratio has to do. */
static bool note_decided(struct list_health *health, const struct list_live_answer *answer, uint64_t now_ms)
{
    bool listed = answer->reply.kind == LIST_REPLY_LISTED;
    health->failures = 0;
    note_hit(health, listed);
    if (listed)
        health->proof_wanted_ms = now_ms;
    else
        note_control(health, answer->client);
    if (note_latency(health, answer->latency_ms))
        return suspend(health, LIST_TROUBLE_SLOW, 0, now_ms);
    if (!lists_nearly_everybody(health))
        return false;
    if (health->control_count == 0)
        return suspend(health, LIST_TROUBLE_HIT_RATIO, 0, now_ms);
    health->suspicious = true;
    return false;
}

bool list_health_answered(struct list_health *health, const struct list_live_answer *answer, uint64_t now_ms)
{
    if (!list_health_is_askable(health))
        return false; /* asked before it was suspended */
    switch (answer->reply.kind) {
    case LIST_REPLY_INVALID:
        return suspend(health, answer->reply.trouble, answer->reply.code, now_ms);
    case LIST_REPLY_FAILED:
        return note_failure(health, &answer->reply, now_ms);
    default:
        return note_decided(health, answer, now_ms);
    }
}
