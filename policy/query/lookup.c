/* `lookup`: what every block list says of an address, and what would follow from it. */
#include "engine/engine.h"

#include "check/dnsbl/dnsbl_service.h"
#include "check/relay/relay.h"
#include "base/json_writer.h"

#include <stdio.h>
#include <talloc.h>

/* Everything that both forms of the answer tell. */
struct lookup {
    const struct policy_snapshot *snapshot;
    const struct dnsbl_settings *settings; /* for the lists, which are the same for all roles */
    struct ip_address address;
    struct list_answer *results; /* a list each */
    const char *never_asked;     /* why mail from here asks no list; NULL: it does */
};

static const char *const verdict_names[] = {
    [LIST_NOT_LISTED] = "not listed",
    [LIST_LISTED] = "listed",
    [LIST_UNKNOWN] = "unknown",
    [LIST_SKIPPED] = "not asked: it has no IPv6",
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
    return rule == NULL ? NULL : list->allow ? "allow" : dnsbl_action_name(rule->action);
}

static void print_codes(const struct list_answer *result, struct strbuf *out)
{
    for (size_t i = 0; i < result->code_count; i++)
        strbuf_printf(out, "%s%u.%u.%u.%u", i == 0 ? "" : " ", result->codes[i] >> 24,
                      (result->codes[i] >> 16) & 255, (result->codes[i] >> 8) & 255, result->codes[i] & 255);
}

/* ---- for people ------------------------------------------------------------------------------------- */

static void print_rules(const struct lookup *lookup, size_t i, struct strbuf *out)
{
    bool is_first = true;
    for (int role = 0; role < ROLE_COUNT; role++) {
        const char *word = rule_word(lookup, i, (enum role)role);
        if (word != NULL)
            strbuf_printf(out, "%s%s: %s", is_first ? "\n      " : ", ", role_name((enum role)role), word);
        is_first = is_first && word == NULL;
    }
    if (is_first && lookup->results[i].verdict == LIST_LISTED)
        strbuf_append_text(out, "\n      counts for nobody");
}

static void print_text(const struct dnsbl_list *list, const char *text, struct strbuf *out)
{
    if (text != NULL && list->key[0] != '\0')
        strbuf_append_text(out, "\n      (its text is not shown, for it may hold the key)");
    else if (text != NULL)
        strbuf_printf(out, "\n      \"%s\"", text);
}

static void print_result(const struct lookup *lookup, size_t i, struct strbuf *out)
{
    const struct list_answer *result = &lookup->results[i];
    const struct dnsbl_list *list = dnsbl_list_at(lookup->settings, i);
    strbuf_printf(out, "  %-28s %s", list->shown, verdict_names[result->verdict]);
    if (result->verdict == LIST_UNKNOWN) {
        strbuf_printf(out, ": %s%s%s", result->why_text, result->trouble == NULL ? "" : ": ",
                      result->trouble == NULL ? "" : result->trouble);
    } else if (result->verdict != LIST_SKIPPED) {
        strbuf_append_text(out, result->verdict == LIST_LISTED ? " (" : "");
        print_codes(result, out);
        strbuf_printf(out, "%s; answer %llu s old, kept for %u s", result->verdict == LIST_LISTED ? ")" : "",
                      (unsigned long long)(result->age_ms / 1000), result->ttl_seconds);
    }
    print_rules(lookup, i, out);
    print_text(list, result->text, out);
    strbuf_append_byte(out, '\n');
}

static void print_consequences(const struct lookup *lookup, struct strbuf *out)
{
    strbuf_append_text(out, "mail\n");
    for (int i = 0; i < ROLE_COUNT; i++) {
        enum role role = (enum role)i;
        struct dnsbl_weight weight = weight_for(lookup, role);
        if (!weight.any_list_counts)
            continue;
        strbuf_printf(out, "  %-28s %s", role_name(role), consequence(lookup, role));
        if (weight.against > 0 || weight.in_favour > 0)
            strbuf_printf(out, " (%llu against, %llu in favour, threshold %llu)",
                          (unsigned long long)weight.against, (unsigned long long)weight.in_favour,
                          (unsigned long long)settings_for(lookup, role)->threshold);
        strbuf_append_byte(out, '\n');
    }
}

