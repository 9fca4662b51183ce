/*
 * The check `relay`: outside clients may send to our own domains only.
 *
 * Everybody else may send anywhere. Addresses that would make the MTA pass mail on to a second host
 * (user%victim@ours, victim!user@ours, source routes …) are seen for what they are. Its settings are in
 * role.h.
 */
#ifndef CLOSEDRELAY_CHECK_RELAY_H
#define CLOSEDRELAY_CHECK_RELAY_H

#include "check/role.h"

extern const struct check relay_check;

/* Whether `domain` (canonical, as in struct mail_address) is one of the local domains or below one with a
 * leading dot. */
bool relay_domain_is_local(const struct relay_settings *settings, const char *domain);

/* Why an outside client may not send to `address`, as the record's reason; NULL: it may. */
const char *relay_refusal(const struct relay_settings *settings, const struct mail_address *address);

#endif
