/* What is wrong with the running daemon: a part of `status`, and all of `status --check`. */
#include "policy_query.h"

#include "engine/engine.h"
#include "engine/service.h"

struct telling {
    struct answer *answer;
    bool is_well;
};

static void report_one(void *context, const char *what, const char *how)
{
    struct telling *telling = context;
    telling->is_well = false;
    answer_open_object(telling->answer, NULL, NULL);
    answer_text(telling->answer, "what", NULL, what);
    answer_text(telling->answer, "how", NULL, how);
    answer_words(telling->answer, NULL, "", "%s: %s", what, how);
    answer_close(telling->answer);
}

bool policy_query_health(struct policy_engine *engine, const char *title, struct answer *answer)
{
    struct telling telling = {answer, true};
    answer_open_list(answer, "ill", title);
    engine_examine(engine, &(struct health_report){report_one, &telling});
    answer_close(answer);
    return telling.is_well;
}

bool policy_query_readiness(struct policy_engine *engine, struct strbuf *why_not)
{
    struct policy_snapshot *snapshot = policy_engine_snapshot(engine);
    const bool is_failing = snapshot->audit != NULL && audit_file_is_failing(snapshot->audit);
    if (is_failing)
        strbuf_append_text(why_not, "the record cannot be written\n");
    policy_snapshot_unref(snapshot);
    return !is_failing;
}
