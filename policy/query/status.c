/* What the running daemon tells of itself: `status`. */
#include "policy_query.h"

#include "base/counter.h"
#include "base/time_text.h"
#include "dns/dns_service.h"
#include "engine/engine.h"
#include "store/store.h"
#include "table/table_registry.h"

#include <talloc.h>

enum { LISTS_SHOWN_MAX = 64 };

static uint64_t seconds_of(uint64_t ms)
{
    return ms / 1000;
}

/* ---- the daemon ------------------------------------------------------------------------------------- */

static void add_start(const struct policy_engine *engine, struct answer *answer)
{
    const uint64_t now_ms = clock_monotonic_ms(&engine->options.clock);
    char started[TIME_TEXT_BYTES];
    struct strbuf uptime;
    strbuf_init(&uptime, 0);
    time_text_utc(engine->started_us, started);
    time_text_duration(&uptime, seconds_of(now_ms - engine->started_ms));
    answer_line(answer, "closedrelay " CLOSEDRELAY_VERSION ", running since %s (%s)", started,
                strbuf_text(&uptime));
    answer_text(answer, "version", NULL, CLOSEDRELAY_VERSION);
    answer_time(answer, "started", NULL, engine->started_us);
    answer_seconds(answer, "uptime_s", NULL, seconds_of(now_ms - engine->started_ms));
    strbuf_deinit(&uptime);
}

static void add_policy(struct policy_engine *engine, struct answer *answer)
{
    char since[TIME_TEXT_BYTES];
    pthread_mutex_lock(&engine->lock);
    struct policy_snapshot *snapshot = policy_snapshot_ref(engine->snapshot);
    const int64_t since_us = engine->in_force_since_us;
    pthread_mutex_unlock(&engine->lock);
    const char *mode = check_mode_name(snapshot->root->mode);
    time_text_utc(since_us, since);
    answer_words(answer, NULL, "policy", "%s, mode %s, in force since %s",
                 snapshot->path == NULL ? "built in (no configuration file)" : snapshot->path, mode, since);
    answer_text(answer, "config", NULL, snapshot->path == NULL ? "" : snapshot->path);
    answer_text(answer, "policy", NULL, snapshot->id);
    answer_text(answer, "mode", NULL, mode);
    answer_time(answer, "in_force_since", NULL, since_us);
    policy_snapshot_unref(snapshot);
}

static unsigned long long count_of(const char *name)
{
    return counter_value_of(name);
}

static void add_messages(struct answer *answer)
{
    static const char *const verdicts[] = {"accepted", "held", "deferred", "rejected", "aborted"};
    struct strbuf messages;
    strbuf_init(&messages, 0);
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
        strbuf_printf(&messages, "%s%llu %s", i == 0 ? "" : ", ", count_of(verdicts[i]), verdicts[i]);
    answer_words(answer, NULL, "messages", "%s; %llu recipients refused", strbuf_text(&messages),
                 count_of("recipients_refused"));
    if (count_of("records_lost") > 0)
        answer_words(answer, NULL, "RECORDS LOST", "%llu: see the log", count_of("records_lost"));
    strbuf_deinit(&messages);
}

static void add_counters(uint64_t session_count, struct answer *answer)
{
    answer_words(answer, NULL, "sessions", "%llu open, %llu in all", (unsigned long long)session_count,
                 count_of("connections"));
    answer_count(answer, "sessions", NULL, session_count);
    add_messages(answer);
    answer_open_object(answer, "counters", NULL);
    for (const struct counter *counter = counter_first(); counter != NULL; counter = counter->next)
        answer_count(answer, counter->name, NULL, counter_value(counter));
    answer_close(answer);
}

/* ---- the resolver ----------------------------------------------------------------------------------- */

static void add_resolver_in_words(const struct resolver_status *resolver,
                                  const struct answer_cache_status *cache, struct answer *answer)
{
    answer_words(
        answer, NULL, "dns",
        "%llu questions, %llu answered, %llu failed; %u answers kept: %llu times used, %llu times missed",
        (unsigned long long)resolver->asked_count, (unsigned long long)resolver->answered_count,
        (unsigned long long)resolver->failed_count, cache->entry_count, (unsigned long long)cache->hit_count,
        (unsigned long long)cache->miss_count);
    if (!resolver->usable)
        answer_text(answer, NULL, "", "no name server can be used: every list is unknown");
    if (resolver->public_service == NULL)
        return;
    answer_words(answer, NULL, "",
                 "the name server is %s's public one: block lists refuse those. Run a resolver of",
                 resolver->public_service);
    answer_text(answer, NULL, "", "your own and name it in dns.servers");
}

/* Zeros where no name server is asked. */
static void add_resolver(struct dns_service *dns, struct answer *answer)
{
    struct resolver_status resolver = {0};
    struct answer_cache_status cache = {0};
    if (dns != NULL) {
        dns_service_get_resolver(dns, &resolver);
        dns_service_get_cache(dns, &cache);
        add_resolver_in_words(&resolver, &cache, answer);
    }
    answer_open_object(answer, "dns", NULL);
    answer_bool(answer, "usable", NULL, resolver.usable);
    answer_text(answer, "public_service", NULL, resolver.public_service);
    answer_count(answer, "asked", NULL, resolver.asked_count);
    answer_count(answer, "answered", NULL, resolver.answered_count);
    answer_count(answer, "failed", NULL, resolver.failed_count);
    answer_count(answer, "cache_entries", NULL, cache.entry_count);
    answer_count(answer, "cache_hits", NULL, cache.hit_count);
    answer_count(answer, "cache_misses", NULL, cache.miss_count);
    answer_close(answer);
}

