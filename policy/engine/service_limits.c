/* The counters of limits, whom each login knows, and the thread that keeps both over a restart. */
#include "engine/engine.h"
#include "engine/service.h"

#include "base/log.h"
#include "live/contacts.h"
#include "store/store_checkpoint.h"

#include <sys/random.h>

enum { CHECKPOINT_MS = 10000 };

/* A login of every mailbox of a large provider; whoever is outside can make up any number of keys. */
static const size_t LOGIN_KEYS_MAX = 1000000, STRANGER_KEYS_MAX = 200000;

static void tell_warning(void *context, const struct limit_warning *warning)
{
    (void)context;
    log_warning("limit: %s: %.*s has used %llu of %llu", warning->limit, (int)warning->key.length,
                warning->key.data, (unsigned long long)warning->used, (unsigned long long)warning->capacity);
}

static bool create_store(struct policy_engine *engine)
{
    struct store_memory_options options = {
        .clock = engine->options.clock,
        .keys_max = {LOGIN_KEYS_MAX, STRANGER_KEYS_MAX},
    };
    if (getrandom(options.seed, sizeof options.seed, 0) != (ssize_t)sizeof options.seed)
        return false;
    engine->services.store = store_memory_create(&options);
    engine->services.warn_of_limit = tell_warning;
    engine->contacts = contacts_create(&engine->options.clock, engine->state);
    return engine->services.store != NULL && engine->contacts != NULL;
}

/* What could not be written is said once, until it can again. */
static void checkpoint(void *context)
{
    struct policy_engine *engine = context;
    struct strbuf problem;
    strbuf_init(&problem, 0);
    bool is_saved = store_checkpoint_save(engine->services.store, engine->state, &problem);
    is_saved = contacts_save(engine->contacts, &problem) && is_saved;
    if (!is_saved && !engine->checkpoint_fails)
        log_error("what limits have counted is not kept over a restart: %s (said once)",
                  strbuf_text(&problem));
    engine->checkpoint_fails = !is_saved;
    strbuf_deinit(&problem);
}

static bool create_limits(struct policy_engine *engine, const struct policy_snapshot *first,
                          struct strbuf *problems)
{
    (void)first;
    if (!create_store(engine)) {
        strbuf_append_text(problems, "out of memory\n");
        return false;
    }
    if (engine->state == NULL)
        return true;
    store_checkpoint_load(engine->services.store, engine->state);
    engine->checkpoints = ticker_start(CHECKPOINT_MS, checkpoint, engine);
    if (engine->checkpoints == NULL)
        strbuf_append_text(problems, "no thread can be started\n");
    return engine->checkpoints != NULL;
}

static void destroy_limits(struct policy_engine *engine)
{
    ticker_stop(engine->checkpoints);
    if (engine->checkpoints != NULL)
        checkpoint(engine);
    contacts_destroy(engine->contacts);
    store_destroy(engine->services.store);
}

const struct service limits_service = {
    .name = "limits",
    .create = create_limits,
    .destroy = destroy_limits,
};
