#include "engine/engine.h"

#include "check/dnsbl/dnsbl_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TICK_MS = 1000, TICKS_BETWEEN_PRUNES = 60 };

/* ---- recent logins ---------------------------------------------------------------------------------- */

static void save_recent_logins(struct policy_engine *engine)
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

/* Where nothing can be kept, that is no reason not to start. */
static bool open_recent_logins(struct policy_engine *engine, const struct policy_snapshot *snapshot)
{
    const char *folder = snapshot->root->state;
    struct strbuf problem;
    engine->recent_logins = recent_logins_create(&engine->options.clock);
    if (engine->recent_logins == NULL)
        return false;
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

/* ---- tables of every policy in use ------------------------------------------------------------------ */

static void drop_first(struct former_policy **list)
{
    struct former_policy *former = *list;
    *list = former->next;
    policy_snapshot_unref(former->snapshot);
    free(former);
}

/* Takes over `snapshot`, which a newer policy has followed: its sessions go on with it, and an entry that was
 * taken out of a table acts for them too. */
static void keep_former(struct policy_engine *engine, struct policy_snapshot *snapshot)
{
    struct former_policy *former = engine->options.offline ? NULL : calloc(1, sizeof *former);
    if (former == NULL) {
        policy_snapshot_unref(snapshot);
        return;
    }
    former->snapshot = snapshot;
    pthread_mutex_lock(&engine->lock);
    former->next = engine->just_followed;
    engine->just_followed = former;
    pthread_mutex_unlock(&engine->lock);
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
static void refresh_tables(struct policy_engine *engine)
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

/* What is to be done about once a second. */
static void tick(void *context)
{
    struct policy_engine *engine = context;
    refresh_tables(engine);
    if (++engine->tick_count % TICKS_BETWEEN_PRUNES == 0)
        recent_logins_prune(engine->recent_logins);
    save_recent_logins(engine);
}

/* ---- engine ----------------------------------------------------------------------------------------- */

static void name_host(struct policy_engine *engine)
{
    if (gethostname(engine->host, sizeof engine->host - 1) != 0)
        engine->host[0] = '\0';
    engine->record_context.host = engine->host;
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
    pthread_mutex_init(&engine->lock, NULL);
    engine->services.clock = &engine->options.clock;
    engine->started_us = clock_wall_us(&engine->options.clock);
    engine->started_ms = clock_monotonic_ms(&engine->options.clock);
    name_host(engine);
    if (!options->offline) {
        engine->services.dnsbl = dnsbl_service_create(engine->services.clock);
        if (engine->services.dnsbl == NULL)
            strbuf_append_text(problems, "the DNS resolver cannot be started\n");
    }
    if ((!options->offline && engine->services.dnsbl == NULL) ||
        !policy_engine_use(engine, snapshot, problems)) {
        policy_engine_destroy(engine);
        return NULL;
    }
    if (!open_recent_logins(engine, snapshot)) {
        strbuf_append_text(problems, "out of memory\n");
        policy_engine_destroy(engine);
        return NULL;
    }
    if (!options->offline && (engine->ticker = ticker_start(TICK_MS, tick, engine)) == NULL) {
        strbuf_append_text(problems, "no thread can be started\n");
        policy_engine_destroy(engine);
        return NULL;
    }
    return engine;
}

/* The file of the policy in force goes on being used where the name stays the same. */
static bool open_audit(struct policy_engine *engine, struct policy_snapshot *snapshot,
                       struct strbuf *problems)
{
    const char *path = snapshot->audit_settings->file;
    struct policy_snapshot *current = engine->snapshot;
    if (snapshot->audit != NULL || path[0] == '\0' || engine->options.record != NULL)
        return true;
    if (current != NULL && current->audit != NULL && strcmp(audit_file_path(current->audit), path) == 0) {
        snapshot->audit = audit_file_ref(current->audit);
        return true;
    }
    snapshot->audit = audit_file_open(path, &engine->options.clock, problems);
    if (snapshot->audit == NULL)
        strbuf_append_byte(problems, '\n');
    return snapshot->audit != NULL;
}

static bool use_dns(struct policy_engine *engine, struct policy_snapshot *snapshot, struct strbuf *problems)
{
    if (engine->services.dnsbl == NULL)
        return true;
    return dnsbl_service_use(engine->services.dnsbl, snapshot_dns_settings(snapshot),
                             snapshot_dnsbl_settings(snapshot), problems);
}

bool policy_engine_use(struct policy_engine *engine, struct policy_snapshot *snapshot,
                       struct strbuf *problems)
{
    if (!open_audit(engine, snapshot, problems) || !use_dns(engine, snapshot, problems))
        return false;
    pthread_mutex_lock(&engine->lock);
    struct policy_snapshot *former = engine->snapshot;
    engine->snapshot = policy_snapshot_ref(snapshot);
    engine->in_force_since_us = clock_wall_us(&engine->options.clock);
    pthread_mutex_unlock(&engine->lock);
    if (former != NULL)
        keep_former(engine, former);
    return true;
}

struct policy_snapshot *policy_engine_snapshot(struct policy_engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    struct policy_snapshot *snapshot = policy_snapshot_ref(engine->snapshot);
    pthread_mutex_unlock(&engine->lock);
    return snapshot;
}

void policy_engine_reopen(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    if (snapshot->audit != NULL)
        audit_file_reopen(snapshot->audit);
    policy_snapshot_unref(snapshot);
}

void policy_engine_destroy(struct policy_engine *engine)
{
    if (engine == NULL)
        return;
    ticker_stop(engine->ticker);
    if (engine->recent_logins != NULL)
        save_recent_logins(engine);
    recent_logins_destroy(engine->recent_logins);
    free(engine->recent_logins_path);
    while (engine->former != NULL)
        drop_first(&engine->former);
    while (engine->just_followed != NULL)
        drop_first(&engine->just_followed);
    policy_snapshot_unref(engine->snapshot);
    dnsbl_service_destroy(engine->services.dnsbl);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}
