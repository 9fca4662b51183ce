/*
 * A loaded configuration as an answer, for programs: what config/print.h shows to people, from the same
 * values.
 *
 * Under "settings" each key is an object: its "value" (a number for counts, true or false, a list, else text
 * as it would be written; sizes have "bytes" and durations "ms" beside it), its "origin" as the comments of
 * print.h have it, "file", "line" and "column" where the files say it, and "restart" where a change takes
 * one. Lists of mappings have an object of such keys for each entry.
 */
#ifndef CLOSEDRELAY_CONFIG_SETTINGS_ANSWER_H
#define CLOSEDRELAY_CONFIG_SETTINGS_ANSWER_H

#include "answer/answer.h"
#include "config/load.h"

/* "settings" with what differs for a role under the section's "roles"; "overrides". */
void config_document_answer(const struct config_document *document, struct answer *answer);

/* "matches": the overrides that match a subject, from top to bottom; and "settings": what applies to it. */
void config_document_answer_subject(const struct config_document *document,
                                    const struct config_subject *subject, struct answer *answer);

#endif
