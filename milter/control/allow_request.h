/* `allow` at the daemon's end of the control socket. */
#ifndef CLOSEDRELAY_MILTER_CONTROL_ALLOW_REQUEST_H
#define CLOSEDRELAY_MILTER_CONTROL_ALLOW_REQUEST_H

#include "policy.h"

/* argv: "allow", then "list" [--json], "remove" ADDRESS, or "grant" ADDRESS and words NAME=VALUE (user, for,
 * reason), percent-encoded. Returns an exit status of sysexits(3). */
int allow_request_run(struct policy_engine *engine, int argc, char **argv, struct strbuf *out);

#endif
