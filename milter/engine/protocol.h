/*
 * What comes of each packet: the state of a session, the callbacks, the answers. No input or output here.
 *
 * As libmilter does it, byte for byte (test/milter/test_transcripts.c), but for what is wrong there: macros
 * do not outlive what they belong to (macro_store.h), the last of a body has no answer of its own, and no
 * session changes what is allowed to another.
 */
#ifndef CLOSEDRELAY_MILTER_ENGINE_PROTOCOL_H
#define CLOSEDRELAY_MILTER_ENGINE_PROTOCOL_H

#include "context.h"
#include "packet.h"

enum protocol_result {
    PROTOCOL_NEXT,  /* the next packet */
    PROTOCOL_WAIT,  /* the callback waits for something: the same packet again, later */
    PROTOCOL_CLOSE, /* the connection is over */
};

/* What a callback returns that is to be called again with the same arguments, once what it waits for is
 * there (milter_server_wait); MAIL only. */
#define PROTOCOL_CALLBACK_WAITS 99

void protocol_init(struct smfi_str *context, const struct smfiDesc *description);

/* Answers go to context->answers. `is_again`: the packet is the one that had to wait. */
enum protocol_result protocol_take(struct smfi_str *context, const struct packet *packet, bool is_again);

/* Nothing more comes: ends an open message, calls close, frees what the context has. */
void protocol_end(struct smfi_str *context);

/* Whether a message is being sent: MAIL has come and neither its end nor a refusal. */
bool protocol_is_in_message(const struct smfi_str *context);

#endif
