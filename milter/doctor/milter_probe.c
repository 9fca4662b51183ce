#include "milter_probe.h"

#include "receive_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WAIT_SECONDS = 5,
    PROTOCOL_VERSION = 6,
    OFFERED_ACTIONS = 0x1ff,
    OFFERED_STEPS = 0xfffff,
    HOST_BYTES = 256,
};

/* What the child tells. */
struct outcome {
    enum milter_answer answer;
    int error;
};

static int open_socket(const struct sockaddr *address, socklen_t length)
{
    int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    if (descriptor < 0)
        return -1;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (connect(descriptor, address, length) == 0)
        return descriptor;
    int saved = errno;
    close(descriptor);
    errno = saved;
    return -1;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    return open_socket((const struct sockaddr *)&address, sizeof address);
}

/* HOST:PORT, the host a name, an address, or an address in brackets. */
static int connect_inet(const char *text)
{
    const char *colon = strrchr(text, ':');
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char host[HOST_BYTES];
    errno = 0;
    if (colon == NULL || (size_t)(colon - text) >= sizeof host)
        return -1;
    size_t open = text[0] == '[', length = (size_t)(colon - text) - open;
    length -= open && length > 0 && text[open + length - 1] == ']';
    memcpy(host, text + open, length);
    host[length] = '\0';
    if (getaddrinfo(host, colon + 1, &hints, &addresses) != 0) {
        errno = 0;
        return -1;
    }
    int descriptor = -1;
    for (const struct addrinfo *at = addresses; at != NULL && descriptor < 0; at = at->ai_next)
        descriptor = open_socket(at->ai_addr, at->ai_addrlen);
    freeaddrinfo(addresses);
    return descriptor;
}

/* SMFIC_OPTNEG there and back, then SMFIC_QUIT: no mail is spoken of. */
static bool negotiate(int descriptor)
{
    struct {
        uint32_t length;
        char command;
        char data[12];
    } __attribute__((packed)) offer = {htonl(13), 'O', {0}};
    const uint32_t words[3] = {htonl(PROTOCOL_VERSION), htonl(OFFERED_ACTIONS), htonl(OFFERED_STEPS)};
    static const char quit[5] = {0, 0, 0, 1, 'Q'};
    uint32_t length = 0;
    char command = 0;
    memcpy(offer.data, words, sizeof words);
    bool is_milter = send(descriptor, &offer, sizeof offer, MSG_NOSIGNAL) == (ssize_t)sizeof offer &&
                     receive_all(descriptor, &length, sizeof length) && ntohl(length) >= 13 &&
                     receive_all(descriptor, &command, 1) && command == 'O';
    if (is_milter)
        (void)!send(descriptor, quit, sizeof quit, MSG_NOSIGNAL);
    return is_milter;
}

/* In the child only. */
static bool become(const struct milter_probe *probe)
{
    const struct passwd *user = probe->user == NULL || geteuid() != 0 ? NULL : getpwnam(probe->user);
    if (probe->directory != NULL && chdir(probe->directory) != 0)
        return false;
    if (geteuid() != 0)
        return true;
    if (probe->user != NULL && (user == NULL || initgroups(probe->user, user->pw_gid) != 0))
        return false;
    uid_t user_id = user == NULL ? 0 : user->pw_uid;
    gid_t group_id = user == NULL ? 0 : user->pw_gid;
    return (!probe->is_chrooted || chroot(".") == 0) && setgid(group_id) == 0 && setuid(user_id) == 0;
}

static struct outcome try(const struct milter_probe *probe)
{
    if (!become(probe))
        return (struct outcome){MILTER_CANNOT_BE_TRIED, errno};
    bool is_unix = strncmp(probe->address, "unix:", 5) == 0;
    int descriptor = is_unix                                    ? connect_unix(probe->address + 5)
                     : strncmp(probe->address, "inet:", 5) == 0 ? connect_inet(probe->address + 5)
                                                                : -1;
    if (descriptor < 0)
        return (struct outcome){MILTER_NOT_REACHED, errno};
    bool is_milter = negotiate(descriptor);
    close(descriptor);
    return (struct outcome){is_milter ? MILTER_ANSWERS : MILTER_SAYS_NOTHING, 0};
}

enum milter_answer milter_probe(const struct milter_probe *probe, int *error)
{
    int ends[2];
    struct outcome outcome = {MILTER_CANNOT_BE_TRIED, 0};
    *error = 0;
    if (pipe(ends) != 0)
        return MILTER_CANNOT_BE_TRIED;
    pid_t child = fork();
    if (child == 0) {
        outcome = try(probe);
        _exit(write(ends[1], &outcome, sizeof outcome) == (ssize_t)sizeof outcome ? 0 : 1);
    }
    close(ends[1]);
    if (child < 0 || read(ends[0], &outcome, sizeof outcome) != (ssize_t)sizeof outcome)
        outcome = (struct outcome){MILTER_CANNOT_BE_TRIED, errno};
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    *error = outcome.error;
    return outcome.answer;
}
