/*
 * The check `relay`: outside clients may send to our own domains only.
 *
 * Everybody else may send anywhere. Addresses that would make the MTA pass mail on to a second host
 * (user%victim@ours, victim!user@ours, source routes …) are seen for what they are. Its settings are in
 * role.h, their rows in relay_settings.c.
 */
#ifndef CLOSEDRELAY_CHECK_RELAY_RELAY_H
#define CLOSEDRELAY_CHECK_RELAY_RELAY_H

#include "check/relay/role.h"

extern const struct config_section relay_section;
extern const struct check relay_check;

#endif
