/* The tables behind the lists of every policy that some session still uses: their files are followed. */
#include "engine/engine.h"
#include "engine/service.h"

#include <stdlib.h>

static void drop_first(struct former_policy **list)
{
    struct former_policy *former = *list;
    *list = former->next;
    policy_snapshot_unref(former->snapshot);
    free(former);
}

/* The policy in force will be followed by a newer one: its sessions go on with it, and an entry that was
 * taken out of a table acts for them too. */
static bool keep_former(struct policy_engine *engine, struct policy_snapshot *snapshot,
                        struct strbuf *problems)
{
    (void)snapshot;
    (void)problems;
    struct former_policy *former = engine->snapshot == NULL ? NULL : calloc(1, sizeof *former);
    if (former == NULL)
        return true; /* its tables stay as they are */
    former->snapshot = policy_engine_snapshot(engine);
    pthread_mutex_lock(&engine->lock);
    former->next = engine->just_followed;
    engine->just_followed = former;
    pthread_mutex_unlock(&engine->lock);
    return true;
}

static bool is_kept(const struct policy_engine *engine, const struct policy_snapshot *snapshot)
{
    const struct former_policy *former = engine->former;
    while (former != NULL && former->snapshot != snapshot)
        former = former->next;
    return former != NULL;
}

static void take_over_followed(struct policy_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    struct former_policy *fresh = engine->just_followed;
    engine->just_followed = NULL;
    pthread_mutex_unlock(&engine->lock);
    while (fresh != NULL) {
        struct former_policy *former = fresh;
        if (is_kept(engine, former->snapshot)) {
            drop_first(&fresh);
            continue;
        }
        fresh = former->next;
        former->next = engine->former;
        engine->former = former;
    }
}

/* A former policy whose only reference is ours has no session left, and gets no new one. */
static void tick_tables(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    config_document_refresh_tables(snapshot->document, false);
    take_over_followed(engine);
    for (struct former_policy **at = &engine->former; *at != NULL;) {
        if (atomic_load(&(*at)->snapshot->reference_count) == 1) {
            drop_first(at);
            continue;
        }
        if ((*at)->snapshot != snapshot)
            config_document_refresh_tables((*at)->snapshot->document, true);
        at = &(*at)->next;
    }
    policy_snapshot_unref(snapshot);
}

static void destroy_tables(struct policy_engine *engine)
{
    while (engine->former != NULL)
        drop_first(&engine->former);
    while (engine->just_followed != NULL)
        drop_first(&engine->just_followed);
}

const struct service tables_service = {
    .name = "tables",
    .use = keep_former,
    .tick = tick_tables,
    .destroy = destroy_tables,
};
