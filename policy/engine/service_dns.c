/* Looking names up. */
#include "dns/dns_service.h"
#include "engine/engine.h"
#include "engine/service.h"

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

static void destroy_dns(struct policy_engine *engine)
{
    dns_service_destroy(engine->services.dns);
}

const struct service resolver_service = {
    .name = "dns",
    .create = create_dns,
    .use = use_dns,
    .destroy = destroy_dns,
};
