#include "control_peer.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEER_GROUPS_MAX = 65536, NAME_ROOM_BYTES = 16384 };

/* Beyond the peer's first group: the usual way to be a member of one (SO_PEERGROUPS, Linux 4.13). */
static bool in_further_groups(int descriptor, gid_t group)
{
    socklen_t length = 64 * sizeof(gid_t);
    gid_t *groups = malloc(length);
    int result = groups == NULL ? -1 : getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &length);
    if (result != 0 && groups != NULL && errno == ERANGE && length <= PEER_GROUPS_MAX * sizeof(gid_t)) {
        gid_t *grown = realloc(groups, length); /* the kernel has told how much it takes */
        groups = grown == NULL ? groups : grown;
        result = grown == NULL ? -1 : getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &length);
    }
    bool is_member = false;
    for (size_t i = 0; result == 0 && i < length / sizeof(gid_t) && !is_member; i++)
        is_member = groups[i] == group;
    free(groups);
    return is_member;
}

static void find_name(uid_t user_id, char name[CONTROL_NAME_BYTES])
{
    struct passwd entry, *found = NULL;
    char *room = malloc(NAME_ROOM_BYTES);
    snprintf(name, CONTROL_NAME_BYTES, "uid %u", (unsigned)user_id);
    if (room != NULL && getpwuid_r(user_id, &entry, room, NAME_ROOM_BYTES, &found) == 0 && found != NULL)
        snprintf(name, CONTROL_NAME_BYTES, "%s", found->pw_name);
    free(room);
}

/* The kernel has looked at the mode of the socket already; these are who it is meant for, whatever that mode
 * is. */
bool control_peer_read(int descriptor, gid_t group, struct control_caller *caller)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    caller->user_id = peer.uid;
    caller->is_root = peer.uid == 0 || peer.uid == geteuid();
    const bool is_member =
        group != CONTROL_NO_GROUP && (peer.gid == group || in_further_groups(descriptor, group));
    if (!caller->is_root && !is_member)
        return false;
    find_name(peer.uid, caller->name);
    return true;
}
