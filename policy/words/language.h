/* The languages that everything for customers is written in. */
#ifndef CLOSEDRELAY_WORDS_LANGUAGE_H
#define CLOSEDRELAY_WORDS_LANGUAGE_H

#include "base/slice.h"
#include "base/strbuf.h"

enum language { LANGUAGE_EN, LANGUAGE_DE, LANGUAGE_FR, LANGUAGE_ES, LANGUAGE_COUNT };

/* "en" */
const char *language_tag(enum language language);
/* False: there is none of that tag. */
bool language_by_tag(struct slice tag, enum language *language);

/* Appends `text` in ASCII: letters without their accents, "ä" as "ae" where it is German, typographic marks
 * as plain ones; what has no such writing stays as it is. */
void language_append_ascii(enum language language, struct slice text, struct strbuf *out);
/* Whether that leaves nothing but ASCII. */
bool language_has_ascii(enum language language, const char *text);

/* "30 November" */
void language_append_day(enum language language, unsigned day, unsigned month_from_0, struct strbuf *out);

#endif
