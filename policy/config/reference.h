/*
 * The table of keys, for people (docs/configuration.md) and for editors (docs/configuration.schema.json).
 *
 * Both are made from the schema alone; out->failed is set where memory ran out.
 */
#ifndef CLOSEDRELAY_CONFIG_REFERENCE_H
#define CLOSEDRELAY_CONFIG_REFERENCE_H

#include "config/load.h"

/* Markdown. */
void config_reference_print(const struct config_schema *schema, struct strbuf *out);

/* JSON Schema, draft-07. */
void config_reference_print_json_schema(const struct config_schema *schema, struct strbuf *out);

#endif
