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

const struct service tables_service = {
    .name = "tables",
    .tick = tick_tables,
};
