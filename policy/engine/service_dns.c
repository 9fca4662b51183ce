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
    .destroy = destroy_dns,
};
