/* `lookup`: what every block list says of an address, and what would follow from it. */
#include "policy_query.h"

#include "check/dnsbl/dnsbl_lists.h"
#include "check/relay/relay.h"
#include "engine/engine.h"

#include <talloc.h>

struct lookup {
    const struct policy_snapshot *snapshot;
    const struct dnsbl_settings *settings; /* for the lists, which are the same for all roles */
    struct ip_address address;
    struct list_answer *results; /* a list each */
    const char *never_asked;     /* why mail from here asks no list; NULL: it does */
};

/* What a list said, in words and for programs. */
static const char *const verdict_words[][2] = {
    [LIST_NOT_LISTED] = {"not listed", "not_listed"},
    [LIST_LISTED] = {"listed", "listed"},
    [LIST_UNKNOWN] = {"unknown", "unknown"},
    [LIST_SKIPPED] = {"not asked: it has no IPv6", "not_asked"},
};

/* ---- what follows ----------------------------------------------------------------------------------- */

static const struct dnsbl_settings *settings_for(const struct lookup *lookup, enum role role)
{
    return snapshot_check_settings(lookup->snapshot, check_index(&dnsbl_check), role);
}

static struct dnsbl_weight weight_for(const struct lookup *lookup, enum role role)
{
    return dnsbl_weigh(settings_for(lookup, role), lookup->results, role, NULL);
}

/* What would become of a message of that role, by this check alone. */
static const char *consequence(const struct lookup *lookup, enum role role)
{
    static const char *const words[] = {"goes on", "is held", "is deferred", "is refused"};
    const struct dnsbl_settings *settings = settings_for(lookup, role);
    struct dnsbl_weight weight = weight_for(lookup, role);
    if (settings->common.mode == MODE_OFF)
        return "goes on: the check is off";
    if (lookup->never_asked != NULL || weight.action == ACTION_ACCEPT)
        return words[ACTION_ACCEPT];
    return settings->common.mode == MODE_ENFORCE ? words[weight.action] : "goes on: the check only monitors";
}

static const char *rule_word(const struct lookup *lookup, size_t i, enum role role)
{
    const struct list_answer *result = &lookup->results[i];
    const struct dnsbl_list *list = dnsbl_list_at(lookup->settings, i);
    const struct dnsbl_rule *rule =
        result->verdict == LIST_LISTED ? dnsbl_rule_for(list, result->codes, result->code_count, role) : NULL;
    if (rule == NULL || list->allow)
        return rule == NULL ? NULL : "allow";
    const struct dnsbl_settings *settings = settings_for(lookup, role);
    if (!dnsbl_is_evidence_only(settings, role))
        return dnsbl_action_name(rule->action);
    return settings->logins == DNSBL_LOGINS_OFF ? NULL : "evidence";
}

static void print_codes(const struct list_answer *result, struct strbuf *out)
{
    for (size_t i = 0; i < result->code_count; i++)
        strbuf_printf(out, "%s%u.%u.%u.%u", i == 0 ? "" : " ", result->codes[i] >> 24,
                      (result->codes[i] >> 16) & 255, (result->codes[i] >> 8) & 255, result->codes[i] & 255);
}

/* ---- the lists -------------------------------------------------------------------------------------- */

static void add_verdict(const struct list_answer *result, const char *codes, struct answer *answer)
{
    const char *verdict = verdict_words[result->verdict][0];
    const bool is_troubled = result->trouble != NULL;
    const bool is_listed = result->verdict == LIST_LISTED;
    if (result->verdict == LIST_UNKNOWN)
        answer_words(answer, NULL, "", "%s: %s%s%s", verdict, result->why_text, is_troubled ? ": " : "",
                     is_troubled ? result->trouble : "");
    else if (result->verdict == LIST_SKIPPED)
        answer_text(answer, NULL, "", verdict);
    else
        answer_words(answer, NULL, "", "%s%s%s%s; answer %llu s old, kept for %u s", verdict,
                     is_listed ? " (" : "", codes, is_listed ? ")" : "",
                     (unsigned long long)(result->age_ms / 1000), result->ttl_seconds);
}

/* Whom the answer counts for. */
static void add_rules(const struct lookup *lookup, size_t i, struct answer *answer)
{
    struct strbuf words;
    strbuf_init(&words, 0);
    answer_open_object(answer, "roles", NULL);
    for (int role = 0; role < ROLE_COUNT; role++) {
        const char *word = rule_word(lookup, i, (enum role)role);
        if (word == NULL)
            continue;
        answer_text(answer, role_name((enum role)role), NULL, word);
        strbuf_printf(&words, "%s%s: %s", words.length == 0 ? "" : ", ", role_name((enum role)role), word);
    }
    answer_close(answer);
    if (words.length > 0)
        answer_line(answer, "%s", strbuf_text(&words));
    else if (lookup->results[i].verdict == LIST_LISTED)
        answer_line(answer, "counts for nobody");
    strbuf_deinit(&words);
}

