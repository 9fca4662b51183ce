#include "activation.h"

#include "unix_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HANDED_OVER_MAX = 8 };

static int inherited[HANDED_OVER_MAX];
static size_t inherited_count;

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage room;
};

int activation_count(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    if (pid == NULL || count == NULL || strtol(pid, NULL, 10) != getpid())
        return 0;
    const long number = strtol(count, NULL, 10);
    return number < 0 ? 0 : number > HANDED_OVER_MAX ? HANDED_OVER_MAX : (int)number;
}

static bool find_address(int descriptor, union address *address)
{
    socklen_t length = sizeof *address;
    memset(address, 0, sizeof *address);
    return getsockname(descriptor, &address->any, &length) == 0;
}

static bool is_inet_at(const union address *address, const struct config_endpoint *endpoint)
{
    struct in_addr v4 = {.s_addr = htonl(INADDR_ANY)};
    return address->any.sa_family == AF_INET && ntohs(address->v4.sin_port) == endpoint->port &&
           (endpoint->host[0] == '\0' || inet_pton(AF_INET, endpoint->host, &v4) == 1) &&
           v4.s_addr == address->v4.sin_addr.s_addr;
}

static bool is_inet6_at(const union address *address, const struct config_endpoint *endpoint)
{
    struct in6_addr v6 = in6addr_any;
    return address->any.sa_family == AF_INET6 && ntohs(address->v6.sin6_port) == endpoint->port &&
           (endpoint->host[0] == '\0' || inet_pton(AF_INET6, endpoint->host, &v6) == 1) &&
           memcmp(&v6, &address->v6.sin6_addr, sizeof v6) == 0;
}

static bool is_at(int descriptor, const struct config_endpoint *endpoint)
{
    union address address;
    if (endpoint->kind == ENDPOINT_UNIX)
        return unix_socket_is_for(descriptor, endpoint->path);
    return find_address(descriptor, &address) &&
           (is_inet_at(&address, endpoint) || is_inet6_at(&address, endpoint));
}

static int make_ready(int descriptor)
{
    const int flags = fcntl(descriptor, F_GETFL);
    const bool is_ready = flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 &&
                          fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
    return is_ready ? descriptor : ACTIVATION_NONE;
}

void activation_inherit(const int *descriptors, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (inherited_count < HANDED_OVER_MAX)
            inherited[inherited_count++] = descriptors[i];
        else
            close(descriptors[i]);
}

int activation_take_inherited(const struct config_endpoint *endpoint)
{
    for (size_t i = 0; i < inherited_count; i++)
        if (is_at(inherited[i], endpoint)) {
            const int descriptor = inherited[i];
            inherited[i] = inherited[--inherited_count];
            return descriptor;
        }
    return ACTIVATION_NONE;
}

void activation_drop_inherited(void)
{
    while (inherited_count > 0)
        close(inherited[--inherited_count]);
}

int activation_take_unix(const char *path)
{
    const int end = ACTIVATION_FIRST_DESCRIPTOR + activation_count();
    for (int descriptor = ACTIVATION_FIRST_DESCRIPTOR; descriptor < end; descriptor++)
        if (unix_socket_is_for(descriptor, path))
            return make_ready(descriptor);
    return ACTIVATION_NONE;
}

int activation_take_milter(const struct config_endpoint *endpoint, const char *other, bool *differs)
{
    const int end = ACTIVATION_FIRST_DESCRIPTOR + activation_count();
    for (int descriptor = ACTIVATION_FIRST_DESCRIPTOR; descriptor < end; descriptor++)
        if (other[0] == '\0' || !unix_socket_is_for(descriptor, other)) {
            *differs = !is_at(descriptor, endpoint);
            return make_ready(descriptor);
        }
    return ACTIVATION_NONE;
}
