/* What the running daemon tells of itself: `status` and `lookup`. */
#include "engine.h"

#include "check/dnsbl_service.h"
#include "report/json_writer.h"

#include <stdio.h>
#include <talloc.h>
#include <time.h>

enum { LISTS_SHOWN_MAX = 64 };

/* ---- numbers and times for people ------------------------------------------------------------------- */

static void print_time(int64_t time_us, char *text, size_t room)
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, room, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* "3 d 4 h", "2 h 5 min", "12 s": two units are enough. */
static void print_duration(struct strbuf *out, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    unsigned shown_count = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && shown_count < 2; i++) {
        uint64_t count = seconds / units[i].seconds;
        if (count == 0 && !(i == 3 && shown_count == 0))
            continue;
        strbuf_printf(out, "%s%llu %s", shown_count == 0 ? "" : " ", (unsigned long long)count, units[i].name);
        seconds -= count * units[i].seconds;
        shown_count++;
    }
}

/* ---- status ----------------------------------------------------------------------------------------- */

static const char *const counter_names[COUNTER_COUNT] = {
    [COUNTER_SESSIONS] = "connections",
    [COUNTER_ACCEPTED] = "accepted",
    [COUNTER_HELD] = "held",
    [COUNTER_DEFERRED] = "deferred",
    [COUNTER_REJECTED] = "rejected",
    [COUNTER_ABORTED] = "aborted",
    [COUNTER_RECIPIENTS_REFUSED] = "recipients_refused",
    [COUNTER_RECORDS_LOST] = "records_lost",
};

/* A moment of the status: everything both forms of it tell. */
struct status {
    char started[24], in_force_since[24];
    uint64_t uptime_sec;
    uint64_t session_count;
    enum check_mode mode;
    const char *config;
    uint64_t now_ms;
    struct resolver_status resolver;
    struct answer_cache_status cache;
    struct list_status lists[LISTS_SHOWN_MAX];
    size_t list_count;
};

static struct status *take_status(struct policy_engine *engine, uint64_t session_count)
{
    struct status *status = talloc_zero(NULL, struct status);
    if (status == NULL)
        return NULL;
    pthread_mutex_lock(&engine->lock);
    print_time(engine->in_force_since_us, status->in_force_since, sizeof status->in_force_since);
    status->mode = engine->snapshot->root->mode;
    status->config = engine->snapshot->path == NULL ? "" : talloc_strdup(status, engine->snapshot->path);
    pthread_mutex_unlock(&engine->lock);
    print_time(engine->started_us, status->started, sizeof status->started);
    status->uptime_sec = (uint64_t)(clock_wall_us(&engine->options.clock) - engine->started_us) / 1000000;
    status->session_count = session_count;
    status->now_ms = clock_monotonic_ms(&engine->options.clock);
    if (engine->services.dnsbl == NULL)
        return status;
    dnsbl_service_get_resolver(engine->services.dnsbl, &status->resolver);
    dnsbl_service_get_cache(engine->services.dnsbl, &status->cache);
    size_t known_count = dnsbl_service_get_lists(engine->services.dnsbl, status->lists, LISTS_SHOWN_MAX);
    status->list_count = known_count < LISTS_SHOWN_MAX ? known_count : LISTS_SHOWN_MAX;
    return status;
}

static void print_list(const struct status *status, const struct list_status *list, struct strbuf *out)
{
    strbuf_printf(out, "  %-28s %-10s", list->shown, list_state_name(list->state));
    if (list->state == LIST_HEALTHY || list->state == LIST_UNTESTED) {
        strbuf_printf(out, " %llu listed, %llu not, %llu failed, %u ms", (unsigned long long)list->listed_count,
                      (unsigned long long)list->not_listed_count, (unsigned long long)list->failed_count,
                      list->latency_ms);
    } else {
        strbuf_printf(out, " %s; since ", list_trouble_text(list->trouble));
        print_duration(out, (status->now_ms - list->since_ms) / 1000);
        strbuf_append_text(out, ", tried again in ");
        print_duration(out, list->next_test_ms > status->now_ms ? (list->next_test_ms - status->now_ms) / 1000 : 0);
    }
    strbuf_append_byte(out, '\n');
}

static void print_resolver(const struct status *status, struct strbuf *out)
{
    const struct resolver_status *resolver = &status->resolver;
    strbuf_printf(out, "dns           %llu asked, %llu answered, %llu failed; cache: %u entries, %llu hits, %llu misses\n",
                  (unsigned long long)resolver->asked_count, (unsigned long long)resolver->answered_count,
                  (unsigned long long)resolver->failed_count, status->cache.entry_count,
                  (unsigned long long)status->cache.hit_count, (unsigned long long)status->cache.miss_count);
    if (!resolver->usable)
        strbuf_append_text(out, "              no name server can be used: every list is unknown\n");
    if (resolver->public_service != NULL)
        strbuf_printf(out,
                      "              the name server is %s's public one: block lists refuse those. Run a resolver of\n"
                      "              your own and name it in dns.servers\n",
                      resolver->public_service);
}

