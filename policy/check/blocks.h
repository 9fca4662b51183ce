/*
 * The check `blocks`: may this sender send at the moment?
 *
 * An administrator blocks a login, a domain, a customer or an address by hand (`closedrelay block`), and the
 * check `account` locks a login that looks stolen. Both act at the next MAIL, also of connections that are
 * open already (live/blocks.h).
 */
#ifndef CLOSEDRELAY_CHECK_BLOCKS_H
#define CLOSEDRELAY_CHECK_BLOCKS_H

#include "check/check.h"

struct blocks_settings {
    struct check_settings common;
};

extern const struct check blocks_check;

#endif
