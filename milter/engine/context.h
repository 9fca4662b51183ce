/*
 * One connection of the MTA as the protocol sees it: what libmilter's header calls SMFICTX.
 *
 * Used by one thread at a time, which lends it a buffer for answers while it does.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_CONTEXT_H
#define CLOSEDRELAY_MILTER_ENGINE_CONTEXT_H

#include "macro_store.h"

#include "policy_session.h"

#include <libmilter/mfapi.h>

/* In the order of a message; who skips one of them comes to the next. */
enum protocol_state {
    STATE_BEGIN,
    STATE_NEGOTIATED,
    STATE_CONNECT,
    STATE_HELO,
    STATE_MAIL,
    STATE_RECIPIENT,
    STATE_DATA,
    STATE_HEADER,
    STATE_END_OF_HEADERS,
    STATE_BODY,
    STATE_END,
    STATE_QUIT,
    STATE_ABORT,
    STATE_UNKNOWN,
    STATE_NEXT_CONNECTION,
    STATE_COUNT,
};

struct smfi_str {
    const struct smfiDesc *description;
    void *private_data;
    struct strbuf *answers;      /* lent; NULL while nobody serves the session */
    char *reply;                 /* of smfi_setreply, until a refusal of its class takes it; or NULL */
    struct strbuf *symbol_lists; /* of smfi_setsymlist, as they are sent; NULL but for the negotiation */
    uint32_t actions;            /* SMFIF_, agreed on */
    uint32_t steps;              /* SMFIP_, wanted by the callbacks */
    uint32_t offered_steps;      /* SMFIP_, of the MTA */
    enum protocol_state state : 8;
    uint8_t symbol_lists_set;       /* bits of SMFIM_ */
    char waiting_command;           /* whose callback waits */
    sfsistat (*resume)(SMFICTX *);  /* answers it; NULL: none waits */
    struct pending_awaited awaited; /* by that callback */
    struct macro_store macros;
};

/* Whether a callback waits: nothing is to be taken until protocol_resume. */
static inline bool context_waits(const struct smfi_str *context)
{
    return context->resume != NULL;
}

/* Appends a packet to the answers. */
void context_answer(struct smfi_str *context, char command, const void *data, size_t length);

#endif