static void print_status(const struct policy_engine *engine, const struct status *status, struct strbuf *out)
{
    strbuf_printf(out, "closedrelay " CLOSEDRELAY_VERSION ", running since %s (", status->started);
    print_duration(out, status->uptime_sec);
    strbuf_printf(out, ")\npolicy        %s, mode %s, in force since %s\nsessions      %llu open, %llu in all\n",
                  status->config[0] == '\0' ? "built in (no configuration file)" : status->config,
                  check_mode_name(status->mode), status->in_force_since, (unsigned long long)status->session_count,
                  (unsigned long long)counters_read(&engine->counters, COUNTER_SESSIONS));
    strbuf_append_text(out, "messages     ");
    for (int i = COUNTER_ACCEPTED; i <= COUNTER_ABORTED; i++)
        strbuf_printf(out, "%s %llu %s", i == COUNTER_ACCEPTED ? "" : ",",
                      (unsigned long long)counters_read(&engine->counters, (enum counter)i), counter_names[i]);
    strbuf_printf(out, "; %llu recipients refused\n",
                  (unsigned long long)counters_read(&engine->counters, COUNTER_RECIPIENTS_REFUSED));
    uint64_t lost_count = counters_read(&engine->counters, COUNTER_RECORDS_LOST);
    if (lost_count > 0)
        strbuf_printf(out, "RECORDS LOST  %llu: see the log\n", (unsigned long long)lost_count);
    if (engine->services.dnsbl != NULL)
        print_resolver(status, out);
    strbuf_printf(out, "lists%s\n", status->list_count == 0 ? "         none" : "");
    for (size_t i = 0; i < status->list_count; i++)
        if (!status->lists[i].retired)
            print_list(status, &status->lists[i], out);
}

static void write_list_json(const struct status *status, const struct list_status *list, struct json_writer *json)
{
    bool is_troubled = list->state == LIST_SUSPENDED || list->state == LIST_UNUSABLE;
    json_open_object(json, NULL);
    json_text(json, "list", list->shown);
    json_text(json, "state", list_state_name(list->state));
    json_text(json, "why", is_troubled ? list_trouble_text(list->trouble) : NULL);
    json_u64(json, "since_s", (status->now_ms - list->since_ms) / 1000);
    json_u64(json, "next_test_s", list->next_test_ms > status->now_ms ? (list->next_test_ms - status->now_ms) / 1000 : 0);
    json_u64(json, "latency_ms", list->latency_ms);
    json_bool(json, "ipv6", list->ipv6_works);
    json_u64(json, "listed", list->listed_count);
    json_u64(json, "not_listed", list->not_listed_count);
    json_u64(json, "failed", list->failed_count);
    json_u64(json, "suspended", list->suspended_count);
    json_close_object(json);
}

static void write_dns_json(const struct status *status, struct json_writer *json)
{
    json_open_object(json, "dns");
    json_bool(json, "usable", status->resolver.usable);
    json_text(json, "public_service", status->resolver.public_service);
    json_u64(json, "asked", status->resolver.asked_count);
    json_u64(json, "answered", status->resolver.answered_count);
    json_u64(json, "failed", status->resolver.failed_count);
    json_u64(json, "cache_entries", status->cache.entry_count);
    json_u64(json, "cache_hits", status->cache.hit_count);
    json_u64(json, "cache_misses", status->cache.miss_count);
    json_close_object(json);
}

static void write_status_json(const struct policy_engine *engine, const struct status *status, struct strbuf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_text(&json, "version", CLOSEDRELAY_VERSION);
    json_text(&json, "started", status->started);
    json_u64(&json, "uptime_s", status->uptime_sec);
    json_text(&json, "config", status->config);
    json_text(&json, "mode", check_mode_name(status->mode));
    json_text(&json, "in_force_since", status->in_force_since);
    json_u64(&json, "sessions", status->session_count);
    json_open_object(&json, "counters");
    for (int i = 0; i < COUNTER_COUNT; i++)
        json_u64(&json, counter_names[i], counters_read(&engine->counters, (enum counter)i));
    json_close_object(&json);
    write_dns_json(status, &json);
    json_open_array(&json, "lists");
    for (size_t i = 0; i < status->list_count; i++)
        if (!status->lists[i].retired)
            write_list_json(status, &status->lists[i], &json);
    json_close_array(&json);
    json_close_object(&json);
    strbuf_append_byte(out, '\n');
}

void policy_engine_status(struct policy_engine *engine, uint64_t session_count, bool json, struct strbuf *out)
{
    struct status *status = take_status(engine, session_count);
    if (status == NULL)
        strbuf_append_text(out, "out of memory\n");
    else if (json)
        write_status_json(engine, status, out);
    else
        print_status(engine, status, out);
    talloc_free(status);
}

/* ---- lookup ----------------------------------------------------------------------------------------- */

/* What one list says, with what would follow from it for each role. */
struct lookup {
    const struct dnsbl_list *list;
    const struct list_result *result;
    const char *verdict;
    struct strbuf codes;
};

