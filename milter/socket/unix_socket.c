#include "unix_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char TEMPORARY[] = ".new"; /* behind a name that is not given yet */

static bool fail(struct strbuf *problem, const char *what)
{
    strbuf_printf(problem, "%s: %s", what, strerror(errno));
    return false;
}

static bool unix_address(const char *path, struct sockaddr_un *address, struct strbuf *problem)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        strbuf_printf(problem, "%s: this path is too long for a socket", path);
        return false;
    }
    memcpy(address->sun_path, path, strlen(path));
    return true;
}

bool unix_socket_is_free(const char *path, struct strbuf *problem)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT || fail(problem, path);
    if (!S_ISSOCK(info.st_mode)) {
        strbuf_printf(problem, "%s: there is something else than a socket", path);
        return false;
    }
    struct sockaddr_un address;
    if (!unix_address(path, &address, problem))
        return false;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return fail(problem, "socket");
    int error = connect(probe, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(probe);
    if (error == ECONNREFUSED || error == ENOENT)
        return true;
    strbuf_printf(problem, "%s: %s", path,
                  error == 0 || error == EAGAIN ? "another process answers there" : strerror(error));
    return false;
}

static bool set_access(const char *path, const struct unix_socket_access *access, struct strbuf *problem)
{
    if (access->group[0] != '\0') {
        const struct group *group = getgrnam(access->group);
        if (group == NULL) {
            strbuf_printf(problem, "there is no group %s", access->group);
            return false;
        }
        if (lchown(path, (uid_t)-1, group->gr_gid) != 0)
            return fail(problem, path);
    }
    return chmod(path, (mode_t)access->mode) == 0 || fail(problem, path);
}

bool unix_socket_adopt(struct unix_socket *listening, int descriptor, const char *path,
                       const struct unix_socket_access *access, struct strbuf *problem)
{
    struct stat info;
    *listening = (struct unix_socket){.descriptor = descriptor};
    if (lstat(path, &info) != 0 || !set_access(path, access, problem))
        return fail(problem, path);
    listening->device = info.st_dev;
    listening->inode = info.st_ino;
    listening->path = strdup(path);
    return listening->path != NULL || fail(problem, "memory");
}

/* The name comes last: whoever sees it finds a socket that answers, with its final mode and group. */
static bool publish(struct unix_socket *listening, const char *temporary, const char *path,
                    struct strbuf *problem)
{
    struct stat info;
    if (lstat(temporary, &info) != 0 || rename(temporary, path) != 0)
        return fail(problem, path);
    listening->device = info.st_dev;
    listening->inode = info.st_ino;
    listening->path = strdup(path);
    return listening->path != NULL || fail(problem, "memory");
}

/* In the words of the configuration: the path that was written there, not the temporary one. */
static bool fail_to_bind(struct strbuf *problem, const char *path)
{
    if (errno != ENOENT)
        return fail(problem, path);
    strbuf_printf(problem, "%s: its folder does not exist", path);
    return false;
}

static bool bind_temporary(int descriptor, const struct sockaddr_un *address)
{
    struct stat info;
    if (lstat(address->sun_path, &info) == 0 && S_ISSOCK(info.st_mode))
        unlink(address->sun_path);
    mode_t saved = umask(0177);
    bool is_bound = bind(descriptor, (const struct sockaddr *)address, sizeof *address) == 0 &&
                    listen(descriptor, SOMAXCONN) == 0;
    int error = errno;
    umask(saved);
    errno = error;
    return is_bound;
}

static bool open_temporary(struct unix_socket *listening, const char *path,
                           const struct unix_socket_access *access, struct strbuf *problem)
{
    struct sockaddr_un address;
    struct strbuf temporary;
    strbuf_init(&temporary, 0);
    strbuf_printf(&temporary, "%s%s", path, TEMPORARY);
    bool is_open = unix_address(strbuf_text(&temporary), &address, problem);
    if (is_open) {
        listening->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        is_open = (listening->descriptor >= 0 && bind_temporary(listening->descriptor, &address)) ||
                  fail_to_bind(problem, path);
        is_open = is_open && set_access(strbuf_text(&temporary), access, problem) &&
                  publish(listening, strbuf_text(&temporary), path, problem);
        if (!is_open)
            unlink(strbuf_text(&temporary));
    }
    strbuf_deinit(&temporary);
    return is_open;
}

bool unix_socket_open(struct unix_socket *listening, const char *path,
                      const struct unix_socket_access *access, struct strbuf *problem)
{
    *listening = (struct unix_socket){.descriptor = -1};
    if (unix_socket_is_free(path, problem) && open_temporary(listening, path, access, problem))
        return true;
    if (listening->descriptor >= 0)
        close(listening->descriptor);
    listening->descriptor = -1;
    return false;
}

/* The system remembers the name that it was bound with. */
bool unix_socket_is_for(int descriptor, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNSPEC};
    socklen_t length = sizeof address;
    const size_t path_length = strlen(path);
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0 || address.sun_family != AF_UNIX ||
        path_length >= sizeof address.sun_path || strncmp(address.sun_path, path, path_length) != 0)
        return false;
    const char *rest = address.sun_path + path_length;
    return rest[0] == '\0' || strncmp(rest, TEMPORARY, sizeof address.sun_path - path_length) == 0;
}

void unix_socket_leave_name(struct unix_socket *listening)
{
    free(listening->path);
    listening->path = NULL;
}

void unix_socket_remove_name(struct unix_socket *listening)
{
    struct stat info;
    if (listening->path == NULL)
        return;
    if (lstat(listening->path, &info) == 0 && info.st_dev == listening->device &&
        info.st_ino == listening->inode)
        unlink(listening->path);
    unix_socket_leave_name(listening);
}

void unix_socket_close(struct unix_socket *listening)
{
    unix_socket_remove_name(listening);
    if (listening->descriptor >= 0)
        close(listening->descriptor);
    listening->descriptor = -1;
}
