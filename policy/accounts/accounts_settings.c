#include "accounts/accounts_settings.h"

enum { HOUR_MS = 3600000, DAY_MS = 86400000 };

const struct accounts_settings accounts_settings_default = {
    .steps =
        {
            [ACCOUNT_NOTE] = {30, 1 * DAY_MS},
            [ACCOUNT_WARN] = {57, 7 * DAY_MS},
            [ACCOUNT_SLOW] = {62, 1 * DAY_MS},
            [ACCOUNT_HOLD] = {75, 1 * DAY_MS},
            [ACCOUNT_LOCK] = {100, 7 * DAY_MS},
        },
    .family_caps =
        {
            [ACCOUNT_RECIPIENTS] = 30,
            [ACCOUNT_NETWORKS] = 36,
            [ACCOUNT_FAILURES] = 30,
            [ACCOUNT_IDENTITY] = 20,
            [ACCOUNT_CONTENT] = 30,
            [ACCOUNT_VOLUME] = 30,
            [ACCOUNT_OUTSIDE] = 30,
        },
    .sending_cap = 38,
    .access_cap = 50,
    .weights =
        {
            [EVIDENCE_NEW_RECIPIENTS] = 30,
            [EVIDENCE_MANY_RECIPIENTS] = 10,
            [EVIDENCE_NEW_NETWORK] = 100,
            [EVIDENCE_AT_ONCE] = 100,
            [EVIDENCE_MANY_NETWORKS] = 40,
            [EVIDENCE_SHARED_NETWORK] = 60,
            [EVIDENCE_FAILURES] = 100,
            [EVIDENCE_NEW_CLIENT] = 100,
            [EVIDENCE_NEW_SENDERS] = 100,
            [EVIDENCE_ONE_TEXT] = 65,
            [EVIDENCE_LETTERS] = 40,
            [EVIDENCE_SHARED_TEXT] = 100,
            [EVIDENCE_BLOCKED] = 100,
            [EVIDENCE_BURST] = 110,
            [EVIDENCE_FAN_OUT] = 110,
            [EVIDENCE_ODD_HOURS] = 100,
            [EVIDENCE_LISTED] = 100,
            [EVIDENCE_COMPLAINTS] = 100,
        },
    .kind_caps =
        {
            [EVIDENCE_NEW_RECIPIENTS] = 30,
            [EVIDENCE_MANY_RECIPIENTS] = 30,
            [EVIDENCE_NEW_NETWORK] = 25,
            [EVIDENCE_AT_ONCE] = 25,
            [EVIDENCE_MANY_NETWORKS] = 25,
            [EVIDENCE_SHARED_NETWORK] = 12,
            [EVIDENCE_FAILURES] = 30,
            [EVIDENCE_NEW_CLIENT] = 15,
            [EVIDENCE_NEW_SENDERS] = 15,
            [EVIDENCE_ONE_TEXT] = 20,
            [EVIDENCE_LETTERS] = 20,
            [EVIDENCE_SHARED_TEXT] = 15,
            [EVIDENCE_BLOCKED] = 30,
            [EVIDENCE_BURST] = 20,
            [EVIDENCE_FAN_OUT] = 20,
            [EVIDENCE_ODD_HOURS] = 8,
            [EVIDENCE_LISTED] = 12,
            [EVIDENCE_COMPLAINTS] = 30,
        },
    .evidence_half_life_ms = 24 * HOUR_MS,
    .network_half_life_ms = 7 * DAY_MS,
    .learning_ms = 4 * DAY_MS,
    .learning_messages = 20,
    .warnings_per_day = 50,
    .floors =
        {
            .recipients = 8,
            .networks = 3,
            .countries = 3,
            .failures = 5,
            .senders = 3,
            .blocked = 2,
            .complaints = 2,
            .messages_of_hour = 5,
            .logins = 3,
        },
    .stolen =
        {
            .new_recipients = 85,
            .new_network = 95,
            .at_once = 90,
            .countries = 30,
            .new_client = 70,
            .failures = 40,
            .new_sender = 50,
            .listed = 40,
            .blocked = 20,
            .complaints = 100,
        },
    .usual =
        {
            .new_recipients = 150,
            .new_network = 80,
            .at_once = 5,
            .countries = 3,
            .new_client = 40,
            .failures = 20,
            .old_list = 30,
            .new_sender = 10,
            .listed = 20,
            .blocked = 2,
            .complaints = 3,
        },
};

const char *account_family_name(enum account_family family)
{
    static const char *const names[ACCOUNT_FAMILY_COUNT] = {"recipients", "networks", "failures", "identity",
                                                            "content",    "volume",   "outside"};
    return names[family];
}

const char *account_step_name(enum account_step step)
{
    static const char *const names[ACCOUNT_STEP_COUNT] = {"calm", "note", "warn", "slow", "hold", "lock"};
    return names[step];
}
