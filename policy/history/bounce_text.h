/*
 * A bounce as people paste it: the text, or the source of the message.
 *
 * What our own refusals say has an incident id. A bounce that another server made has none, but our MTA names
 * the message that came back: Postfix in X-Postfix-Queue-ID, and any of them by the Message-ID in the header
 * that it returns, which stands below the bounce's own.
 */
#ifndef CLOSEDRELAY_HISTORY_BOUNCE_TEXT_H
#define CLOSEDRELAY_HISTORY_BOUNCE_TEXT_H

#include "base/slice.h"

enum { BOUNCE_NAMES_MAX = 2 };

/* More than one word: a text, and not a name to look for. */
bool bounce_text_is(const char *text);

/* The text without the soft line breaks of quoted-printable, that an id may be cut by: owned by the talloc
 * context `owner`. NULL: out of memory. */
char *bounce_text_unfold(void *owner, const char *text);

/* What the message may be found by, the surest first; they point into `text`. Returns how many. */
size_t bounce_text_names(const char *text, struct slice names[BOUNCE_NAMES_MAX]);

/* What of a text is shown where nothing was found: a word as it is, of more the beginning. Owned by `owner`.
 * NULL: out of memory. */
char *bounce_text_shorten(void *owner, const char *text);

#endif