static void list_codes(const struct list_result *result, struct strbuf *out)
{
    for (size_t i = 0; i < result->code_count; i++)
        strbuf_printf(out, "%s%u.%u.%u.%u", i == 0 ? "" : " ", result->codes[i] >> 24, (result->codes[i] >> 16) & 255,
                      (result->codes[i] >> 8) & 255, result->codes[i] & 255);
}

static const char *role_consequence(const struct lookup *lookup, enum role role)
{
    const struct list_result *result = lookup->result;
    const struct dnsbl_rule *rule =
        result->verdict == LIST_LISTED ? dnsbl_rule_for(lookup->list, result->codes, result->code_count, role) : NULL;
    return rule == NULL ? NULL : lookup->list->allow ? "allow" : dnsbl_action_name(rule->action);
}

static void print_lookup(const struct lookup *lookup, struct strbuf *out)
{
    const struct list_result *result = lookup->result;
    strbuf_printf(out, "%-28s %s", lookup->list->shown, lookup->verdict);
    if (result->verdict == LIST_LISTED)
        strbuf_printf(out, " (%s)", strbuf_text(&lookup->codes));
    if (result->verdict == LIST_UNKNOWN)
        strbuf_printf(out, ": %s", result->why_text);
    else if (result->verdict != LIST_SKIPPED)
        strbuf_printf(out, ", %llu s old, good for %u s", (unsigned long long)(result->age_ms / 1000), result->ttl_seconds);
    for (int role = 0; role < ROLE_COUNT; role++) {
        const char *consequence = role_consequence(lookup, (enum role)role);
        if (consequence != NULL)
            strbuf_printf(out, "; %s: %s", role_name((enum role)role), consequence);
    }
    if (result->text != NULL)
        strbuf_printf(out, "\n    \"%s\"", lookup->list->key[0] == '\0' ? result->text : "(text not shown: the list has a key)");
    strbuf_append_byte(out, '\n');
}

static void write_lookup_json(const struct lookup *lookup, struct json_writer *json)
{
    const struct list_result *result = lookup->result;
    json_open_object(json, NULL);
    json_text(json, "list", lookup->list->shown);
    json_text(json, "answer", lookup->verdict);
    json_text(json, "codes", strbuf_text(&lookup->codes));
    json_text(json, "why", result->verdict == LIST_UNKNOWN ? result->why : NULL);
    json_u64(json, "age_ms", result->age_ms);
    json_u64(json, "ttl_s", result->ttl_seconds);
    json_open_object(json, "roles");
    for (int role = 0; role < ROLE_COUNT; role++) {
        const char *consequence = role_consequence(lookup, (enum role)role);
        if (consequence != NULL)
            json_text(json, role_name((enum role)role), consequence);
    }
    json_close_object(json);
    json_close_object(json);
}

static void tell_lookups(const struct dnsbl_settings *settings, const struct list_result *results, bool json,
                         struct strbuf *out)
{
    static const char *const verdicts[] = {
        [LIST_NOT_LISTED] = "not listed", [LIST_LISTED] = "listed", [LIST_UNKNOWN] = "unknown", [LIST_SKIPPED] = "not asked"};
    struct json_writer writer;
    json_writer_init(&writer, out);
    if (json)
        json_open_array(&writer, NULL);
    for (size_t i = 0; i < settings->lists.count; i++) {
        struct lookup lookup = {dnsbl_list_at(settings, i), &results[i], verdicts[results[i].verdict], {0}};
        strbuf_init(&lookup.codes, 0);
        list_codes(&results[i], &lookup.codes);
        if (json)
            write_lookup_json(&lookup, &writer);
        else
            print_lookup(&lookup, out);
        strbuf_deinit(&lookup.codes);
    }
    if (json) {
        json_close_array(&writer);
        strbuf_append_byte(out, '\n');
    }
}

static void lookup_address(struct policy_engine *engine, const struct ip_address *address, bool json, struct strbuf *out)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const struct dnsbl_settings *settings = snapshot_dnsbl_settings(snapshot);
    struct list_result *results = talloc_zero_array(NULL, struct list_result, (unsigned)settings->lists.count + 1);
    struct list_query *query = dnsbl_service_ask(engine->services.dnsbl, settings, address);
    if (results == NULL || query == NULL) {
        strbuf_append_text(out, "out of memory\n");
    } else {
        list_query_collect(query, results);
        tell_lookups(settings, results, json, out);
    }
    list_query_destroy(query);
    talloc_free(results);
    policy_snapshot_unref(snapshot);
}

bool policy_engine_lookup(struct policy_engine *engine, const char *text, bool json, struct strbuf *out)
{
    struct ip_address address;
    if (!ip_address_parse(slice_of(text), &address)) {
        strbuf_append_text(out, "that is no IP address\n");
        return false;
    }
    if (engine->services.dnsbl == NULL) {
        strbuf_append_text(out, "no name server is asked here\n");
        return true;
    }
    if (!json && ip_address_is_private(&address))
        strbuf_append_text(out, "a private address: in mail it is not asked for\n");
    lookup_address(engine, &address, json, out);
    return true;
}
