#include "session_bind.h"

#include <stdio.h>
#include <stdlib.h>

static struct policy_engine *bound_engine;

void session_bind_engine(struct policy_engine *engine)
{
    bound_engine = engine;
}

struct milter_session *session_create(SMFICTX *ctx)
{
    session_destroy(ctx);
    struct milter_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    if (smfi_setpriv(ctx, session) != MI_SUCCESS) {
        free(session);
        return NULL;
    }
    session->is_refused = !registry_add(session);
    return session;
}

void session_destroy(SMFICTX *ctx)
{
    struct milter_session *session = smfi_getpriv(ctx);
    if (session == NULL)
        return;
    smfi_setpriv(ctx, NULL);
    registry_remove(session);
    policy_session_end(session->policy);
    free(session);
}

struct milter_session *session_enter(SMFICTX *ctx)
{
    if (!registry_enter())
        return NULL;
    struct milter_session *session = smfi_getpriv(ctx);
    if (session == NULL) {
        registry_leave();
        return NULL;
    }
    atomic_store_explicit(&session->busy_since_ms, clock_now_ms(), memory_order_relaxed);
    return session;
}

void session_leave(struct milter_session *session)
{
    if (session == NULL)
        return;
    atomic_store_explicit(&session->busy_since_ms, 0, memory_order_relaxed);
    registry_leave();
}

bool session_begin_policy(struct milter_session *session, const struct policy_connect *connect)
{
    policy_session_end(session->policy);
    session->policy = policy_session_begin(bound_engine, connect);
    snprintf(session->mta_version, sizeof session->mta_version, "%s",
             connect->mta_version == NULL ? "" : connect->mta_version);
    return session->policy != NULL;
}
