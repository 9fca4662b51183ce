/* From root to the daemon's own user, for good. */
#ifndef CLOSEDRELAY_MILTER_PRIVILEGES_H
#define CLOSEDRELAY_MILTER_PRIVILEGES_H

#include "policy.h"

/*
 * Becomes `user` (and `group`, or the user's own where it is "") when started as root, and gives up ever gaining
 * privileges again. Started as somebody else, or with an empty `user`, the daemon stays who it is. Before any
 * thread. False: the reason is in `problem`.
 */
bool privileges_drop(const char *user, const char *group, struct strbuf *problem);

#endif
