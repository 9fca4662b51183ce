/*
 * How a callback waits: what it waits for is a base/pending, and it goes on in another function.
 *
 * Our engine puts the session aside, so that it keeps no thread; libmilter has no such thing, and there the
 * thread waits on the same object. Each build's server has its own (milter_server.h).
 */
#ifndef CLOSEDRELAY_MILTER_CALLBACKS_CALLBACK_WAIT_H
#define CLOSEDRELAY_MILTER_CALLBACKS_CALLBACK_WAIT_H

#include "policy_session.h"

#include <libmilter/mfapi.h>

/* Whether it keeps no thread. */
bool callback_wait_is_free(void);

/*
 * The callback's last act, and its result: `resume` answers in its place once `awaited` is there or late, and
 * may wait again. Until then no other callback of the session is called but abort and close, which may come
 * instead.
 */
sfsistat callback_wait(SMFICTX *ctx, const struct pending_awaited *awaited, sfsistat (*resume)(SMFICTX *ctx));

#endif
