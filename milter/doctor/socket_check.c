/* Can the MTA's user get to the milter's unix socket? */
#include "doctor_checks.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { GROUPS_MAX = 256 };

struct identity {
    uid_t user;
    gid_t groups[GROUPS_MAX];
    int group_count;
};

static bool find_identity(const char *name, struct identity *identity)
{
    const struct passwd *entry = getpwnam(name);
    if (entry == NULL)
        return false;
    identity->user = entry->pw_uid;
    identity->group_count = GROUPS_MAX;
    if (getgrouplist(name, entry->pw_gid, identity->groups, &identity->group_count) < 0)
        identity->group_count = GROUPS_MAX;
    return true;
}

/* Whether the right (one of the low three bits: 1 search, 2 write) is there for this identity. */
static bool has_right(const struct stat *file, const struct identity *identity, unsigned right)
{
    if (identity->user == 0)
        return true;
    if (identity->user == file->st_uid)
        return (file->st_mode >> 6 & right) != 0;
    for (int i = 0; i < identity->group_count; i++)
        if (identity->groups[i] == file->st_gid)
            return (file->st_mode >> 3 & right) != 0;
    return (file->st_mode & right) != 0;
}

static void report_missing(const struct doctor *doctor, const char *path)
{
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_WARNING, "no_socket",
        "closedrelay does not run, or listens elsewhere; the MTA does what it does when the milter "
        "is away.");
    strbuf_append_text(&finding->where, path);
    strbuf_printf(&finding->what, "the socket is not there: %s", strerror(errno));
    strbuf_append_text(&finding->change, "systemctl start closedrelay");
}

static void report_closed(const struct doctor *doctor, const char *path, const char *user,
                          const struct stat *file)
{
    /* cppcheck-suppress getgrgidCalled ; one thread */
    const struct group *group = getgrgid(file->st_gid);
    struct doctor_finding *finding =
        doctor_report_add(doctor->report, DOCTOR_PROBLEM, "socket_rights",
                          "The MTA cannot connect, and does what it does when the milter is away.");
    strbuf_append_text(&finding->where, path);
    strbuf_printf(&finding->what, "the user %s may not %s it (mode %04o, group %s)", user,
                  S_ISDIR(file->st_mode) ? "enter" : "write to", (unsigned)file->st_mode & 07777,
                  group == NULL ? "unknown" : group->gr_name);
    strbuf_printf(&finding->change, "usermod -aG %s %s    # then restart the MTA",
                  group == NULL ? "closedrelay" : group->gr_name, user);
}

/* False: reported. */
static bool check_step(const struct doctor *doctor, const char *path, const char *user,
                       const struct identity *identity)
{
    struct stat file;
    if (stat(path, &file) != 0) {
        report_missing(doctor, path);
        return false;
    }
    if (has_right(&file, identity, S_ISDIR(file.st_mode) ? 1 : 2))
        return true;
    report_closed(doctor, path, user, &file);
    return false;
}

void socket_check(const struct doctor *doctor, const char *path, const char *user)
{
    struct identity identity = {0};
    if (user != NULL && !find_identity(user, &identity))
        return;
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        char *directory = strndup(path, (size_t)(slash - path));
        bool is_fine =
            directory == NULL || check_step(doctor, directory, user == NULL ? "root" : user, &identity);
        free(directory);
        if (!is_fine)
            return;
    }
    check_step(doctor, path, user == NULL ? "root" : user, &identity);
}

/* Postfix's user speaks for everybody who talks SMTP to it: what it may, a hole in Postfix may. */
void postfix_check_rights(const struct doctor *doctor)
{
    const char *named = policy_snapshot_daemon(doctor->snapshot)->control_group;
    const char *group_name = named[0] == '\0' ? "closedrelay-admin" : named;
    const char *owner = postfix_setting(doctor->postfix, "mail_owner");
    struct identity identity = {0};
    /* cppcheck-suppress getgrnamCalled ; one thread */
    const struct group *group = getgrnam(group_name);
    owner = owner == NULL ? "postfix" : owner;
    if (group == NULL || !find_identity(owner, &identity))
        return;
    for (int i = 0; i < identity.group_count; i++) {
        if (identity.groups[i] != group->gr_gid)
            continue;
        struct doctor_finding *finding = doctor_report_add(
            doctor->report, DOCTOR_PROBLEM, "mta_is_admin",
            "Its members may let anybody relay (`closedrelay allow`). The socket that the milter listens at "
            "has a group of its own (daemon.socket_group).");
        strbuf_append_text(&finding->where, "/etc/group");
        strbuf_printf(&finding->what, "the user %s is in the group %s, which the control socket is for",
                      owner, group_name);
        strbuf_printf(&finding->change, "gpasswd -d %s %s    # then restart the MTA", owner, group_name);
        return;
    }
}