/* ---- the lists -------------------------------------------------------------------------------------- */

static bool is_asked(const struct list_status *list)
{
    return list->state == LIST_HEALTHY || list->state == LIST_UNTESTED;
}

static void add_list_in_words(const struct list_status *list, uint64_t since_s, uint64_t next_test_s,
                              struct answer *answer)
{
    struct strbuf since, next_test;
    if (is_asked(list)) {
        answer_words(answer, NULL, "", "answers: %llu listed, %llu not listed, %llu failed; %u ms each%s",
                     (unsigned long long)list->listed_count, (unsigned long long)list->not_listed_count,
                     (unsigned long long)list->failed_count, list->latency_ms,
                     list->state == LIST_HEALTHY && !list->ipv6_works ? "; IPv4 only" : "");
        return;
    }
    strbuf_init(&since, 0);
    strbuf_init(&next_test, 0);
    time_text_duration(&since, since_s);
    time_text_duration(&next_test, next_test_s);
    answer_words(answer, NULL, "", "%s; not asked for %s, tested again in %s",
                 list_trouble_text(list->trouble), strbuf_text(&since), strbuf_text(&next_test));
    strbuf_deinit(&since);
    strbuf_deinit(&next_test);
}

static void add_list(const struct list_status *list, uint64_t now_ms, struct answer *answer)
{
    const uint64_t since_s = seconds_of(now_ms - list->since_ms);
    const uint64_t next_test_s = list->next_test_ms > now_ms ? seconds_of(list->next_test_ms - now_ms) : 0;
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "list", "", list->shown);
    answer_text(answer, "state", "", list_state_name(list->state));
    add_list_in_words(list, since_s, next_test_s, answer);
    answer_text(answer, "why", NULL, is_asked(list) ? NULL : list_trouble_text(list->trouble));
    answer_seconds(answer, "since_s", NULL, since_s);
    answer_seconds(answer, "next_test_s", NULL, next_test_s);
    answer_count(answer, "latency_ms", NULL, list->latency_ms);
    answer_bool(answer, "ipv6", NULL, list->ipv6_works);
    answer_count(answer, "listed", NULL, list->listed_count);
    answer_count(answer, "not_listed", NULL, list->not_listed_count);
    answer_count(answer, "failed", NULL, list->failed_count);
    answer_count(answer, "suspended", NULL, list->suspended_count);
    answer_close(answer);
}

static void add_lists(struct policy_engine *engine, struct answer *answer)
{
    struct list_status *lists = talloc_array(NULL, struct list_status, LISTS_SHOWN_MAX);
    const uint64_t now_ms = clock_monotonic_ms(&engine->options.clock);
    size_t count = 0;
    if (lists != NULL && engine->services.dns != NULL)
        count = block_lists_get_status(dns_service_lists(engine->services.dns), lists, LISTS_SHOWN_MAX);
    answer_open_list(answer, "lists", "lists");
    for (size_t i = 0; i < count && i < LISTS_SHOWN_MAX; i++)
        if (!lists[i].retired)
            add_list(&lists[i], now_ms, answer);
    answer_close(answer);
    talloc_free(lists);
}

static void add_store(struct policy_engine *engine, struct answer *answer)
{
    struct strbuf words;
    if (engine->services.store == NULL)
        return;
    strbuf_init(&words, 0);
    store_describe(engine->services.store, &words);
    answer_text(answer, "store", "store", strbuf_text(&words));
    strbuf_deinit(&words);
}

static void add_restart(struct policy_engine *engine, struct answer *answer)
{
    struct strbuf keys;
    strbuf_init(&keys, 0);
    policy_engine_restart_keys(engine, &keys);
    answer_text(answer, "restart_needed_for", NULL, keys.length == 0 ? NULL : strbuf_text(&keys));
    if (keys.length > 0)
        answer_words(answer, NULL, "restart", "needed for %s", strbuf_text(&keys));
    strbuf_deinit(&keys);
}

/* ---- the tables ------------------------------------------------------------------------------------- */

static void add_table(void *context, struct table *table)
{
    struct answer *answer = context;
    struct table_status status;
    table_get_status(table, &status);
    const char *state = status.is_held_back ? "held back" : status.is_failing ? "failing" : "in use";
    answer_open_object(answer, NULL, NULL);
    answer_text(answer, "table", "", status.name);
    answer_text(answer, "state", "", state);
    if (status.is_counted)
        answer_words(answer, NULL, "", "%zu entries", status.entry_count);
    if (status.is_held_back)
        answer_words(answer, NULL, "", "of %zu entries %zu are left: reload --accept-shrunk takes it",
                     status.entry_count, status.held_entry_count);
    if (status.is_counted)
        answer_count(answer, "entries", NULL, status.entry_count);
    if (status.is_held_back)
        answer_count(answer, "held_entries", NULL, status.held_entry_count);
    answer_close(answer);
}

static void add_tables(struct policy_engine *engine, struct answer *answer)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    answer_open_list(answer, "tables", "tables");
    table_registry_each(config_document_tables(snapshot->document), add_table, answer);
    answer_close(answer);
    policy_snapshot_unref(snapshot);
}

void policy_query_status(struct policy_engine *engine, uint64_t session_count, struct answer *answer)
{
    add_start(engine, answer);
    add_policy(engine, answer);
    add_restart(engine, answer);
    add_counters(session_count, answer);
    add_store(engine, answer);
    add_resolver(engine->services.dns, answer);
    add_lists(engine, answer);
    add_tables(engine, answer);
    policy_query_health(engine, "ill", answer);
}
