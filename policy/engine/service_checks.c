/* The checks: what they have to tell services of a new policy. */
#include "engine/engine.h"
#include "engine/service.h"

static bool use_checks(struct policy_engine *engine, struct policy_snapshot *snapshot,
                       struct strbuf *problems)
{
    for (size_t i = 0; check_table[i] != NULL; i++)
        if (check_table[i]->use != NULL &&
            !check_table[i]->use(snapshot_check_settings(snapshot, i, ROLE_OUTSIDE), &engine->services,
                                 problems))
            return false;
    return true;
}

const struct service checks_service = {
    .name = "checks",
    .is_offline_too = true,
    .use = use_checks,
};
