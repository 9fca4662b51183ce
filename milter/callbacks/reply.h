/*
 * A verdict, as the MTA must be told.
 *
 * Text and return code come from one place and always agree: libmilter keeps a text whose class does not fit
 * the return code and sends it with a later message's refusal; Postfix gives up a filter whose codes
 * disagree; Sendmail takes the text for a format. Where a text cannot be used, a fixed one says as much as is
 * sure.
 */
#ifndef CLOSEDRELAY_MILTER_CALLBACKS_REPLY_H
#define CLOSEDRELAY_MILTER_CALLBACKS_REPLY_H

#include "policy_session.h"

#include <libmilter/mfapi.h>

/* The return code for MAIL, RCPT or a refused message; sets the reply text. */
sfsistat reply_answer(SMFICTX *ctx, const struct policy_answer *answer);

/*
 * The return code for the end of a message; makes the edits. `actions` is what was negotiated (SMFIF_): a
 * hold the MTA cannot do becomes a deferral, a recipient it cannot drop a refusal.
 */
sfsistat reply_ending(SMFICTX *ctx, unsigned long actions, const struct policy_ending *ending);

/* Refuses a connection for lack of room: 421 closes it with both MTAs. */
sfsistat reply_too_busy(SMFICTX *ctx);

/* A temporary failure of our own: memory, a broken session. */
sfsistat reply_own_failure(SMFICTX *ctx);

/* Appends `text` with every '%' doubled and without control bytes or, where it is not UTF-8, bytes over 126.
 */
void reply_escape(struct strbuf *out, const char *text, bool is_utf8);

#endif
