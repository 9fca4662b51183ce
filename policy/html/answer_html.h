/*
 * An answer (answer/answer.h) as HTML: what answer_print shows as text, for a page.
 *
 * Titled values become a list of terms, a list of objects a table, a titled object or list a heading with its
 * members below. Everything goes through page_html_text. A refusal is a sentence.
 */
#ifndef CLOSEDRELAY_HTML_ANSWER_HTML_H
#define CLOSEDRELAY_HTML_ANSWER_HTML_H

#include "answer/answer.h"

/* `name`: what its table is, for who cannot see it ("Blocks"). `column_heads`: for a table whose columns have
 * no titles of their own, as many as there are ended by NULL; or NULL. */
void answer_print_html(const struct answer *answer, const char *name, const char *const *column_heads,
                       struct strbuf *out);

#endif
