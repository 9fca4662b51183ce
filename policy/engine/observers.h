/*
 * Who is told of each outcome.
 *
 * The table in observers.c is the whole list, in order: to be told, add a row. An observer looks at the
 * outcome (outcome/outcome.h), keeps no pointer into it, waits for nothing longer than a write to a local
 * file, and is called on the session's thread, before the MTA has its answer.
 */
#ifndef CLOSEDRELAY_ENGINE_OBSERVERS_H
#define CLOSEDRELAY_ENGINE_OBSERVERS_H

#include "outcome/outcome.h"
#include "policy.h"

/* One outcome on its way through the table. */
struct publication {
    struct policy_engine *engine;
    const struct policy_snapshot *snapshot; /* the policy the message was judged by */
    struct outcome *outcome;                /* `answer` equals `verdict` at first */
    struct verdict *answer;                 /* room for an answer that is not the verdict */
};

/* Tells all observers; afterwards outcome->answer is what the MTA is to be told. Once for each message. */
void engine_publish(const struct publication *publication);

#endif
