/*
 * libmilter's callbacks: each records what the MTA said and hands on the policy's answer. No policy here.
 */
#ifndef CLOSEDRELAY_MILTER_CALLBACKS_CALLBACKS_H
#define CLOSEDRELAY_MILTER_CALLBACKS_CALLBACKS_H

#include <libmilter/mfapi.h>

/* The table for smfi_register. */
struct smfiDesc callbacks_description(void);

#endif