static void print_lookup(const struct lookup *lookup, struct strbuf *out)
{
    if (lookup->settings->lists.count == 0) {
        strbuf_append_text(out, "no list is configured\n");
        return;
    }
    if (lookup->never_asked != NULL)
        strbuf_printf(out, "mail from here asks no list: %s. If it did:\n", lookup->never_asked);
    strbuf_append_text(out, "lists\n");
    for (size_t i = 0; i < lookup->settings->lists.count; i++)
        print_result(lookup, i, out);
    print_consequences(lookup, out);
}

/* ---- as JSON ---------------------------------------------------------------------------------------- */

static void write_result(const struct lookup *lookup, size_t i, struct json_writer *json)
{
    const struct list_answer *result = &lookup->results[i];
    static const char *const verdicts[] = {"not_listed", "listed", "unknown", "not_asked"};
    struct strbuf codes;
    strbuf_init(&codes, 0);
    print_codes(result, &codes);
    json_open_object(json, NULL);
    json_text(json, "list", dnsbl_list_at(lookup->settings, i)->shown);
    json_text(json, "answer", verdicts[result->verdict]);
    json_text(json, "codes", strbuf_text(&codes));
    json_text(json, "why", result->verdict == LIST_UNKNOWN ? result->why : NULL);
    json_text(json, "trouble", result->trouble);
    json_u64(json, "age_ms", result->age_ms);
    json_u64(json, "ttl_s", result->ttl_seconds);
    json_open_object(json, "roles");
    for (int role = 0; role < ROLE_COUNT; role++)
        if (rule_word(lookup, i, (enum role)role) != NULL)
            json_text(json, role_name((enum role)role), rule_word(lookup, i, (enum role)role));
    json_close_object(json);
    json_close_object(json);
    strbuf_deinit(&codes);
}

static void write_lookup(const struct lookup *lookup, struct strbuf *out)
{
    struct json_writer json;
    char address[IP_ADDRESS_TEXT_BYTES];
    ip_address_print(&lookup->address, address);
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_text(&json, "address", address);
    json_bool(&json, "asked_in_mail", lookup->never_asked == NULL);
    json_open_array(&json, "lists");
    for (size_t i = 0; i < lookup->settings->lists.count; i++)
        write_result(lookup, i, &json);
    json_close_array(&json);
    json_open_object(&json, "mail");
    for (int role = 0; role < ROLE_COUNT; role++)
        if (weight_for(lookup, (enum role)role).any_list_counts)
            json_text(&json, role_name((enum role)role), consequence(lookup, (enum role)role));
    json_close_object(&json);
    json_close_object(&json);
    strbuf_append_byte(out, '\n');
}

/* ---- asking ----------------------------------------------------------------------------------------- */

static const char *why_never_asked(const struct policy_snapshot *snapshot, const struct ip_address *address)
{
    if (network_set_contains(snapshot_relay_settings(snapshot)->trusted_networks, address))
        return "the address is in relay.trusted_networks";
    return ip_address_is_private(address) ? "the address is a private one" : NULL;
}

static void tell(struct policy_engine *engine, struct lookup *lookup, bool json, struct strbuf *out)
{
    size_t count = lookup->settings->lists.count;
    struct list_query *query = dnsbl_service_ask(engine->services.dnsbl, lookup->settings, &lookup->address);
    lookup->results = talloc_zero_array(NULL, struct list_answer, (unsigned)count + 1);
    if (lookup->results == NULL || query == NULL) {
        strbuf_append_text(out, "out of memory\n");
    } else {
        list_query_collect(query, lookup->results);
        if (json)
            write_lookup(lookup, out);
        else
            print_lookup(lookup, out);
    }
    list_query_destroy(query);
    talloc_free(lookup->results);
}

bool policy_engine_lookup(struct policy_engine *engine, const char *text, bool json, struct strbuf *out)
{
    struct lookup lookup = {.snapshot = NULL};
    if (!ip_address_parse(slice_of(text), &lookup.address)) {
        strbuf_printf(out, "'%s' is no IP address\n", text);
        return false;
    }
    if (engine->services.dnsbl == NULL) {
        strbuf_append_text(out, "no name server is asked here\n");
        return true;
    }
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    lookup.snapshot = snapshot;
    lookup.settings = snapshot_dnsbl_settings(snapshot);
    lookup.never_asked = why_never_asked(snapshot, &lookup.address);
    tell(engine, &lookup, json, out);
    policy_snapshot_unref(snapshot);
    return true;
}
