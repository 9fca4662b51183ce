/* What is kept over a restart in one database: blocks, counters, contacts. */
#include "engine/engine.h"
#include "engine/service.h"

#include "base/log.h"
#include "store/state_database.h"

#include <stdio.h>
#include <stdlib.h>

/* Where nothing can be kept, that is no reason not to start. */
static bool create_state(struct policy_engine *engine, const struct policy_snapshot *first,
                         struct strbuf *problems)
{
    const char *folder = first->root->state;
    struct strbuf problem;
    char *path = NULL;
    if (folder[0] == '\0')
        return true;
    if (asprintf(&path, "%s/state.sqlite", folder) < 0) {
        strbuf_append_text(problems, "out of memory\n");
        return false;
    }
    strbuf_init(&problem, 0);
    engine->state = state_database_open(path, &problem);
    if (engine->state == NULL)
        log_error("blocks and counters will be forgotten when this daemon ends: %s", strbuf_text(&problem));
    strbuf_deinit(&problem);
    free(path);
    return true;
}

static void examine_state(struct policy_engine *engine, const struct health_report *report)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    if (engine->state == NULL && snapshot->root->state[0] != '\0')
        report->tell(report->context, "state",
                     "it could not be opened: blocks and counters end with the daemon");
    policy_snapshot_unref(snapshot);
}

static void destroy_state(struct policy_engine *engine)
{
    state_database_close(engine->state);
    engine->state = NULL;
}

const struct service state_service = {
    .name = "state",
    .create = create_state,
    .examine = examine_state,
    .destroy = destroy_state,
};
