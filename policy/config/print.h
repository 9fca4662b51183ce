/*
 * A loaded configuration as YAML, with the origin of every value as a comment.
 *
 * What is printed reads back as the same configuration, except for secrets that were not in a file.
 */
#ifndef CLOSEDRELAY_CONFIG_PRINT_H
#define CLOSEDRELAY_CONFIG_PRINT_H

#include "config/load.h"

/* Everything: values for all, under `roles:` what differs for a role, the overrides. */
void config_document_print(const struct config_document *document, struct strbuf *out);

/* The same without the comments that say where a value comes from: of two files that mean the same it is the
 * same text. */
void config_document_print_values(const struct config_document *document, struct strbuf *out);

/* The values that are read at the start only (CONFIG_RESTART), a line each: "daemon.user: closedrelay". The
 * lines of two documents of one schema are the same ones, in the same order. */
void config_document_print_restart(const struct config_document *document, struct strbuf *out);

/* The overrides that match a subject, from top to bottom, each with its place and the keys it sets; as
 * comments. */
void config_document_print_matches(const struct config_document *document,
                                   const struct config_subject *subject, struct strbuf *out);

/* What applies to one subject, overrides included. */
void config_document_print_subject(const struct config_document *document,
                                   const struct config_subject *subject, struct strbuf *out);

/* One section without the comments, as an example for the reference. */
void config_document_print_example(const struct config_document *document, size_t section_index,
                                   struct strbuf *out);

#endif
