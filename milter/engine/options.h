/*
 * The negotiation: what the MTA offers, what the callbacks want of it, what is agreed on.
 *
 * Versions 2 to 6 of the protocol are spoken. An answer that the callbacks do without, but the MTA waits for,
 * is given for them.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_OPTIONS_H
#define CLOSEDRELAY_MILTER_ENGINE_OPTIONS_H

#include "context.h"

/* The steps that there are no callbacks for: what is wanted where nothing was negotiated. */
uint32_t options_without_callbacks(const struct smfiDesc *description);

/* Answers SMFIC_OPTNEG. False: the session cannot go on; it was logged. */
bool options_negotiate(struct smfi_str *context, struct slice offer);

/* The bit of "no reply" for the state a session is in; 0: it always has one. */
uint32_t options_no_reply(enum protocol_state state);

#endif
