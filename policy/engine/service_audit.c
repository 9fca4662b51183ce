/* The file of records. */
#include "engine/engine.h"
#include "engine/events.h"
#include "engine/service.h"

#include <talloc.h>
#include <unistd.h>

static bool create_audit(struct policy_engine *engine, const struct policy_snapshot *first,
                         struct strbuf *problems)
{
    (void)first;
    if (engine_keeps_record(engine) &&
        (engine->record_keeper = record_keeper_create(&engine->options.clock)) == NULL) {
        strbuf_append_text(problems, "no thread can be started\n");
        return false;
    }
    engine->record_ring = record_ring_create();
    if (engine->record_ring == NULL) {
        strbuf_append_text(problems, "out of memory\n");
        return false;
    }
    if (gethostname(engine->host, sizeof engine->host - 1) != 0)
        engine->host[0] = '\0';
    return true;
}

/* Opened once: what is hashed must stay readable over a change of policies. */
static bool open_keyring(struct policy_engine *engine, const struct policy_snapshot *snapshot,
                         struct strbuf *problems)
{
    const struct audit_privacy_settings *privacy = &snapshot->audit_settings->privacy;
    const char *state = snapshot->root->state;
    if (engine->keyring != NULL || !record_privacy_needs_keys(&privacy->treatments))
        return true;
    if (privacy->keyring[0] == '\0' && state[0] == '\0') {
        strbuf_append_text(problems,
                           "audit.privacy: hashes need keys, and there is no place to keep them: set "
                           "audit.privacy.keyring or state\n");
        return false;
    }
    char *path = privacy->keyring[0] != '\0' ? talloc_strdup(NULL, privacy->keyring)
                                             : talloc_asprintf(NULL, "%s/audit.keys", state);
    strbuf_append_text(problems, "audit.privacy.keyring: ");
    engine->keyring = path == NULL ? NULL : record_keyring_open(path, problems);
    talloc_free(path);
    if (engine->keyring == NULL) {
        strbuf_append_byte(problems, '\n');
        return false;
    }
    strbuf_truncate(problems, problems->length - strlen("audit.privacy.keyring: "));
    return true;
}

static void set_context(struct policy_engine *engine, struct policy_snapshot *snapshot)
{
    const struct record_privacy_settings *treatments = &snapshot->audit_settings->privacy.treatments;
    const bool is_private = engine->options.record == NULL && record_privacy_is_on(treatments);
    snapshot->privacy = (struct record_privacy){treatments, engine->keyring};
    snapshot->record_context = (struct record_context){engine->host, is_private ? &snapshot->privacy : NULL};
}

/* Of the policy in force: one that some service refused never comes so far. */
static void report_keeper(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const struct audit_settings *audit = snapshot->audit_settings;
    const struct record_keeper_settings settings = {
        .rotate_ms = audit->rotate_ms,
        .rotate_bytes = audit->rotate_bytes,
        .compress = audit->compress == AUDIT_COMPRESS_ZSTD,
        .retain_ms = audit->retain_ms,
        .disk_low_bytes = audit->disk_low_bytes,
    };
    record_keeper_use(engine->record_keeper, snapshot->audit, &settings);
    policy_snapshot_unref(snapshot);
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

static bool use_audit(struct policy_engine *engine, struct policy_snapshot *snapshot, struct strbuf *problems)
{
    if (engine->options.record == NULL && !open_keyring(engine, snapshot, problems))
        return false;
    set_context(engine, snapshot);
    return open_audit(engine, snapshot, problems);
}

static void refresh_keyring(struct policy_engine *engine)
{
    if (engine->keyring == NULL)
        return;
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    record_keyring_refresh(engine->keyring, clock_wall_us(&engine->options.clock),
                           snapshot->audit_settings->privacy.forget_ms);
    policy_snapshot_unref(snapshot);
}

static void tick_audit(struct policy_engine *engine)
{
    struct record_watch watch;
    refresh_keyring(engine);
    if (engine->record_keeper == NULL)
        return;
    report_keeper(engine);
    record_keeper_watch(engine->record_keeper, &watch);
    if (watch.disk_became_low)
        engine_record_event(engine, &(struct record_event){
                                        .line = RECORD_LINE_WARN,
                                        .subject_kind = "disk",
                                        .subject_name = watch.path,
                                        .has_numbers = true,
                                        .limit = watch.disk_low_bytes,
                                        .seen = watch.free_bytes,
                                    });
}

static void retire_audit(struct policy_engine *engine)
{
    record_keeper_destroy(engine->record_keeper);
    engine->record_keeper = NULL;
}

static void destroy_audit(struct policy_engine *engine)
{
    retire_audit(engine);
    record_ring_destroy(engine->record_ring);
    record_keyring_close(engine->keyring);
}

static void reopen_audit(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    if (snapshot->audit != NULL)
        audit_file_reopen(snapshot->audit);
    policy_snapshot_unref(snapshot);
}

static void examine_audit(struct policy_engine *engine, const struct health_report *report)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    if (snapshot->audit != NULL && audit_file_is_failing(snapshot->audit))
        report->tell(report->context, "record", "it cannot be written: records are being lost");
    if (engine->record_keeper != NULL && record_keeper_disk_is_low(engine->record_keeper))
        report->tell(report->context, "record", "its disk is nearly full");
    policy_snapshot_unref(snapshot);
}

static void measure_audit(struct policy_engine *engine, struct metrics *metrics)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    metrics_one(metrics, "record_up", METRIC_GAUGE,
                "Whether records can be written: 0 while they are being lost.",
                snapshot->audit == NULL || !audit_file_is_failing(snapshot->audit));
    metrics_one(metrics, "record_disk_low", METRIC_GAUGE, "Whether the record's disk is nearly full.",
                engine->record_keeper != NULL && record_keeper_disk_is_low(engine->record_keeper));
    metrics_one(metrics, "record_file_bytes", METRIC_GAUGE, "Size of the file that is written to.",
                snapshot->audit == NULL ? 0 : audit_file_bytes(snapshot->audit));
    policy_snapshot_unref(snapshot);
}

const struct service audit_service = {
    .name = "audit",
    .is_offline_too = true,
    .create = create_audit,
    .use = use_audit,
    .tick = tick_audit,
    .examine = examine_audit,
    .measure = measure_audit,
    .reopen = reopen_audit,
    .retire = retire_audit,
    .destroy = destroy_audit,
};
