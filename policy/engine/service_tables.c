/* The files behind the lists and maps of every policy that is in use are followed. */
#include "engine/engine.h"
#include "engine/service.h"
#include "table/table_registry.h"

/* Policies that were loaded one in place of the other share their tables (policy_engine_load). */
static void tick_tables(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    table_registry_refresh(config_document_tables(snapshot->document));
    policy_snapshot_unref(snapshot);
}

static void examine_table(void *context, const char *name, const char *trouble)
{
    const struct health_report *report = context;
    struct strbuf what;
    strbuf_init(&what, 0);
    strbuf_printf(&what, "table %s", name);
    report->tell(report->context, strbuf_text(&what), trouble);
    strbuf_deinit(&what);
}

/* Those of the policy in force. */
static void examine_tables(struct policy_engine *engine, const struct health_report *report)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    config_document_examine_tables(snapshot->document, examine_table, (void *)(uintptr_t)report);
    policy_snapshot_unref(snapshot);
}

const struct service tables_service = {
    .name = "tables",
    .tick = tick_tables,
    .examine = examine_tables,
};
