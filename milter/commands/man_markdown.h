/* The references' Markdown as a manual page: one source, two forms. */
#ifndef CLOSEDRELAY_MILTER_COMMANDS_MAN_MARKDOWN_H
#define CLOSEDRELAY_MILTER_COMMANDS_MAN_MARKDOWN_H

#include "policy.h"

/*
 * Appends `markdown` to `out` in roff (man(7)). Read is what the references write: headings ("# " is left
 * out,
 * "## " a section, "### " one below), paragraphs, lists of "- ", blocks between "```", and tables, of which a
 * row becomes a term and what is said of it. In a line: `code`, **bold**, <br>. out->failed where memory ran
 * out.
 */
void man_markdown_append(struct slice markdown, struct strbuf *out);

#endif
