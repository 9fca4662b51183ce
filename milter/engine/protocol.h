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
    PROTOCOL_WAIT,  /* a callback waits for something (context->awaited): protocol_resume comes next */
    PROTOCOL_CLOSE, /* the connection is over */
};

/* What a callback returns that waits (callbacks/callback_wait.h). */
#define PROTOCOL_CALLBACK_WAITS 99

void protocol_init(struct smfi_str *context, const struct smfiDesc *description);

/* Answers go to context->answers. */
enum protocol_result protocol_take(struct smfi_str *context, const struct packet *packet);
/* What the callback waited for is there, or late. */
enum protocol_result protocol_resume(struct smfi_str *context);

/* Nothing more comes: ends an open message, calls close, frees what the context has. */
void protocol_end(struct smfi_str *context);

/* Whether a message is being sent: MAIL has come and neither its end nor a refusal. */
bool protocol_is_in_message(const struct smfi_str *context);

#endif
