/*
 * The check `account`: does a login look stolen, and what follows.
 *
 * After each message its login is judged anew (accounts/accounts.h). At the next MAIL the step it is on is a
 * fact: `slow` defers what comes too fast, `hold` holds, and `lock` has made a lock (live/blocks.h), which
 * the check blocks refuses by. Steps in monitor mode are told and do nothing.
 */
#ifndef CLOSEDRELAY_CHECK_ACCOUNT_ACCOUNT_H
#define CLOSEDRELAY_CHECK_ACCOUNT_ACCOUNT_H

#include "accounts/accounts_settings.h"
#include "check/check.h"

enum account_scope { ACCOUNT_SCOPE_ALL, ACCOUNT_SCOPE_EXTERNAL };

/* A step of the ladder, as written; keys that a step does not have stay at 0. */
struct account_step_keys {
    uint64_t score, lasts_ms;
    enum check_mode mode;
    enum account_scope scope; /* of lock */
    uint64_t messages;        /* of slow: an hour */
};

struct account_caps_keys {
    uint64_t families[ACCOUNT_FAMILY_COUNT];
    uint64_t sending, access;
};

/* Of each kind of evidence: what it counts for, in percent, or its most points. */
struct account_kind_keys {
    uint64_t kinds[EVIDENCE_KIND_COUNT];
};

struct account_settings {
    struct check_settings common;
    struct account_step_keys steps[ACCOUNT_STEP_COUNT];
    struct account_caps_keys caps;
    struct account_kind_keys weights, kind_caps;
    uint64_t half_life_ms, network_half_life_ms;
    uint64_t learn_ms, learn_messages, warnings_per_day;
    struct accounts_settings judged; /* floors and rates as written, the rest made of the above */
};

struct account_judgement;

/* Tells of a login that has risen to `warn` or above, and locks it where that is wanted. Any thread. */
void account_tell(const struct account_settings *settings, const struct check_services *services,
                  const char *user, struct account_judgement *judgement);

extern const struct check account_check;
extern const struct config_section account_section;

#endif
