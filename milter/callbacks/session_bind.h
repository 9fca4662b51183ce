/*
 * libmilter's context and our session: the only user of smfi_getpriv and smfi_setpriv.
 *
 * Callbacks of one session run on different threads, one at a time; nothing here is bound to a thread. Close
 * may be the only callback a connection ever has, may come twice, and may come without abort.
 */
#ifndef CLOSEDRELAY_MILTER_CALLBACKS_SESSION_BIND_H
#define CLOSEDRELAY_MILTER_CALLBACKS_SESSION_BIND_H

#include "session_registry.h"

#include <libmilter/mfapi.h>

/* The engine that new sessions use; set before libmilter starts. */
void session_bind_engine(struct policy_engine *engine);

/* Makes a session for `ctx`, in place of one it may have. NULL: out of memory. */
struct milter_session *session_create(SMFICTX *ctx);

/* Ends and frees the session of `ctx`, if it has one. */
void session_destroy(SMFICTX *ctx);

/* The session of `ctx`, entered in the registry: every callback ends with session_leave. NULL: none, or the
 * daemon is past its end; then session_leave does nothing. */
struct milter_session *session_enter(SMFICTX *ctx);
void session_leave(struct milter_session *session);

/* Begins the policy session once the client is known. False: out of memory. */
bool session_begin_policy(struct milter_session *session, const struct policy_connect *connect);

#endif
