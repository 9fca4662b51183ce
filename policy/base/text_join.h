/*
 * Texts behind one another as one, for where printf would cost more than all the rest. Any thread.
 */
#ifndef CLOSEDRELAY_BASE_TEXT_JOIN_H
#define CLOSEDRELAY_BASE_TEXT_JOIN_H

/* A text of its own, owned by the talloc context `owner`; NULL: out of memory. */
char *text_join(void *owner, const char *first, const char *second, const char *third);

#endif
