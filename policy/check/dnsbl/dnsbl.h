/*
 * The check `dnsbl`: is the client's address on a block list?
 *
 * All lists are asked at connect and collected at MAIL, when the role is known, within one budget. What
 * counts depends on the answer's code and the role; weights add up, lists of kind `allow` count against. A
 * list that cannot be believed at the moment is unknown, never a refusal (dns/list_health.h). Private,
 * loopback and trusted addresses are not asked for.
 */
#ifndef CLOSEDRELAY_CHECK_DNSBL_DNSBL_H
#define CLOSEDRELAY_CHECK_DNSBL_DNSBL_H

#include "check/check.h"
#include "dns/list_health.h"
#include "dns/list_query.h"

enum dnsbl_kind { DNSBL_BLOCK, DNSBL_ALLOW };

enum dnsbl_action {
    DNSBL_ACTION_UNSET, /* as the preset says, else reject */
    DNSBL_ACTION_NONE,  /* recorded, counts for nothing */
    DNSBL_ACTION_SCORE, /* recorded as evidence against the login */
    DNSBL_ACTION_TAG,   /* the message gets a header field */
    DNSBL_ACTION_HOLD,
    DNSBL_ACTION_DEFER,
    DNSBL_ACTION_REJECT,
};

/* An entry of `answers`. */
struct dnsbl_answer_settings {
    struct config_text_list codes;
    unsigned roles;
    enum dnsbl_action action;
    uint64_t weight;
    const char *name;
};

/* An entry of `lists`, as written. */
struct dnsbl_list_settings {
    const char *preset, *zone, *key, *name, *reply;
    enum dnsbl_kind kind;
    struct config_text_list codes, error_codes;
    unsigned roles; /* 0: not written */
    enum dnsbl_action action;
    uint64_t weight; /* 0: not written */
    bool text, tested;
    struct config_array answers;
    struct dnsbl_list *list; /* compiled */
};

/* What one kind of answer means. */
struct dnsbl_rule {
    const char *name; /* "PBL"; "" without */
    struct list_code_ranges codes;
    unsigned roles; /* 1 << enum role */
    enum dnsbl_action action;
    uint64_t weight;
};

/* A list, compiled: immutable, belongs to the snapshot. */
struct dnsbl_list {
    const char *zone; /* may hold a key: never shown */
    const char *shown;
    const char *key;   /* "" without */
    const char *reply; /* template; "" for the built-in one */
    bool allow, text, tested;
    bool wanted; /* the check is on for some role or override: otherwise nothing is asked, nor tested */
    struct list_code_ranges error_codes;
    struct dnsbl_rule *rules;
    size_t rule_count;
    unsigned roles; /* of any rule */
};

/* What a listing means for who has logged in. */
enum dnsbl_logins { DNSBL_LOGINS_REJECT, DNSBL_LOGINS_EVIDENCE, DNSBL_LOGINS_OFF };

struct dnsbl_settings {
    struct check_settings common;
    enum dnsbl_logins logins;
    struct config_array lists; /* struct dnsbl_list_settings */
    uint64_t timeout_ms, threshold, waiting_max;
    uint64_t test_every_ms, retry_ms, retry_most_ms;
};

extern const struct check dnsbl_check;
extern const struct config_section dnsbl_section;

/* The list compiled from entry `i` of settings->lists. */
const struct dnsbl_list *dnsbl_list_at(const struct dnsbl_settings *settings, size_t i);

/* The rule by which an answer counts for a role: of those that match, the one with the strictest action.
 * NULL: none. */
const struct dnsbl_rule *dnsbl_rule_for(const struct dnsbl_list *list, const uint32_t *codes,
                                        size_t code_count, enum role role);

/* What listings come to for one role. */
struct dnsbl_weight {
    uint64_t against, in_favour;
    bool is_enough;       /* the threshold is reached: the lists' actions are taken */
    enum action action;   /* the strictest, that for unknown lists included */
    bool any_list_counts; /* for this role */
};

/* Whether a listing only leaves a word in the record for that role (`logins`). */
bool dnsbl_is_evidence_only(const struct dnsbl_settings *settings, enum role role);

/* Weighs the results of all lists, in the order of settings->lists. `rules`: gets the rule by which each
 * counts, NULL for none; may itself be NULL. */
struct dnsbl_weight dnsbl_weigh(const struct dnsbl_settings *settings, const struct list_answer *results,
                                enum role role, const struct dnsbl_rule **rules);

/* "reject", "defer", "hold", "tag", "score", "none". */
const char *dnsbl_action_name(enum dnsbl_action action);

#endif
