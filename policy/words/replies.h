/* The section `replies`: in which language, and in whose words, a refusal speaks. */
#ifndef CLOSEDRELAY_WORDS_REPLIES_H
#define CLOSEDRELAY_WORDS_REPLIES_H

#include "config/schema.h"
#include "words/reply_words.h"

/* One for each role, changed by overrides as any section; immutable. */
struct replies_settings {
    enum language language;
    const char *help_url; /* of the page of help, without an anchor of its own; "": there is none */
    const char *texts[REPLY_ROW_COUNT]; /* the provider's own; "": the shipped one */
};

extern const struct config_section replies_section;
extern const struct config_choice language_choices[];

/* The provider's text for `row`, else for the plain form of its reason, else "". */
const char *replies_own_text(const struct replies_settings *replies, enum reply_row row);

#endif
