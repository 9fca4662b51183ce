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

static void limit_shrinking(const struct policy_snapshot *snapshot)
{
    const struct tables_settings *settings =
        config_document_settings(snapshot->document, SECTION_TABLES, ROLE_OUTSIDE);
    table_registry_limit_shrinking(config_document_tables(snapshot->document),
                                   (unsigned)settings->shrink_limit_percent);
}

static bool create_tables(struct policy_engine *engine, const struct policy_snapshot *first,
                          struct strbuf *problems)
{
    (void)engine;
    (void)problems;
    limit_shrinking(first);
    return true;
}

static bool use_tables(struct policy_engine *engine, struct policy_snapshot *snapshot,
                       struct strbuf *problems)
{
    (void)engine;
    (void)problems;
    limit_shrinking(snapshot);
    return true;
}

size_t policy_engine_accept_shrunk(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const size_t count = table_registry_accept_shrunk(config_document_tables(snapshot->document));
    policy_snapshot_unref(snapshot);
    return count;
}

const struct service tables_service = {
    .name = "tables",
    .create = create_tables,
    .use = use_tables,
    .tick = tick_tables,
    .examine = examine_tables,
};
