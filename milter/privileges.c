#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool become(const char *user, uid_t uid, gid_t gid, struct strbuf *problem)
{
    if (initgroups(user, gid) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) {
        strbuf_printf(problem, "becoming %s: %s", user, strerrordesc_np(errno));
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
    if (name[0] == '\0')
        return true;
    const struct group *group = getgrnam(name);
    if (group == NULL) {
        strbuf_printf(problem, "there is no group %s", name);
        return false;
    }
    *gid = group->gr_gid;
    return true;
}

static bool drop_to(const char *user, const char *group, struct strbuf *problem)
{
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL) {
        strbuf_printf(problem, "there is no user %s", user);
        return false;
    }
    uid_t uid = entry->pw_uid;
    gid_t gid = entry->pw_gid;
    return find_group(group, &gid, problem) && become(user, uid, gid, problem);
}

bool privileges_drop(const char *user, const char *group, struct strbuf *problem)
{
    if (geteuid() == 0 && user[0] != '\0' && !drop_to(user, group, problem))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        strbuf_printf(problem, "no_new_privs: %s", strerrordesc_np(errno));
        return false;
    }
    return true;
}
