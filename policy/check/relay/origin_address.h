/*
 * Whose browser a message comes from, where a webmail says so.
 *
 * A webmail logs in for all its users from one address. Many name the browser's in a header field; anybody
 * else can write that field too, so it counts from the hosts of relay.trusted_webmail only. Pure.
 */
#ifndef CLOSEDRELAY_CHECK_RELAY_ORIGIN_ADDRESS_H
#define CLOSEDRELAY_CHECK_RELAY_ORIGIN_ADDRESS_H

#include "check/relay/role.h"

/* Sets message->origin_ip and ->origin_ip_known; to be called once the headers have ended. Fields that name
 * different addresses, and those that name none, say nothing; nor does the address of the machine itself. */
void origin_address_find(const struct relay_settings *settings, const struct session_facts *session,
                         struct message_facts *message);

#endif
