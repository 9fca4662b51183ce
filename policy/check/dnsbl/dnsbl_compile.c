#include "check/dnsbl/dnsbl_compile.h"

#include "check/dnsbl/dnsbl_codes.h"
#include "check/dnsbl/dnsbl_presets.h"
#include "dns/dns_name.h"

#include <assert.h>
#include <stdio.h>
#include <talloc.h>

enum {
    RULES_MAX = 16,
    OUTSIDE = 1 << ROLE_OUTSIDE,
    OUTSIDE_AND_USERS = 1 << ROLE_OUTSIDE | 1 << ROLE_SUBMISSION
};

/* By the convention of Spamhaus: what an address is for, not what it did. */
static const struct list_code_range policy_codes = {0x7f00000a, 0x7f00000b};

struct build {
    void *owner;
    const struct dnsbl_list_settings *settings;
    const struct config_finish *context;
    const struct dnsbl_preset *preset;
    struct dnsbl_list *list;
    bool failed; /* out of memory */
};

static void out_of_memory(struct build *build)
{
    if (!build->failed)
        config_finish_error(build->context, "zone", "out of memory");
    build->failed = true;
}

/* ---- rules ------------------------------------------------------------------------------------------- */

static struct list_code_ranges keep_ranges(struct build *build, const struct dnsbl_ranges *ranges)
{
    struct list_code_range *items = talloc_memdup(build->list, ranges->items, ranges->count * sizeof *items);
    if (items == NULL)
        out_of_memory(build);
    return (struct list_code_ranges){items, items == NULL ? 0 : ranges->count};
}

/* Reading what an admin wrote; each bad entry is reported by the key it stands in. */
static struct dnsbl_ranges read_codes(const struct build *build, const char *key,
                                      const struct config_text_list *texts)
{
    struct dnsbl_ranges ranges = {.count = 0};
    for (size_t i = 0; i < texts->count; i++)
        if (!dnsbl_ranges_add(&ranges, slice_of(texts->items[i])))
            config_finish_error(
                build->context, key,
                ranges.full ? "%s: too many codes: the list would have more than %d ranges"
                            : "%s: not a code, a range 127.0.0.4-127.0.0.7 or a pattern 127.0.[2-9].1",
                texts->items[i], DNSBL_RANGES_MAX);
    return ranges;
}

static struct dnsbl_ranges preset_codes(const char *codes)
{
    struct dnsbl_ranges ranges = {.count = 0};
    bool good = codes == NULL || dnsbl_ranges_add(&ranges, slice_of(codes));
    assert(good);
    return ranges;
}

/* What one gets from an entry beside the codes; what the entry says outweighs it. */
static struct dnsbl_rule rule_of(const struct build *build, const struct dnsbl_preset_answer *answer)
{
    const struct dnsbl_list_settings *settings = build->settings;
    return (struct dnsbl_rule){
        .name = answer->name,
        .roles = settings->roles != 0 ? settings->roles : answer->roles,
        .action = settings->action != DNSBL_ACTION_UNSET ? settings->action : answer->action,
        .weight = settings->weight != 0 ? settings->weight : answer->weight,
    };
}

static bool acts(enum dnsbl_action action)
{
    return action >= DNSBL_ACTION_HOLD;
}

static void keep_rule(struct build *build, struct dnsbl_rule rule, const struct dnsbl_ranges *ranges)
{
    struct dnsbl_list *list = build->list;
    if (ranges->count == 0 || rule.roles == 0 || build->failed)
        return;
    if (list->rule_count == RULES_MAX) {
        config_finish_error(build->context, "answers", "more than %d kinds of answers", RULES_MAX);
        return;
    }
    rule.codes = keep_ranges(build, ranges);
    list->rules[list->rule_count++] = rule;
    list->roles |= rule.roles;
}

static void warn_of_policy(const struct build *build, const struct dnsbl_rule *rule)
{
    if (acts(rule->action))
        config_finish_warning(
            build->context, "roles",
            "%s%s%s: answers of this kind name addresses that ought to send through a login, as your "
            "own users at home and on the road do: they never count against a login",
            build->list->shown, rule->name[0] == '\0' ? "" : " ", rule->name);
}

