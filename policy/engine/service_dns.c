/* Looking names up. */
#include "dns/dns_service.h"
#include "engine/engine.h"
#include "engine/service.h"

#include "base/time_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>

enum { LISTS_SHOWN_MAX = 64 };

static bool create_dns(struct policy_engine *engine, const struct policy_snapshot *first,
                       struct strbuf *problems)
{
    (void)first;
    engine->services.dns = dns_service_create(engine->services.clock);
    if (engine->services.dns == NULL)
        strbuf_append_text(problems, "the DNS resolver cannot be started\n");
    return engine->services.dns != NULL;
}

static bool use_dns(struct policy_engine *engine, struct policy_snapshot *snapshot, struct strbuf *problems)
{
    (void)problems;
    dns_service_use(engine->services.dns, snapshot_dns_settings(snapshot));
    return true;
}

/* Where no check asks a list, nothing is wrong with a machine that has no name server. */
static bool is_needed(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const bool needed = snapshot_needs(snapshot, CHECK_NEEDS_DNS);
    policy_snapshot_unref(snapshot);
    return needed;
}

static void examine_resolver(struct policy_engine *engine, const struct health_report *report)
{
    struct resolver_status resolver;
    char how[128];
    dns_service_get_resolver(engine->services.dns, &resolver);
    if (!resolver.usable)
        report->tell(report->context, "dns", "no name server can be used: every list is unknown");
    if (resolver.public_service == NULL)
        return;
    snprintf(how, sizeof how, "the name server is %s's public one, which block lists refuse",
             resolver.public_service);
    report->tell(report->context, "dns", how);
}

static void examine_list(const struct list_status *list, const struct health_report *report)
{
    char what[sizeof list->shown + 8], how[256];
    if (list->retired || list->state == LIST_HEALTHY || list->state == LIST_UNTESTED)
        return;
    snprintf(what, sizeof what, "list %s", list->shown);
    snprintf(how, sizeof how, "%s: %s", list_state_name(list->state), list_trouble_text(list->trouble));
    report->tell(report->context, what, how);
}

static void examine_dns(struct policy_engine *engine, const struct health_report *report)
{
    const size_t room = block_lists_get_status(dns_service_lists(engine->services.dns), NULL, 0);
    struct list_status *lists = calloc(room + 1, sizeof *lists);
    if (is_needed(engine))
        examine_resolver(engine, report);
    if (lists == NULL)
        return;
    const size_t count = block_lists_get_status(dns_service_lists(engine->services.dns), lists, room);
    for (size_t i = 0; i < count && i < room; i++)
        examine_list(&lists[i], report);
    free(lists);
}

/* ---- status: the resolver ---------------------------------------------------------------------------- */

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

/* ---- status: the lists ------------------------------------------------------------------------------- */

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
    const uint64_t since_s = (now_ms - list->since_ms) / 1000;
    const uint64_t next_test_s = list->next_test_ms > now_ms ? (list->next_test_ms - now_ms) / 1000 : 0;
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

static void tell_dns_status(struct policy_engine *engine, struct answer *answer)
{
    add_resolver(engine->services.dns, answer);
    add_lists(engine, answer);
}

/* ---- metrics ---------------------------------------------------------------------------------------- */

static void measure_resolver(struct dns_service *dns, struct metrics *metrics)
{
    struct resolver_status resolver;
    struct answer_cache_status cache;
    dns_service_get_resolver(dns, &resolver);
    dns_service_get_cache(dns, &cache);
    metrics_one(metrics, "dns_up", METRIC_GAUGE, "Whether a name server can be used.", resolver.usable);
    metrics_begin(metrics, "dns_queries_total", METRIC_COUNTER,
                  "Questions to name servers, by how they ended.");
    metrics_u64(metrics, resolver.answered_count, "result", "answered", NULL);
    metrics_u64(metrics, resolver.failed_count, "result", "failed", NULL);
    metrics_one(metrics, "dns_cache_entries", METRIC_GAUGE, "Answers that are kept.", cache.entry_count);
    metrics_begin(metrics, "dns_cache_lookups_total", METRIC_COUNTER,
                  "Questions that could be answered from what is kept, or not.");
    metrics_u64(metrics, cache.hit_count, "result", "hit", NULL);
    metrics_u64(metrics, cache.miss_count, "result", "miss", NULL);
    metrics_one(metrics, "dns_waiters", METRIC_GAUGE, "Sessions that wait for a block list now.",
                block_lists_waiting_count(dns_service_lists(dns)));
}

/* A family at a time, as the format wants it. */
static void measure_lists(const struct list_status *lists, size_t count, struct metrics *metrics)
{
    metrics_begin(metrics, "list_up", METRIC_GAUGE,
                  "Whether a block list is asked: 0 where it is suspended.");
    for (size_t i = 0; i < count; i++)
        metrics_u64(metrics, is_asked(&lists[i]), "list", lists[i].shown, NULL);
    metrics_begin(metrics, "list_answers_total", METRIC_COUNTER, "Answers of a block list.");
    for (size_t i = 0; i < count; i++) {
        metrics_u64(metrics, lists[i].listed_count, "list", lists[i].shown, "result", "listed", NULL);
        metrics_u64(metrics, lists[i].not_listed_count, "list", lists[i].shown, "result", "not_listed", NULL);
        metrics_u64(metrics, lists[i].failed_count, "list", lists[i].shown, "result", "failed", NULL);
    }
    metrics_begin(metrics, "list_suspensions_total", METRIC_COUNTER, "How often a block list was suspended.");
    for (size_t i = 0; i < count; i++)
        metrics_u64(metrics, lists[i].suspended_count, "list", lists[i].shown, NULL);
    metrics_begin(metrics, "list_latency_seconds", METRIC_GAUGE,
                  "How long a block list takes to answer, smoothed.");
    for (size_t i = 0; i < count; i++)
        metrics_double(metrics, lists[i].latency_ms / 1000.0, "list", lists[i].shown, NULL);
}

static void measure_dns(struct policy_engine *engine, struct metrics *metrics)
{
    struct list_status *lists = talloc_array(NULL, struct list_status, LISTS_SHOWN_MAX);
    size_t kept = 0;
    measure_resolver(engine->services.dns, metrics);
    if (lists == NULL)
        return;
    size_t count = block_lists_get_status(dns_service_lists(engine->services.dns), lists, LISTS_SHOWN_MAX);
    count = count > LISTS_SHOWN_MAX ? LISTS_SHOWN_MAX : count;
    for (size_t i = 0; i < count; i++)
        if (!lists[i].retired)
            lists[kept++] = lists[i];
    measure_lists(lists, kept, metrics);
    talloc_free(lists);
}

static void destroy_dns(struct policy_engine *engine)
{
    dns_service_destroy(engine->services.dns);
}

const struct service resolver_service = {
    .name = "dns",
    .create = create_dns,
    .use = use_dns,
    .examine = examine_dns,
    .status = tell_dns_status,
    .measure = measure_dns,
    .destroy = destroy_dns,
};