static void add_result(const struct lookup *lookup, size_t i, struct answer *answer)
{
    const struct list_answer *result = &lookup->results[i];
    const struct dnsbl_list *list = dnsbl_list_at(lookup->settings, i);
    struct strbuf codes;
    strbuf_init(&codes, 0);
    print_codes(result, &codes);
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "list", "", list->shown);
    add_verdict(result, strbuf_text(&codes), answer);
    answer_text(answer, "answer", NULL, verdict_words[result->verdict][1]);
    answer_text(answer, "codes", NULL, strbuf_text(&codes));
    answer_text(answer, "why", NULL, result->verdict == LIST_UNKNOWN ? result->why : NULL);
    answer_text(answer, "trouble", NULL, result->trouble);
    answer_count(answer, "age_ms", NULL, result->age_ms);
    answer_count(answer, "ttl_s", NULL, result->ttl_seconds);
    add_rules(lookup, i, answer);
    if (result->text != NULL && list->key[0] != '\0')
        answer_line(answer, "(its text is not shown, for it may hold the key)");
    else if (result->text != NULL)
        answer_line(answer, "\"%s\"", result->text);
    answer_close(answer);
    strbuf_deinit(&codes);
}

/* ---- what would become of mail ---------------------------------------------------------------------- */

static void add_consequence(const struct lookup *lookup, enum role role, struct answer *answer)
{
    const struct dnsbl_weight weight = weight_for(lookup, role);
    if (!weight.any_list_counts)
        return;
    answer_text(answer, role_name(role), NULL, consequence(lookup, role));
    if (weight.against == 0 && weight.in_favour == 0)
        answer_text(answer, NULL, role_name(role), consequence(lookup, role));
    else
        answer_words(answer, NULL, role_name(role), "%s (%llu against, %llu in favour, threshold %llu)",
                     consequence(lookup, role), (unsigned long long)weight.against,
                     (unsigned long long)weight.in_favour,
                     (unsigned long long)settings_for(lookup, role)->threshold);
}

static void add_all(const struct lookup *lookup, struct answer *answer)
{
    const bool has_lists = lookup->settings->lists.count > 0;
    char address[IP_ADDRESS_TEXT_BYTES];
    ip_address_print(&lookup->address, address);
    answer_text(answer, "address", NULL, address);
    answer_bool(answer, "asked_in_mail", NULL, lookup->never_asked == NULL);
    if (!has_lists)
        answer_line(answer, "no list is configured");
    else if (lookup->never_asked != NULL)
        answer_line(answer, "mail from here asks no list: %s. If it did:", lookup->never_asked);
    answer_open_list(answer, "lists", has_lists ? "lists" : NULL);
    for (size_t i = 0; i < lookup->settings->lists.count; i++)
        add_result(lookup, i, answer);
    answer_close(answer);
    answer_open_object(answer, "mail", has_lists ? "mail" : NULL);
    for (int role = 0; role < ROLE_COUNT; role++)
        add_consequence(lookup, (enum role)role, answer);
    answer_close(answer);
}

/* ---- asking ----------------------------------------------------------------------------------------- */

static const char *why_never_asked(const struct policy_snapshot *snapshot, const struct ip_address *address)
{
    if (network_set_contains(snapshot_relay_settings(snapshot)->trusted_networks, address))
        return "the address is in relay.trusted_networks";
    return ip_address_is_private(address) ? "the address is a private one" : NULL;
}

static void ask_lists(struct policy_engine *engine, struct lookup *lookup, struct answer *answer)
{
    const size_t count = lookup->settings->lists.count;
    struct list_query *query = dnsbl_ask(engine->services.dns, lookup->settings, &lookup->address);
    lookup->results = talloc_zero_array(NULL, struct list_answer, (unsigned)count + 1);
    if (lookup->results == NULL || query == NULL) {
        answer_refuse(answer, "out of memory");
    } else {
        list_query_collect(query, lookup->results);
        add_all(lookup, answer);
    }
    list_query_destroy(query);
    talloc_free(lookup->results);
}

bool policy_query_lookup(struct policy_engine *engine, const char *text, struct answer *answer)
{
    struct lookup lookup = {.snapshot = NULL};
    if (!ip_address_parse(slice_of(text), &lookup.address)) {
        answer_refuse(answer, "'%s' is no IP address", text);
        return false;
    }
    if (engine->services.dns == NULL) {
        answer_line(answer, "no name server is asked here");
        return true;
    }
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    lookup.snapshot = snapshot;
    lookup.settings = snapshot_dnsbl_settings(snapshot);
    lookup.never_asked = why_never_asked(snapshot, &lookup.address);
    ask_lists(engine, &lookup, answer);
    policy_snapshot_unref(snapshot);
    return true;
}
