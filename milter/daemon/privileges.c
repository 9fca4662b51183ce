#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char USUAL_USER[] = "closedrelay";
static const char USUAL_ADMINS[] = "closedrelay-admin";

static bool become(const char *user, uid_t uid, gid_t gid, struct strbuf *problem)
{
    if (initgroups(user, gid) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) {
        strbuf_printf(problem, "becoming %s: %s", user, strerror(errno));
        return false;
    }
    if (uid != 0 && setuid(0) == 0) {
        strbuf_printf(problem, "becoming %s: root could be had back", user);
        return false;
    }
    return true;
}

static bool find_group(const char *name, gid_t *gid, struct strbuf *problem)
{
    const struct group *group = getgrnam(name);
    if (group == NULL) {
        strbuf_printf(problem, "there is no group %s", name);
        return false;
    }
    *gid = group->gr_gid;
    return true;
}

/* Whether files may be given to the group: root may to any, others to those they are in. */
static bool may_give_to(gid_t gid)
{
    const int count = geteuid() == 0 ? 0 : getgroups(0, NULL);
    gid_t *groups = count <= 0 ? NULL : calloc((size_t)count, sizeof *groups);
    bool may = geteuid() == 0 || getegid() == gid;
    const int known_count = groups == NULL ? 0 : getgroups(count, groups);
    for (int i = 0; i < known_count && !may; i++)
        may = groups[i] == gid;
    free(groups);
    return may;
}

bool privileges_find_admins(const char *group, gid_t *gid, struct strbuf *problem)
{
    if (group[0] != '\0')
        return find_group(group, gid, problem);
    const struct group *usual = getgrnam(USUAL_ADMINS);
    if (usual != NULL && may_give_to(usual->gr_gid))
        *gid = usual->gr_gid;
    return true;
}

bool privileges_find(const char *user, const char *group, struct privileges_identity *identity,
                     struct strbuf *problem)
{
    bool is_named = user[0] != '\0';
    *identity = (struct privileges_identity){.user_id = geteuid(), .group_id = getegid()};
    if (geteuid() != 0)
        return true;
    const struct passwd *entry = getpwnam(is_named ? user : USUAL_USER);
    if (entry == NULL && is_named)
        strbuf_printf(problem, "there is no user %s", user);
    if (entry == NULL)
        return !is_named;
    identity->user_id = entry->pw_uid;
    identity->group_id = entry->pw_gid;
    identity->user = strdup(entry->pw_name);
    if (identity->user == NULL)
        strbuf_append_text(problem, "out of memory");
    return identity->user != NULL && (group[0] == '\0' || find_group(group, &identity->group_id, problem));
}

void privileges_deinit(struct privileges_identity *identity)
{
    free(identity->user);
    identity->user = NULL;
}

bool privileges_drop(const struct privileges_identity *identity, struct strbuf *problem)
{
    if (identity->user != NULL && !become(identity->user, identity->user_id, identity->group_id, problem))
        return false;
    if (identity->user == NULL && geteuid() == 0)
        log_warning("user: the daemon stays root: there is no user %s (daemon.user may name another)",
                    USUAL_USER);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        strbuf_printf(problem, "no_new_privs: %s", strerror(errno));
        return false;
    }
    return true;
}
