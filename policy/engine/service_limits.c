/* The counters of limits, whom each login knows, and the thread that keeps both over a restart. */
#include "engine/engine.h"
#include "engine/events.h"
#include "engine/service.h"

#include "base/log.h"
#include "live/blocks.h"
#include "live/contacts.h"
#include "store/store_checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { CHECKPOINT_MS = 10000 };

/* A login of every mailbox of a large provider; whoever is outside can make up any number of keys. */
static const size_t LOGIN_KEYS_MAX = 1000000, STRANGER_KEYS_MAX = 200000;

static void report_warning(void *context, const struct limit_warning *warning)
{
    char *key = slice_duplicate(warning->key);
    log_warning("limit: %s: %.*s has used %llu of %llu", warning->limit, (int)warning->key.length,
                warning->key.data, (unsigned long long)warning->used, (unsigned long long)warning->capacity);
    engine_record_event(context, &(struct record_event){
                                     .line = RECORD_LINE_WARN,
                                     .subject_kind = "limit",
                                     .subject_name = key,
                                     .reason = warning->limit,
                                     .has_numbers = true,
                                     .limit = warning->capacity,
                                     .seen = warning->used,
                                 });
    free(key);
}

static struct store *create_memory(struct policy_engine *engine, const uint64_t seed[2])
{
    const struct store_memory_options options = {
        .clock = engine->options.clock,
        .seed = {seed[0], seed[1]},
        .keys_max = {LOGIN_KEYS_MAX, STRANGER_KEYS_MAX},
    };
    return store_memory_create(&options);
}

static struct store *create_shared(struct policy_engine *engine, const char *url, const uint64_t seed[2],
                                   struct strbuf *problems)
{
    char name[64];
    snprintf(name, sizeof name, "%.32s:%d:%08x", engine->host, (int)getpid(), (unsigned)seed[0]);
    const struct store_redis_options options = {
        .clock = engine->options.clock, .seed = {seed[0], seed[1]}, .url = url, .name = name};
    return store_redis_create(&options, problems);
}

static bool create_store(struct policy_engine *engine, const char *where, struct strbuf *problems)
{
    uint64_t seed[2];
    const size_t said = problems->length;
    if (getrandom(seed, sizeof seed, 0) == (ssize_t)sizeof seed) {
        engine->services.store = strcmp(where, "memory") == 0 ? create_memory(engine, seed)
                                                              : create_shared(engine, where, seed, problems);
        engine->services.warn_of_limit = report_warning;
        engine->services.warn_context = engine;
        engine->contacts = contacts_create(&engine->options.clock, engine->state);
    }
    if (engine->services.store != NULL && engine->contacts != NULL)
        return true;
    strbuf_append_text(problems, problems->length == said ? "out of memory\n" : "\n");
    return false;
}

/* What could not be written is said once, until it can again. */
static void checkpoint(void *context)
{
    struct policy_engine *engine = context;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    bool is_saved =
        !engine->has_local_counters || store_checkpoint_save(engine->services.store, engine->state, &problem);
    is_saved = contacts_save(engine->contacts, &problem) && is_saved;
    if (!is_saved && !atomic_load(&engine->checkpoint_fails))
        log_error("what limits have counted is not kept over a restart: %s (said once)",
                  strbuf_text(&problem));
    atomic_store(&engine->checkpoint_fails, !is_saved);
    strbuf_deinit(&problem);
}

static bool create_limits(struct policy_engine *engine, const struct policy_snapshot *first,
                          struct strbuf *problems)
{
    engine->has_local_counters = strcmp(first->root->store, "memory") == 0;
    if (!create_store(engine, first->root->store, problems))
        return false;
    if (engine->state == NULL)
        return true;
    if (engine->has_local_counters)
        store_checkpoint_load(engine->services.store, engine->state);
    engine->checkpoints = ticker_start(CHECKPOINT_MS, checkpoint, engine);
    if (engine->checkpoints == NULL)
        strbuf_append_text(problems, "no thread can be started\n");
    return engine->checkpoints != NULL;
}

/* The record is told when the shared store goes away, and when it is back. */
static void record_store(struct policy_engine *engine)
{
    struct strbuf how;
    strbuf_init(&how, 0);
    const bool is_away = !store_describe(engine->services.store, &how);
    if (is_away != engine->store_is_away)
        engine_record_event(engine, &(struct record_event){.line = RECORD_LINE_STORE,
                                                           .state = is_away ? "away" : "back",
                                                           .reason = strbuf_text(&how)});
    engine->store_is_away = is_away;
    strbuf_deinit(&how);
}

static void tick_limits(struct policy_engine *engine)
{
    record_store(engine);
    store_tick(engine->services.store);
    if (engine->services.blocks != NULL)
        blocks_share(engine->services.blocks, engine->services.store);
}

static void examine_limits(struct policy_engine *engine, const struct health_report *report)
{
    struct strbuf how;
    strbuf_init(&how, 0);
    if (engine->services.store != NULL && !store_describe(engine->services.store, &how))
        report->tell(report->context, "store", strbuf_text(&how));
    if (atomic_load(&engine->checkpoint_fails))
        report->tell(report->context, "state", "what limits have counted cannot be written");
    strbuf_deinit(&how);
}

static void tell_store_status(struct policy_engine *engine, struct answer *answer)
{
    struct strbuf words;
    if (engine->services.store == NULL)
        return;
    strbuf_init(&words, 0);
    store_describe(engine->services.store, &words);
    answer_text(answer, "store", "store", strbuf_text(&words));
    strbuf_deinit(&words);
}

static void measure_limits(struct policy_engine *engine, struct metrics *metrics)
{
    struct strbuf words;
    strbuf_init(&words, 0);
    metrics_one(metrics, "store_up", METRIC_GAUGE, "Whether the counters of limits can be asked.",
                engine->services.store != NULL && store_describe(engine->services.store, &words));
    metrics_one(metrics, "state_saved", METRIC_GAUGE,
                "Whether what limits have counted could be written the last time, to be kept over a restart.",
                !atomic_load(&engine->checkpoint_fails));
    strbuf_deinit(&words);
}

static void retire_limits(struct policy_engine *engine)
{
    if (engine->checkpoints == NULL)
        return;
    ticker_stop(engine->checkpoints);
    engine->checkpoints = NULL;
    checkpoint(engine);
}

static void destroy_limits(struct policy_engine *engine)
{
    retire_limits(engine);
    contacts_destroy(engine->contacts);
    store_destroy(engine->services.store);
}

const struct service limits_service = {
    .name = "limits",
    .create = create_limits,
    .tick = tick_limits,
    .examine = examine_limits,
    .status = tell_store_status,
    .measure = measure_limits,
    .retire = retire_limits,
    .destroy = destroy_limits,
};
