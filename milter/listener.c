#include "listener.h"

#include "packet_reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ACTIVATION_DESCRIPTOR = 3, /* sd_listen_fds(3) */
    ACCEPT_PAUSE_MS = 50,
    QUEUE_WAIT_MS = 200,
};

/* ---- accept ----------------------------------------------------------------------------------------- */

static atomic_int descriptor_limit = INT32_MAX;
static atomic_bool stop_was_seen; /* libmilter polls the socket no more */

void listener_keep_below(int most)
{
    atomic_store(&descriptor_limit, most);
}

/* Says it once a minute; the listener's thread is the one caller. */
static void say_short_of(const char *what)
{
    static uint64_t said_ms;
    uint64_t now_ms = clock_system_monotonic_us(NULL) / 1000U;
    if (said_ms != 0 && now_ms - said_ms < 60000)
        return;
    said_ms = now_ms;
    log_error("listener: a connection could not be taken: %s", what);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* In the socket's place libmilter finds an eventfd (listener_stop), readable until it has looked. */
static void note_stop(int silent)
{
    uint64_t count;
    if (read(silent, &count, sizeof count) < 0)
        log_debug("listener: %s", strerrordesc_np(errno));
    atomic_store(&stop_was_seen, true);
}

/*
 * In the place of the C library's, for libmilter's listener: there a shortage of descriptors is a loop without a
 * pause, and there is no limit. A connection over the limit is closed; the MTA then does what it does when its
 * filter is away.
 */
int accept(int listening, __SOCKADDR_ARG address, socklen_t *restrict length)
{
    int connection = accept4(listening, address, length, SOCK_CLOEXEC);
    if (connection < 0 && is_shortage(errno)) {
        int error = errno;
        say_short_of(strerrordesc_np(error));
        poll(NULL, 0, ACCEPT_PAUSE_MS);
        errno = error;
    } else if (connection < 0 && errno == ENOTSOCK) {
        note_stop(listening);
        errno = EAGAIN;
    } else if (connection >= atomic_load_explicit(&descriptor_limit, memory_order_relaxed)) {
        close(connection);
        say_short_of("the limit of connections is reached");
        errno = ECONNABORTED;
        return -1;
    }
    if (connection >= 0)
        packet_reader_set_timeout(connection);
    return connection;
}

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

static bool open_inet(struct listener *listener, const struct config_endpoint *endpoint, struct strbuf *problem)
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
        strbuf_printf(problem, "port %u: %s", (unsigned)endpoint->port, strerror(errno));
        close(descriptor);
        return false;
    }
    listener->descriptor = descriptor;
    return true;
}

static bool open_unix(struct listener *listener, const struct policy_daemon_settings *settings,
                      struct strbuf *problem)
{
    const struct unix_socket_access access = {settings->socket_mode, settings->socket_group};
    bool is_open = unix_socket_open(&listener->name, settings->listen.path, &access, problem);
    listener->descriptor = listener->name.descriptor;
    return is_open;
}

static bool is_activated(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    return pid != NULL && count != NULL && strtol(pid, NULL, 10) == getpid() && strtol(count, NULL, 10) == 1;
}

static bool open_activated(struct listener *listener, struct strbuf *problem)
{
    int flags = fcntl(ACTIVATION_DESCRIPTOR, F_GETFL);
    if (flags < 0 || fcntl(ACTIVATION_DESCRIPTOR, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(ACTIVATION_DESCRIPTOR, F_SETFD, FD_CLOEXEC) != 0)
        return fail(problem, "the socket handed over (LISTEN_FDS)");
    listener->descriptor = ACTIVATION_DESCRIPTOR;
    return true;
}

bool listener_open(struct listener *listener, const struct policy_daemon_settings *settings, struct strbuf *problem)
{
    *listener = (struct listener){.descriptor = -1};
    if (is_activated())
        return open_activated(listener, problem);
    switch (settings->listen.kind) {
    case ENDPOINT_INET:
    case ENDPOINT_INET6:
        return open_inet(listener, &settings->listen, problem);
    case ENDPOINT_UNIX:
        return open_unix(listener, settings, problem);
    case ENDPOINT_NONE:
        break;
    }
    strbuf_append_text(problem, "no address to listen at");
    return false;
}

bool listener_give_to_milter(const struct listener *listener)
{
    /* "fd:" is Debian's addition to libmilter. */
    char connection[20];
    snprintf(connection, sizeof connection, "fd:%d", listener->descriptor);
    return smfi_setconn(connection) == MI_SUCCESS && smfi_opensocket(false) == MI_SUCCESS;
}

/* ---- closing ---------------------------------------------------------------------------------------- */

/* Those who connected while there still was a name are let in first. */
static void wait_for_queue(int descriptor)
{
    struct pollfd queue = {.fd = descriptor, .events = POLLIN};
    for (int waited_ms = 0; waited_ms < QUEUE_WAIT_MS && poll(&queue, 1, 0) > 0; waited_ms += 5)
        poll(NULL, 0, 5);
}

/* Ends a poll for connections that is under way: by a connection of our own, for want of a better way. */
static void knock(int listening)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    if (getsockname(listening, (struct sockaddr *)&address, &length) != 0)
        return;
    int visitor = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (visitor < 0)
        return;
    if (connect(visitor, (struct sockaddr *)&address, length) != 0 && errno != EINPROGRESS)
        log_debug("listener: %s", strerrordesc_np(errno));
    for (int waited_ms = 0; waited_ms < QUEUE_WAIT_MS && !atomic_load(&stop_was_seen); waited_ms += 5)
        poll(NULL, 0, 5);
    close(visitor);
}

/* Puts `silent` where libmilter polls for connections, and makes it look. */
static void replace_socket(const struct listener *listener, int silent, bool is_own_unix)
{
    int listening = fcntl(listener->descriptor, F_DUPFD_CLOEXEC, 0);
    dup3(silent, listener->descriptor, O_CLOEXEC);
    if (is_own_unix)
        shutdown(listening, SHUT_RD);
    else
        knock(listening);
    if (listening >= 0)
        close(listening);
}

/*
 * libmilter goes on polling the descriptor: in the socket's place it gets an eventfd, readable once so that the
 * poll under way ends. Our accept() finds nobody there.
 */
void listener_stop(struct listener *listener)
{
    bool is_own_unix = listener->name.path != NULL;
    unix_socket_remove_name(&listener->name);
    if (is_own_unix)
        wait_for_queue(listener->descriptor);
    int silent = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (silent < 0) {
        log_warning("listener: new connections are still let in: %s", strerrordesc_np(errno));
        return;
    }
    replace_socket(listener, silent, is_own_unix);
    close(silent);
}

void listener_deinit(struct listener *listener)
{
    unix_socket_remove_name(&listener->name);
}
