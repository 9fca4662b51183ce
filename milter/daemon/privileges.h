/* From root to the daemon's own user, for good. */
#ifndef CLOSEDRELAY_MILTER_DAEMON_PRIVILEGES_H
#define CLOSEDRELAY_MILTER_DAEMON_PRIVILEGES_H

#include "policy.h"

#include <sys/types.h>

/* Who the daemon is to be. */
struct privileges_identity {
    char *user; /* NULL: who it is now */
    uid_t user_id;
    gid_t group_id;
};

/*
 * `user` with `group` (or the user's own where that is ""). With an empty `user` it is `closedrelay`, where
 * there is such a user. Started as somebody else than root, the daemon stays who it is. False: the reason is
 * in `problem`.
 */
bool privileges_find(const char *user, const char *group, struct privileges_identity *identity,
                     struct strbuf *problem);
void privileges_deinit(struct privileges_identity *identity);

/* The group whose members may use the control socket: `group`; with an empty one `closedrelay-admin`, where
 * there is such a group and the socket can be given to it, else `*gid` stays as it is. False: there is no
 * such group. */
bool privileges_find_admins(const char *group, gid_t *gid, struct strbuf *problem);

/* Becomes that identity and gives up ever gaining privileges again. Before any thread. False: the reason is
 * in `problem`. */
bool privileges_drop(const struct privileges_identity *identity, struct strbuf *problem);

#endif
