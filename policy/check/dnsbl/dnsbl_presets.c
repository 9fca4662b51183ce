#include "check/dnsbl/dnsbl_presets.h"

#define OUTSIDE (1U << ROLE_OUTSIDE)
#define OUTSIDE_AND_USERS (1U << ROLE_OUTSIDE | 1U << ROLE_SUBMISSION)
#define REFUSE DNSBL_ACTION_REJECT

#define ZEN_ANSWERS                                                                                          \
    {                                                                                                        \
        {"SBL", "127.0.0.2", OUTSIDE, REFUSE, 1, false}, {"CSS", "127.0.0.3", OUTSIDE, REFUSE, 1, false},    \
            {"XBL", "127.0.0.4-127.0.0.7", OUTSIDE_AND_USERS, REFUSE, 1, false},                             \
            {"DROP", "127.0.0.9", OUTSIDE, REFUSE, 1, false},                                                \
            {"PBL", "127.0.0.10-127.0.0.11", OUTSIDE, REFUSE, 1, true},                                      \
    }

const struct dnsbl_preset dnsbl_presets[] = {
    {.name = "spamhaus-xbl",
     .zone = "xbl.spamhaus.org",
     .answers = {{"XBL", "127.0.0.4-127.0.0.7", OUTSIDE_AND_USERS, REFUSE, 1, false}}},
    {.name = "spamhaus-sbl",
     .zone = "sbl.spamhaus.org",
     .answers = {{"SBL", "127.0.0.2", OUTSIDE, REFUSE, 1, false},
                 {"CSS", "127.0.0.3", OUTSIDE, REFUSE, 1, false},
                 {"DROP", "127.0.0.9", OUTSIDE, REFUSE, 1, false}}},
    {.name = "spamhaus-pbl",
     .zone = "pbl.spamhaus.org",
     .answers = {{"PBL", "127.0.0.10-127.0.0.11", OUTSIDE, REFUSE, 1, true}}},
    {.name = "spamhaus-zen", .zone = "zen.spamhaus.org", .answers = ZEN_ANSWERS},
    {.name = "spamhaus-dqs", .zone = "zen.dq.spamhaus.net", .needs_key = true, .answers = ZEN_ANSWERS},
    {.name = "abusix",
     .zone = "combined.mail.abusix.zone",
     .needs_key = true,
     .answers = {{"black", "127.0.0.2-127.0.0.3", OUTSIDE, REFUSE, 1, false},
                 {"exploit", "127.0.0.4", OUTSIDE_AND_USERS, REFUSE, 1, false},
                 {"policy", "127.0.0.11-127.0.0.12", OUTSIDE, REFUSE, 1, true}}},
    {.name = "barracuda",
     .zone = "b.barracudacentral.org",
     .answers = {{"", "127.0.0.2", OUTSIDE, REFUSE, 1, false}}},
    {.name = "spamcop", .zone = "bl.spamcop.net", .answers = {{"", "127.0.0.2", OUTSIDE, REFUSE, 1, false}}},
    {.name = "psbl", .zone = "psbl.surriel.com", .answers = {{"", "127.0.0.2", OUTSIDE, REFUSE, 1, false}}},
    {.name = "mailspike",
     .zone = "bl.mailspike.net",
     .answers = {{"Z", "127.0.0.2", OUTSIDE, REFUSE, 1, false},
                 {"L3-L5", "127.0.0.10-127.0.0.12", OUTSIDE, REFUSE, 1, false}}},
    {.name = "uceprotect-1",
     .zone = "dnsbl-1.uceprotect.net",
     .answers = {{"", "127.0.0.2", OUTSIDE, REFUSE, 1, false}}},
    {.name = "dnswl",
     .zone = "list.dnswl.org",
     .allow = true,
     .error_codes = "127.0.0.255", /* its answer to those who ask too much */
     .answers = {{"low", "127.0.[2-20].1", OUTSIDE, REFUSE, 1, false},
                 {"medium or high", "127.0.[2-20].[2-3]", OUTSIDE, REFUSE, 10, false}}},
    {0},
};

const struct dnsbl_preset *dnsbl_preset_by_name(const char *name)
{
    for (const struct dnsbl_preset *preset = dnsbl_presets; preset->name != NULL; preset++)
        if (strcmp(preset->name, name) == 0)
            return preset;
    return NULL;
}

const struct dnsbl_preset *dnsbl_preset_by_zone(struct slice zone)
{
    struct slice unkeyed = slice_part(zone, slice_find(zone, '.'), zone.length);
    if (unkeyed.length > 0)
        unkeyed = slice_part(unkeyed, 1, unkeyed.length);
    for (const struct dnsbl_preset *preset = dnsbl_presets; preset->name != NULL; preset++)
        if (slice_equal_nocase(preset->needs_key ? unkeyed : zone, slice_of(preset->zone)))
            return preset;
    return NULL;
}

const char *dnsbl_zone_is_dead(struct slice zone)
{
    static const struct {
        const char *zone;
        const char *fate;
    } dead[] = {
        {"ordb.org", "closed in 2006, and in 2008 listed everybody"},
        {"ahbl.org", "closed in 2014, and in 2015 listed everybody"},
        {"sorbs.net", "closed in 2024: its zones are empty"},
        {"njabl.org", "closed in 2013"},
        {"dsbl.org", "closed in 2009"},
        {"dul.ru", "its domain lapsed in 2015"},
        {"osirusoft.com", "closed in 2003, and then listed everybody"},
        {"monkeys.com", "closed in 2003"},
        {"wirehub.net", "closed in 2004"},
    };
    for (size_t i = 0; i < sizeof dead / sizeof dead[0]; i++) {
        struct slice name = slice_of(dead[i].zone);
        bool longer = zone.length > name.length;
        if (slice_ends_nocase(zone, name) && (!longer || zone.data[zone.length - name.length - 1] == '.'))
            return dead[i].fate;
    }
    return NULL;
}
