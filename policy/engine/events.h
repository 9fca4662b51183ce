/*
 * Events go into the record beside the messages, so that whatever a judgement rests on can be read there.
 */
#ifndef CLOSEDRELAY_ENGINE_EVENTS_H
#define CLOSEDRELAY_ENGINE_EVENTS_H

#include "policy.h"
#include "record/event_line.h"

/* Whether there is a file of records to look after, and to write events into. */
bool engine_keeps_record(const struct policy_engine *engine);

/* Writes the event into the file of the policy in force; without one, or for an engine whose records go
 * elsewhere
 * (`try`), nothing happens. What cannot be written is counted as lost. Any thread. */
void engine_record_event(struct policy_engine *engine, const struct record_event *event);

/* Offers the event to the webhooks that are to be told of it (service_notices.c); `id` and `record` are those
 * of its line. Any thread; waits for nobody. */
void engine_notify(struct policy_engine *engine, const struct record_event *event, const char *id,
                   struct slice record);

/* Told of a line that was, or was not, written: once lines can be written again, an event says how many are
 * missing. Any thread. */
void engine_note_written(struct policy_engine *engine, bool is_written);

#endif
