/* The resolver, its cache, and the lists that are asked through it. */
#include "check/dnsbl/dnsbl_service.h"
#include "engine/engine.h"
#include "engine/service.h"

static bool create_dns(struct policy_engine *engine, const struct policy_snapshot *first,
                       struct strbuf *problems)
{
    (void)first;
    engine->services.dnsbl = dnsbl_service_create(engine->services.clock);
    if (engine->services.dnsbl == NULL)
        strbuf_append_text(problems, "the DNS resolver cannot be started\n");
    return engine->services.dnsbl != NULL;
}

static bool use_dns(struct policy_engine *engine, struct policy_snapshot *snapshot, struct strbuf *problems)
{
    return dnsbl_service_use(engine->services.dnsbl, snapshot_dns_settings(snapshot),
                             snapshot_dnsbl_settings(snapshot), problems);
}

static void destroy_dns(struct policy_engine *engine)
{
    dnsbl_service_destroy(engine->services.dnsbl);
}

const struct service dns_service = {
    .name = "dns",
    .create = create_dns,
    .use = use_dns,
    .destroy = destroy_dns,
};
