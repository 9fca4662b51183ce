/* Who logged in a moment ago, and the file that keeps it over a restart. */
#include "engine/engine.h"
#include "engine/service.h"

#include <stdio.h>
#include <stdlib.h>

enum { TICKS_BETWEEN_PRUNES = 60 };

/* Where nothing can be kept, that is no reason not to start. */
static bool load_kept(struct policy_engine *engine, const char *folder)
{
    struct strbuf problem;
    if (engine->options.offline || folder[0] == '\0')
        return true;
    if (asprintf(&engine->recent_logins_path, "%s/recent_logins", folder) < 0) {
        engine->recent_logins_path = NULL;
        return false;
    }
    strbuf_init(&problem, 0);
    if (!recent_logins_load(engine->recent_logins, engine->recent_logins_path, &problem))
        log_error("recent logins of before the restart are lost: %s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    return true;
}

static bool create_recent_logins(struct policy_engine *engine, const struct policy_snapshot *first,
                                 struct strbuf *problems)
{
    engine->recent_logins = recent_logins_create(&engine->options.clock);
    if (engine->recent_logins != NULL && load_kept(engine, first->root->state))
        return true;
    strbuf_append_text(problems, "out of memory\n");
    return false;
}

static void save(struct policy_engine *engine)
{
    struct strbuf problem;
    if (engine->recent_logins_path == NULL || !recent_logins_take_changed(engine->recent_logins))
        return;
    strbuf_init(&problem, 0);
    if (recent_logins_save(engine->recent_logins, engine->recent_logins_path, &problem)) {
        atomic_store(&engine->save_fails, false);
    } else {
        recent_logins_set_changed(engine->recent_logins);
        if (!atomic_exchange(&engine->save_fails, true))
            log_error("recent logins are not kept over a restart: %s (said once)", strbuf_text(&problem));
    }
    strbuf_deinit(&problem);
}

static void tick_recent_logins(struct policy_engine *engine)
{
    if (engine->tick_count % TICKS_BETWEEN_PRUNES == 0)
        recent_logins_prune(engine->recent_logins);
    save(engine);
}

static void examine_recent_logins(struct policy_engine *engine, const struct health_report *report)
{
    if (atomic_load(&engine->save_fails))
        report->tell(report->context, "recent logins",
                     "they cannot be written, and would not survive a restart");
}

static void retire_recent_logins(struct policy_engine *engine)
{
    if (engine->recent_logins != NULL)
        save(engine);
    free(engine->recent_logins_path);
    engine->recent_logins_path = NULL;
}

static void destroy_recent_logins(struct policy_engine *engine)
{
    retire_recent_logins(engine);
    recent_logins_destroy(engine->recent_logins);
}

const struct service recent_logins_service = {
    .name = "recent_logins",
    .is_offline_too = true,
    .create = create_recent_logins,
    .tick = tick_recent_logins,
    .examine = examine_recent_logins,
    .retire = retire_recent_logins,
    .destroy = destroy_recent_logins,
};
