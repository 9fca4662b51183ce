/* Whom a limit counts for. */
#ifndef CLOSEDRELAY_CHECK_RATES_RATES_KEYS_H
#define CLOSEDRELAY_CHECK_RATES_RATES_KEYS_H

#include "check/rates/rates.h"
#include "store/store.h"

/* The key of the limit's counter, which belongs to the message or the session; "" or NULL: there is nobody to
 * count for. */
const char *rate_key_of(const struct rate_limit *limit, const struct check_context *context);

/* The key `ip` of a client: of IPv6 its /64, which is one customer's. */
enum { RATE_CLIENT_BYTES = IP_ADDRESS_TEXT_BYTES + 4 };
void rate_client_key(const struct ip_address *address, char text[RATE_CLIENT_BYTES]);

/* Strangers may make keys up without end: theirs are bounded apart from those of logins. */
enum store_population rate_population_of(const struct rate_limit *limit, const struct message_facts *message);

#endif
