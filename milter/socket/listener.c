#include "listener.h"

#include "activation.h"
#include "port_holder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- opening ---------------------------------------------------------------------------------------- */

static bool fail(struct strbuf *problem, const char *what)
{
    strbuf_printf(problem, "%s: %s", what, strerror(errno));
    return false;
}

static bool listen_at(int descriptor, const struct sockaddr *address, socklen_t length)
{
    return bind(descriptor, address, length) == 0 && listen(descriptor, SOMAXCONN) == 0;
}

static void fail_to_listen(const struct config_endpoint *endpoint, int error, struct strbuf *problem)
{
    char name[PORT_HOLDER_NAME_BYTES];
    strbuf_printf(problem, "port %u of %s: %s", (unsigned)endpoint->port,
                  endpoint->host[0] == '\0' ? "any address" : endpoint->host, strerror(error));
    if (error == EADDRINUSE) {
        strbuf_append_text(problem, ", by ");
        if (!port_holder_append(endpoint, name, problem))
            strbuf_append_text(problem, "a process that is not seen from here");
    }
}

static bool open_inet(struct listener *listener, const struct config_endpoint *endpoint,
                      struct strbuf *problem)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
    bool is_v6 = endpoint->kind == ENDPOINT_INET6;
    void *host = is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr;
    if (endpoint->host[0] != '\0' && inet_pton(is_v6 ? AF_INET6 : AF_INET, endpoint->host, host) != 1) {
        strbuf_printf(problem, "%s is no numeric address", endpoint->host);
        return false;
    }
    int descriptor = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return fail(problem, "socket");
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    const struct sockaddr *address = is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    if (!listen_at(descriptor, address, is_v6 ? sizeof v6 : sizeof v4)) {
        fail_to_listen(endpoint, errno, problem);
        close(descriptor);
        return false;
    }
    listener->descriptor = descriptor;
    return true;
}

static bool open_unix(struct listener *listener, const char *path, const struct unix_socket_access *access,
                      struct strbuf *problem)
{
    bool is_open = unix_socket_open(&listener->name, path, access, problem);
    listener->descriptor = listener->name.descriptor;
    return is_open;
}

static bool adopt(struct listener *listener, int descriptor, const struct config_endpoint *endpoint,
                  const struct unix_socket_access *access, struct strbuf *problem)
{
    listener->descriptor = descriptor;
    return endpoint->kind != ENDPOINT_UNIX ||
           unix_socket_adopt(&listener->name, descriptor, endpoint->path, access, problem);
}

bool listener_open_endpoint(struct listener *listener, const struct config_endpoint *endpoint,
                            const struct unix_socket_access *access, struct strbuf *problem)
{
    const int inherited = activation_take_inherited(endpoint);
    if (inherited != ACTIVATION_NONE)
        return adopt(listener, inherited, endpoint, access, problem);
    switch (endpoint->kind) {
    case ENDPOINT_INET:
    case ENDPOINT_INET6:
        return open_inet(listener, endpoint, problem);
    case ENDPOINT_UNIX:
        return open_unix(listener, endpoint->path, access, problem);
    case ENDPOINT_NONE:
        break;
    }
    strbuf_append_text(problem, "no address to listen at");
    return false;
}

/* The control socket's is not for the MTA. */
static int handed_over(const struct policy_daemon_settings *settings, bool *differs)
{
    const bool has_control = settings->control.kind == ENDPOINT_UNIX;
    return activation_take_milter(&settings->listen, has_control ? settings->control.path : "", differs);
}

bool listener_is_activated(const struct policy_daemon_settings *settings)
{
    bool differs;
    return handed_over(settings, &differs) != ACTIVATION_NONE;
}

bool listener_open(struct listener *listener, const struct policy_daemon_settings *settings,
                   struct strbuf *problem)
{
    bool differs = false;
    *listener = (struct listener){.descriptor = handed_over(settings, &differs)};
    if (differs)
        log_warning(
            "listen: systemd hands over a socket at another address (closedrelay.socket), which goes first");
    if (listener->descriptor != ACTIVATION_NONE)
        return true;
    const struct unix_socket_access access = {settings->socket_mode, settings->socket_group};
    return listener_open_endpoint(listener, &settings->listen, &access, problem);
}

/* ---- closing ---------------------------------------------------------------------------------------- */

void listener_close(struct listener *listener)
{
    unix_socket_remove_name(&listener->name);
    if (listener->descriptor >= 0)
        close(listener->descriptor);
    listener->descriptor = -1;
}

bool listener_remove_name(struct listener *listener)
{
    const bool is_own_unix = listener->name.path != NULL;
    unix_socket_remove_name(&listener->name);
    return is_own_unix;
}
