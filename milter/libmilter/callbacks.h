/*
 * libmilter's callbacks: each records what the MTA said and hands on the policy's answer. No policy here.
 */
#ifndef CLOSEDRELAY_MILTER_LIBMILTER_CALLBACKS_H
#define CLOSEDRELAY_MILTER_LIBMILTER_CALLBACKS_H

#include <libmilter/mfapi.h>
#include <stdbool.h>

/* The table for smfi_register. */
struct smfiDesc callbacks_description(void);

/* Whether this libmilter has the function that tells the last chunk of a body; without it a callback's answer
 * could be taken for the answer to the whole message. */
bool callbacks_can_tell_the_last_chunk(void);

#endif