/* `policy`: all the answers say what an address is for, not what it did; by the usual codes some may. */
static void add_rule(struct build *build, struct dnsbl_rule rule, const struct dnsbl_ranges *ranges,
                     bool policy)
{
    const unsigned submission = 1U << ROLE_SUBMISSION;
    const struct dnsbl_ranges usual = {.items = {policy_codes}, .count = 1};
    const struct dnsbl_ranges for_others = policy ? *ranges : dnsbl_ranges_common(ranges, &usual);
    if (build->list->allow || (rule.roles & submission) == 0 || for_others.count == 0) {
        keep_rule(build, rule, ranges);
        return;
    }
    const struct dnsbl_ranges for_logins = dnsbl_ranges_without(ranges, policy_codes);
    struct dnsbl_rule others = rule;
    others.roles &= ~submission;
    warn_of_policy(build, &rule);
    if (!policy)
        keep_rule(build, rule, &for_logins);
    keep_rule(build, others, &for_others);
}

/* Codes that no preset explains. Unless told otherwise, policy codes are not for users. */
static void add_plain_rules(struct build *build, const struct dnsbl_ranges *ranges)
{
    static const struct dnsbl_preset_answer plain = {"", NULL, OUTSIDE_AND_USERS, DNSBL_ACTION_REJECT,
                                                     1,  false};
    static const struct dnsbl_preset_answer policy = {"", NULL, OUTSIDE, DNSBL_ACTION_REJECT, 1, true};
    struct dnsbl_ranges policy_range = {.items = {policy_codes}, .count = 1};
    if (build->settings->roles != 0 || build->list->allow) {
        add_rule(build, rule_of(build, &plain), ranges, false);
        return;
    }
    struct dnsbl_ranges for_users = dnsbl_ranges_without(ranges, policy_codes);
    struct dnsbl_ranges for_others = dnsbl_ranges_common(ranges, &policy_range);
    add_rule(build, rule_of(build, &plain), &for_users, false);
    add_rule(build, rule_of(build, &policy), &for_others, true);
}

/* The preset's answers, cut down to `written` where codes were written. */
static void add_preset_rules(struct build *build, const struct dnsbl_ranges *written)
{
    struct dnsbl_ranges rest = *written;
    for (size_t i = 0; i < DNSBL_PRESET_ANSWERS_MAX && build->preset->answers[i].codes != NULL; i++) {
        const struct dnsbl_preset_answer *answer = &build->preset->answers[i];
        struct dnsbl_ranges ranges = preset_codes(answer->codes);
        for (size_t j = 0; j < ranges.count; j++)
            rest = dnsbl_ranges_without(&rest, ranges.items[j]);
        if (written->count > 0)
            ranges = dnsbl_ranges_common(&ranges, written);
        add_rule(build, rule_of(build, answer), &ranges, answer->policy);
    }
    add_plain_rules(build, &rest);
}

static void add_written_answers(struct build *build)
{
    const struct dnsbl_answer_settings *answers = build->settings->answers.items;
    for (size_t i = 0; i < build->settings->answers.count; i++) {
        const struct dnsbl_answer_settings *answer = &answers[i];
        struct dnsbl_preset_answer given = {
            answer->name,   NULL,
            answer->roles,  answer->action == DNSBL_ACTION_UNSET ? DNSBL_ACTION_REJECT : answer->action,
            answer->weight, false};
        struct dnsbl_rule rule = {given.name, {NULL, 0}, given.roles, given.action, given.weight};
        struct dnsbl_ranges ranges = read_codes(build, "answers", &answer->codes);
        add_rule(build, rule, &ranges, false);
    }
}

static void add_rules(struct build *build)
{
    struct dnsbl_ranges written = read_codes(build, "codes", &build->settings->codes);
    build->list->rules = talloc_zero_array(build->list, struct dnsbl_rule, RULES_MAX);
    if (build->list->rules == NULL) {
        out_of_memory(build);
    } else if (build->settings->answers.count > 0) {
        add_written_answers(build);
    } else if (build->preset != NULL) {
        add_preset_rules(build, &written);
    } else {
        if (written.count == 0)
            written = preset_codes("127.0.0.2-127.0.0.254");
        add_plain_rules(build, &written);
    }
}

/* ---- the list itself --------------------------------------------------------------------------------- */

