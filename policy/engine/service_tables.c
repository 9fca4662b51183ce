/* The files behind the lists and maps of every policy that is in use are followed. */
#include "engine/engine.h"
#include "engine/events.h"
#include "engine/service.h"
#include "table/table_registry.h"

#include <stdlib.h>
#include <talloc.h>

/* The record is told of every content that is taken into use, or is not. */
static void record_news(void *context, struct table *table)
{
    static const char *const states[] = {
        [TABLE_NEWS_LOADED] = "loaded", [TABLE_NEWS_KEPT] = "kept", [TABLE_NEWS_FAILED] = "failed"};
    struct table_news news;
    if (!table_take_news(table, &news))
        return;
    engine_record_event(context, &(struct record_event){
                                     .line = RECORD_LINE_TABLE,
                                     .state = states[news.kind],
                                     .reason = news.reason,
                                     .file = table_name(table),
                                     .has_entries = news.is_counted,
                                     .entries = news.entry_count,
                                     .has_entries_before = news.has_former,
                                     .entries_before = news.former_entry_count,
                                 });
    free(news.reason);
}

/* Policies that were loaded one in place of the other share their tables (policy_engine_load). */
static void tick_tables(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    table_registry_refresh(config_document_tables(snapshot->document));
    table_registry_each(config_document_tables(snapshot->document), record_news, engine);
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

static void tell_tables_status(struct policy_engine *engine, struct answer *answer)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    answer_open_list(answer, "tables", "tables");
    table_registry_each(config_document_tables(snapshot->document), add_table, answer);
    answer_close(answer);
    policy_snapshot_unref(snapshot);
}

/* ---- metrics ---------------------------------------------------------------------------------------- */

enum { TABLES_MEASURED_MAX = 200 };

/* The status of each, for families are told one after the other. */
struct measured_tables {
    struct table_status *items; /* talloc */
    size_t count;
};

static void note_table(void *context, struct table *table)
{
    struct measured_tables *tables = context;
    if (tables->count < TABLES_MEASURED_MAX)
        table_get_status(table, &tables->items[tables->count++]);
}

static void measure_tables(struct policy_engine *engine, struct metrics *metrics)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    struct measured_tables tables = {talloc_array(NULL, struct table_status, TABLES_MEASURED_MAX), 0};
    if (tables.items != NULL)
        table_registry_each(config_document_tables(snapshot->document), note_table, &tables);
    metrics_begin(metrics, "table_up", METRIC_GAUGE,
                  "Whether a list or map is in use as it is: 0 where it cannot be read, or lost too much.");
    for (size_t i = 0; i < tables.count; i++)
        metrics_u64(metrics, !tables.items[i].is_failing && !tables.items[i].is_held_back, "table",
                    tables.items[i].name, NULL);
    metrics_begin(metrics, "table_entries", METRIC_GAUGE,
                  "Entries of a list or map, where they can be counted.");
    for (size_t i = 0; i < tables.count; i++)
        if (tables.items[i].is_counted)
            metrics_u64(metrics, tables.items[i].entry_count, "table", tables.items[i].name, NULL);
    talloc_free(tables.items);
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
    .status = tell_tables_status,
    .measure = measure_tables,
};
