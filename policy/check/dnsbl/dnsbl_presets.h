/* What is known of well-known block lists: data. */
#ifndef CLOSEDRELAY_CHECK_DNSBL_DNSBL_PRESETS_H
#define CLOSEDRELAY_CHECK_DNSBL_DNSBL_PRESETS_H

#include "check/dnsbl/dnsbl.h"

enum { DNSBL_PRESET_ANSWERS_MAX = 5 };

struct dnsbl_preset_answer {
    const char *name;
    const char *codes; /* as dnsbl_ranges_add() reads them */
    unsigned roles;
    enum dnsbl_action action;
    uint64_t weight;
    bool policy; /* says what an address is for, not what it did: never meant for one's own users */
};

struct dnsbl_preset {
    const char *name; /* NULL ends the table */
    const char *zone; /* with a key: without its first label */
    bool needs_key;
    bool allow;
    const char *error_codes;                                      /* or NULL */
    struct dnsbl_preset_answer answers[DNSBL_PRESET_ANSWERS_MAX]; /* ended by a row without codes */
};

extern const struct dnsbl_preset dnsbl_presets[];

/* NULL: unknown. */
const struct dnsbl_preset *dnsbl_preset_by_name(const char *name);

/* The preset of this zone, with or without a key in it; NULL: unknown. */
const struct dnsbl_preset *dnsbl_preset_by_zone(struct slice zone);

/* "closed in 2006 and later listed everybody" for a list that is dead; NULL: not known to be. */
const char *dnsbl_zone_is_dead(struct slice zone);

#endif
