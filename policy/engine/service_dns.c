/* Looking names up. */
#include "dns/dns_service.h"
#include "engine/engine.h"
#include "engine/service.h"

#include <stdio.h>
#include <stdlib.h>

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

static void destroy_dns(struct policy_engine *engine)
{
    dns_service_destroy(engine->services.dns);
}

const struct service resolver_service = {
    .name = "dns",
    .create = create_dns,
    .use = use_dns,
    .examine = examine_dns,
    .destroy = destroy_dns,
};
