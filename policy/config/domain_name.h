/* Domain names as they are compared: lower case, A-labels (RFC 5890), no final dot. */
#ifndef CLOSEDRELAY_CONFIG_DOMAIN_NAME_H
#define CLOSEDRELAY_CONFIG_DOMAIN_NAME_H

#include "base/slice.h"

enum { DOMAIN_NAME_BYTES = 256 };

/*
 * Writes the canonical form of "Bücher.Example.", of an address literal "[192.0.2.1]", or of ".example" (all domains
 * below that one) into `name`, NUL-terminated. Returns NULL, or why it is none, in words (static).
 */
const char *domain_name_canonical(struct slice text, char name[DOMAIN_NAME_BYTES]);

#endif
