#include "engine/engine.h"
#include "engine/events.h"

#include "base/brief_mutex.h"
#include "engine/service.h"

#include <stdlib.h>

enum { TICK_MS = 1000 };

static bool is_run(const struct policy_engine *engine, const struct service *service)
{
    return !engine->options.offline || service->is_offline_too;
}

/* What is to be done about once a second. */
static void tick(void *context)
{
    struct policy_engine *engine = context;
    engine->tick_count++;
    for (size_t i = 0; service_table[i] != NULL; i++)
        if (service_table[i]->tick != NULL && is_run(engine, service_table[i]))
            service_table[i]->tick(engine);
}

static bool create_services(struct policy_engine *engine, const struct policy_snapshot *first,
                            struct strbuf *problems)
{
    while (service_table[engine->service_count] != NULL) {
        const struct service *service = service_table[engine->service_count++];
        if (service->create != NULL && is_run(engine, service) && !service->create(engine, first, problems))
            return false;
    }
    return true;
}

static void destroy_services(struct policy_engine *engine)
{
    while (engine->service_count > 0) {
        const struct service *service = service_table[--engine->service_count];
        if (service->destroy != NULL && is_run(engine, service))
            service->destroy(engine);
    }
}

static void record_policy(struct policy_engine *engine, enum record_line line,
                          const struct policy_snapshot *snapshot, const char *by)
{
    engine_record_event(engine, &(struct record_event){
                                    .line = line,
                                    .policy = snapshot->id,
                                    .mode = check_mode_name(snapshot->judge.mode),
                                    .file = snapshot->path,
                                    .release = CLOSEDRELAY_VERSION,
                                    .by = by,
                                });
}

struct policy_engine *policy_engine_create(struct policy_snapshot *snapshot,
                                           const struct policy_engine_options *options,
                                           struct strbuf *problems)
{
    struct policy_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        strbuf_append_text(problems, "out of memory\n");
        return NULL;
    }
    engine->options = *options;
    brief_mutex_init(&engine->lock);
    engine->services.clock = &engine->options.clock;
    engine->started_us = clock_wall_us(&engine->options.clock);
    engine->started_ms = clock_monotonic_ms(&engine->options.clock);
    bool is_ready =
        create_services(engine, snapshot, problems) && policy_engine_use(engine, snapshot, NULL, problems);
    if (is_ready && !engine_remember_start(engine, snapshot)) {
        strbuf_append_text(problems, "out of memory\n");
        is_ready = false;
    }
    if (is_ready && !options->offline && (engine->ticker = ticker_start(TICK_MS, tick, engine)) == NULL) {
        strbuf_append_text(problems, "no thread can be started\n");
        is_ready = false;
    }
    if (is_ready) {
        record_policy(engine, RECORD_LINE_START, snapshot, NULL);
        return engine;
    }
    policy_engine_destroy(engine);
    return NULL;
}

bool policy_engine_use(struct policy_engine *engine, struct policy_snapshot *snapshot, const char *by,
                       struct strbuf *problems)
{
    for (size_t i = 0; service_table[i] != NULL; i++)
        if (service_table[i]->use != NULL && is_run(engine, service_table[i]) &&
            !service_table[i]->use(engine, snapshot, problems))
            return false;
    pthread_mutex_lock(&engine->lock);
    struct policy_snapshot *former = engine->snapshot;
    engine->snapshot = policy_snapshot_ref(snapshot);
    engine->in_force_since_us = clock_wall_us(&engine->options.clock);
    engine_forget_refusal(engine);
    pthread_mutex_unlock(&engine->lock);
    policy_snapshot_unref(former);
    record_policy(engine, RECORD_LINE_POLICY, snapshot, by);
    return true;
}

struct policy_snapshot *policy_engine_snapshot(struct policy_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    struct policy_snapshot *snapshot = policy_snapshot_ref(engine->snapshot);
    pthread_mutex_unlock(&engine->lock);
    return snapshot;
}

void engine_examine(struct policy_engine *engine, const struct health_report *report)
{
    engine_examine_reload(engine, report);
    for (size_t i = 0; service_table[i] != NULL; i++)
        if (service_table[i]->examine != NULL && is_run(engine, service_table[i]))
            service_table[i]->examine(engine, report);
}

void engine_tell_status(struct policy_engine *engine, struct answer *answer)
{
    for (size_t i = 0; service_table[i] != NULL; i++)
        if (service_table[i]->status != NULL && is_run(engine, service_table[i]))
            service_table[i]->status(engine, answer);
}

void engine_measure(struct policy_engine *engine, struct metrics *metrics)
{
    for (size_t i = 0; service_table[i] != NULL; i++)
        if (service_table[i]->measure != NULL && is_run(engine, service_table[i]))
            service_table[i]->measure(engine, metrics);
}

void policy_engine_reopen(struct policy_engine *engine)
{
    for (size_t i = 0; service_table[i] != NULL; i++)
        if (service_table[i]->reopen != NULL && is_run(engine, service_table[i]))
            service_table[i]->reopen(engine);
}

/* Once. */
static void stop_ticking(struct policy_engine *engine)
{
    if (engine->ticker == NULL)
        return;
    engine_record_event(engine, &(struct record_event){.line = RECORD_LINE_STOP});
    ticker_stop(engine->ticker);
    engine->ticker = NULL;
}

void policy_engine_retire(struct policy_engine *engine)
{
    stop_ticking(engine);
    for (size_t i = engine->service_count; i-- > 0;)
        if (service_table[i]->retire != NULL && is_run(engine, service_table[i]))
            service_table[i]->retire(engine);
}

void policy_engine_destroy(struct policy_engine *engine)
{
    if (engine == NULL)
        return;
    stop_ticking(engine);
    policy_snapshot_unref(engine->snapshot);
    destroy_services(engine);
    engine_forget_refusal(engine);
    free(engine->values_at_start);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}
