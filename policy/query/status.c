/* What the running daemon tells of itself: `status`. */
#include "engine/engine.h"

#include "check/dnsbl/dnsbl_service.h"
#include "base/counter.h"
#include "base/json_writer.h"

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
        strbuf_printf(out, "%s%llu %s", shown_count == 0 ? "" : " ", (unsigned long long)count,
                      units[i].name);
        seconds -= count * units[i].seconds;
        shown_count++;
    }
}

/* ---- status ----------------------------------------------------------------------------------------- */

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
        strbuf_printf(out, " answers: %llu listed, %llu not listed, %llu failed; %u ms each%s",
                      (unsigned long long)list->listed_count, (unsigned long long)list->not_listed_count,
                      (unsigned long long)list->failed_count, list->latency_ms,
                      list->state == LIST_HEALTHY && !list->ipv6_works ? "; IPv4 only" : "");
    } else {
        strbuf_printf(out, " %s; not asked for ", list_trouble_text(list->trouble));
        print_duration(out, (status->now_ms - list->since_ms) / 1000);
        strbuf_append_text(out, ", tested again in ");
        print_duration(out, list->next_test_ms > status->now_ms ? (list->next_test_ms - status->now_ms) / 1000
                                                                : 0);
    }
    strbuf_append_byte(out, '\n');
}

static void print_resolver(const struct status *status, struct strbuf *out)
{
    const struct resolver_status *resolver = &status->resolver;
    strbuf_printf(
        out,
        "dns           %llu questions, %llu answered, %llu failed; %u answers kept: %llu times used, %llu "
        "times missed\n",
        (unsigned long long)resolver->asked_count, (unsigned long long)resolver->answered_count,
        (unsigned long long)resolver->failed_count, status->cache.entry_count,
        (unsigned long long)status->cache.hit_count, (unsigned long long)status->cache.miss_count);
    if (!resolver->usable)
        strbuf_append_text(out, "              no name server can be used: every list is unknown\n");
    if (resolver->public_service != NULL)
        strbuf_printf(
            out,
            "              the name server is %s's public one: block lists refuse those. Run a resolver of\n"
            "              your own and name it in dns.servers\n",
            resolver->public_service);
}

static const char *const verdict_counters[] = {"accepted", "held", "deferred", "rejected", "aborted"};

static void print_status(const struct policy_engine *engine, const struct status *status, struct strbuf *out)
{
    strbuf_printf(out, "closedrelay " CLOSEDRELAY_VERSION ", running since %s (", status->started);
    print_duration(out, status->uptime_sec);
    strbuf_printf(
        out, ")\npolicy        %s, mode %s, in force since %s\nsessions      %llu open, %llu in all\n",
        status->config[0] == '\0' ? "built in (no configuration file)" : status->config,
        check_mode_name(status->mode), status->in_force_since, (unsigned long long)status->session_count,
        (unsigned long long)counter_value_of("connections"));
    strbuf_append_text(out, "messages     ");
    for (size_t i = 0; i < sizeof verdict_counters / sizeof verdict_counters[0]; i++)
        strbuf_printf(out, "%s %llu %s", i == 0 ? "" : ",",
                      (unsigned long long)counter_value_of(verdict_counters[i]), verdict_counters[i]);
    strbuf_printf(out, "; %llu recipients refused\n",
                  (unsigned long long)counter_value_of("recipients_refused"));
    uint64_t lost_count = counter_value_of("records_lost");
    if (lost_count > 0)
        strbuf_printf(out, "RECORDS LOST  %llu: see the log\n", (unsigned long long)lost_count);
    if (engine->services.dnsbl != NULL)
        print_resolver(status, out);
    strbuf_printf(out, "lists%s\n", status->list_count == 0 ? "         none" : "");
    for (size_t i = 0; i < status->list_count; i++)
        if (!status->lists[i].retired)
            print_list(status, &status->lists[i], out);
}

static void write_list_json(const struct status *status, const struct list_status *list,
                            struct json_writer *json)
{
    bool is_troubled = list->state == LIST_SUSPENDED || list->state == LIST_UNUSABLE;
    json_open_object(json, NULL);
    json_text(json, "list", list->shown);
    json_text(json, "state", list_state_name(list->state));
    json_text(json, "why", is_troubled ? list_trouble_text(list->trouble) : NULL);
    json_u64(json, "since_s", (status->now_ms - list->since_ms) / 1000);
    json_u64(json, "next_test_s",
             list->next_test_ms > status->now_ms ? (list->next_test_ms - status->now_ms) / 1000 : 0);
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

static void write_status_json(const struct status *status, struct strbuf *out)
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
    for (const struct counter *counter = counter_first(); counter != NULL; counter = counter->next)
        json_u64(&json, counter->name, counter_value(counter));
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
        write_status_json(status, out);
    else
        print_status(engine, status, out);
    talloc_free(status);
}
