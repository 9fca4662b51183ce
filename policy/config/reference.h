/*
 * The table of keys, for people (docs/configuration.md, the file that packages install) and for editors
 * (docs/configuration.schema.json).
 *
 * All are made from the schema alone; out->failed is set where memory ran out.
 */
#ifndef CLOSEDRELAY_CONFIG_REFERENCE_H
#define CLOSEDRELAY_CONFIG_REFERENCE_H

#include "config/load.h"

/* Markdown. */
void config_reference_print(const struct config_schema *schema, struct strbuf *out);

/* A configuration to begin with, in monitor mode: below it every section with its defaults, commented out. */
void config_reference_print_sample(const struct config_schema *schema, struct strbuf *out);

/* JSON Schema, draft-07. */
void config_reference_print_json_schema(const struct config_schema *schema, struct strbuf *out);

#endif
