/* The file of records. */
#include "engine/engine.h"
#include "engine/service.h"

#include <unistd.h>

static bool create_audit(struct policy_engine *engine, const struct policy_snapshot *first,
                         struct strbuf *problems)
{
    (void)first;
    (void)problems;
    if (gethostname(engine->host, sizeof engine->host - 1) != 0)
        engine->host[0] = '\0';
    engine->record_context.host = engine->host;
    return true;
}

/* The file of the policy in force goes on being used where the name stays the same. */
static bool use_audit(struct policy_engine *engine, struct policy_snapshot *snapshot, struct strbuf *problems)
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

static void reopen_audit(struct policy_engine *engine)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    if (snapshot->audit != NULL)
        audit_file_reopen(snapshot->audit);
    policy_snapshot_unref(snapshot);
}

const struct service audit_service = {
    .name = "audit",
    .is_offline_too = true,
    .create = create_audit,
    .use = use_audit,
    .reopen = reopen_audit,
};
