/*
 * Domain names as the policy compares them.
 *
 * One form for the configuration, for tables, for envelopes and for header fields: ASCII lower case,
 * internationalised labels as A-labels (RFC 5891; UTS 46 mapping, non-transitional, as browsers and MTAs do
 * it), no final dots. Pure but for memory; any thread.
 */
#ifndef CLOSEDRELAY_FACTS_DOMAIN_NAME_H
#define CLOSEDRELAY_FACTS_DOMAIN_NAME_H

#include "base/slice.h"

enum { DOMAIN_NAME_BYTES = 256 }; /* room for a name, a dot before it and a NUL */

/* The canonical form of what a client wrote, NUL-terminated, under the talloc context `owner`. What is no
 * domain name keeps its bytes, in lower case and up to the first NUL. NULL when memory ran out. */
const char *domain_canonical(void *owner, struct slice domain);

/* Whether a canonical name has the form of a host or mail domain: labels of letters, digits, '-' and '_',
 * none of them empty or longer than 63 bytes, 253 bytes at most (RFC 1035, 2.3.4). */
bool domain_is_valid(const char *domain);

/*
 * The canonical form of what an administrator wrote in a list: "Bücher.Example.", an address literal
 * "[192.0.2.1]", or ".example" (all domains below that one), NUL-terminated into `name`. Returns NULL, or why
 * it is none, in words (static).
 */
const char *domain_entry_canonical(struct slice text, char name[DOMAIN_NAME_BYTES]);

/*
 * Of an entry that stands for a user or an address, "ann@bücher.example" or "@bücher.example": the canonical
 * form of what follows its last "@", whose offset is `at`. False where there is nothing to change: no "@", a
 * domain in ASCII, or none.
 */
bool domain_entry_behind_at(struct slice entry, size_t *at, char name[DOMAIN_NAME_BYTES]);

#endif