static bool find_preset(struct build *build)
{
    const struct dnsbl_list_settings *settings = build->settings;
    if (settings->preset[0] == '\0') {
        build->preset = dnsbl_preset_by_zone(slice_of(settings->zone));
        return true;
    }
    build->preset = dnsbl_preset_by_name(settings->preset);
    if (build->preset != NULL)
        return true;
    char *names = talloc_strdup(build->owner, "");
    for (const struct dnsbl_preset *preset = dnsbl_presets; preset->name != NULL && names != NULL; preset++)
        names = talloc_asprintf_append(names, "%s%s", preset == dnsbl_presets ? "" : ", ", preset->name);
    config_finish_error(build->context, "preset", "%s: no such preset; there are: %s", settings->preset,
                        names == NULL ? "?" : names);
    return false;
}

/* The zone without a key. */
static const char *plain_zone(struct build *build)
{
    const struct dnsbl_list_settings *settings = build->settings;
    if (settings->zone[0] != '\0')
        return settings->zone;
    if (build->preset == NULL) {
        config_finish_error(build->context, "zone", "a list needs `zone` or `preset`");
        return NULL;
    }
    if (build->preset->needs_key && settings->key[0] == '\0') {
        config_finish_error(build->context, "preset",
                            "%s needs `key`, best from a file: key: file:/etc/closedrelay/%s.key",
                            build->preset->name, build->preset->name);
        return NULL;
    }
    return build->preset->zone;
}

static const char *shown_name(struct build *build, const char *plain, const struct dns_name *zone)
{
    struct dns_name masked;
    if (build->settings->name[0] != '\0')
        return build->settings->name;
    if (build->settings->key[0] != '\0')
        return talloc_strdup(build->list, plain);
    dns_zone_mask(&masked, slice_make(zone->text, zone->length));
    if (strcmp(masked.text, zone->text) != 0)
        config_finish_warning(build->context, "zone",
                              "%s: what looks like a key belongs in `key`, which is never shown",
                              masked.text);
    return talloc_strdup(build->list, masked.text);
}

/* For who writes lists as Postfix and others do. */
static const char *zone_advice(const char *zone)
{
    if (strpbrk(zone, ", ;|") != NULL)
        return ": each list is an entry of its own: - { zone: … }";
    if (strpbrk(zone, "=*[") != NULL)
        return ": the answers that count are written codes: [127.0.0.2-127.0.0.11], and a factor weight: 2";
    return "";
}

static bool name_list(struct build *build)
{
    const struct dnsbl_list_settings *settings = build->settings;
    const char *plain = plain_zone(build);
    if (plain == NULL)
        return false;
    struct dns_name zone;
    char *text = settings->key[0] == '\0' ? talloc_strdup(build->list, plain)
                                          : talloc_asprintf(build->list, "%s.%s", settings->key, plain);
    if (text != NULL && (!dns_zone_parse(slice_of(text), &zone) || zone.length > DNS_NAME_BYTES_MAX - 64)) {
        config_finish_error(build->context, settings->key[0] == '\0' ? "zone" : "key",
                            "%s: not the name of a zone that addresses can be asked under%s", plain,
                            zone_advice(plain));
        return false;
    }
    const char *fate = dnsbl_zone_is_dead(slice_of(plain));
    if (fate != NULL)
        config_finish_warning(build->context, "zone", "%s: this list is dead: it %s", plain, fate);
    if (text != NULL) {
        memcpy(text, zone.text, zone.length + 1); /* never longer than what it was parsed from */
        build->list->shown = shown_name(build, plain, &zone);
    }
    build->list->zone = text;
    if (text == NULL || build->list->shown == NULL)
        out_of_memory(build);
    return !build->failed;
}

void dnsbl_list_finish(void *owner, void *settings, const struct config_finish *context)
{
    struct dnsbl_list_settings *entry = settings;
    struct build build = {.owner = owner, .settings = entry, .context = context};
    entry->list = NULL;
    if (!find_preset(&build))
        return;
    build.list = talloc_zero(owner, struct dnsbl_list);
    if (build.list == NULL) {
        out_of_memory(&build);
        return;
    }
    build.list->allow = entry->kind == DNSBL_ALLOW || (build.preset != NULL && build.preset->allow);
    build.list->text = entry->text;
    build.list->tested = entry->tested;
    build.list->key = entry->key;
    build.list->reply = entry->reply;
    if (!name_list(&build))
        return;
    struct dnsbl_ranges errors = read_codes(&build, "error_codes", &entry->error_codes);
    if (build.preset != NULL && build.preset->error_codes != NULL &&
        !dnsbl_ranges_add(&errors, slice_of(build.preset->error_codes)))
        errors.full = true;
    build.list->error_codes = keep_ranges(&build, &errors);
    add_rules(&build);
    entry->list = build.list;
}
