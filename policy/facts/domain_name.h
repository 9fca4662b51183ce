/*
 * Domain names as the policy compares them.
 *
 * One form for the configuration, for envelopes and for header fields: ASCII lower case, internationalised
 * labels as A-labels (RFC 5891; UTS 46 mapping, non-transitional, as browsers and MTAs do it), no final dots.
 * Pure but for memory; any thread.
 */
#ifndef CLOSEDRELAY_FACTS_DOMAIN_NAME_H
#define CLOSEDRELAY_FACTS_DOMAIN_NAME_H

#include "base/slice.h"

/* The canonical form, NUL-terminated, under the talloc context `owner`. What is no domain name keeps its
 * bytes, in lower case and up to the first NUL. NULL when memory ran out. */
const char *domain_canonical(void *owner, struct slice domain);

/* Whether a canonical name has the form of a host or mail domain: labels of letters, digits, '-' and '_',
 * none of them empty, 253 bytes at most. */
bool domain_is_valid(const char *domain);

#endif
