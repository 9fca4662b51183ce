#include "control/control_server.h"

#include "unix_socket.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum { CLIENT_WAIT_MS = 3000 };

struct control_server {
    struct unix_socket socket;
    gid_t group; /* of the socket; its members may connect */
    control_handler handler;
    void *context;
    int stop_event; /* readable: the thread is to end */
    bool is_started;
    pthread_t thread;
};

/* ---- one client ------------------------------------------------------------------------------------- */

static bool in_group(gid_t group, const struct ucred *peer)
{
    return peer->gid == group;
}

/* The kernel has looked at the mode of the socket already; root, the daemon's own user and the socket's group are
 * who it is meant for, whatever that mode is. */
static bool may_control(const struct control_server *server, int client)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    return peer.uid == 0 || peer.uid == geteuid() || in_group(server->group, &peer);
}

static bool wait_for(const struct control_server *server, int client, short events)
{
    struct pollfd waiting[] = {{client, events, 0}, {server->stop_event, POLLIN, 0}};
    int ready = poll(waiting, 2, CLIENT_WAIT_MS);
    return ready > 0 && waiting[1].revents == 0;
}

/* One line without its end, NUL-terminated. False: none came in time, or it is too long. */
static bool read_line(const struct control_server *server, int client, char *line)
{
    size_t length = 0;
    while (length < CONTROL_LINE_BYTES_MAX) {
        ssize_t count = wait_for(server, client, POLLIN) ? recv(client, line + length, CONTROL_LINE_BYTES_MAX - length, 0) : 0;
        if (count <= 0)
            return false;
        char *end = memchr(line + length, '\n', (size_t)count);
        length += (size_t)count;
        if (end != NULL) {
            *end = '\0';
            return true;
        }
    }
    return false;
}

static void write_answer(const struct control_server *server, int client, struct slice answer)
{
    while (answer.length > 0 && wait_for(server, client, POLLOUT)) {
        ssize_t count = send(client, answer.data, answer.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN)
            return;
        if (count > 0)
            answer = slice_part(answer, (size_t)count, answer.length);
    }
}

int control_split(char *line, char **argv)
{
    int argc = 0;
    char *rest = line;
    for (char *word; (word = strtok_r(rest, " \r", &rest)) != NULL;) {
        if (argc == CONTROL_ARGUMENTS_MAX)
            return -1;
        argv[argc++] = word;
    }
    return argc;
}

static int handle(const struct control_server *server, char *line, struct strbuf *text)
{
    char *argv[CONTROL_ARGUMENTS_MAX];
    int argc = control_split(line, argv);
    if (argc >= 1 && strcmp(argv[0], CONTROL_PROTOCOL) != 0) {
        strbuf_append_text(text, "this daemon speaks " CONTROL_PROTOCOL "\n");
        return EX_PROTOCOL;
    }
    if (argc < 2) {
        strbuf_append_text(text, "a command is missing, or has too many words\n");
        return EX_USAGE;
    }
    return server->handler(server->context, argc - 1, argv + 1, text);
}

static void serve_client(const struct control_server *server, int client)
{
    char line[CONTROL_LINE_BYTES_MAX];
    struct strbuf text, answer;
    strbuf_init(&text, 0);
    strbuf_init(&answer, 0);
    int status = EX_NOPERM;
    bool may = may_control(server, client);
    if (!may)
        strbuf_append_text(&text, "only root, the daemon's user and the socket's group may do that\n");
    else if (!read_line(server, client, line))
        status = EX_PROTOCOL;
    else
        status = handle(server, line, &text);
    strbuf_printf(&answer, CONTROL_PROTOCOL " %d\n", status);
    strbuf_append_slice(&answer, strbuf_slice(&text));
    write_answer(server, client, strbuf_slice(&answer));
    strbuf_deinit(&text);
    strbuf_deinit(&answer);
}

/* ---- the thread ------------------------------------------------------------------------------------- */

static void *serve(void *context)
{
    struct control_server *server = context;
    struct pollfd events[] = {{server->socket.descriptor, POLLIN, 0}, {server->stop_event, POLLIN, 0}};
    for (;;) {
        if (poll(events, 2, -1) < 0 && errno != EINTR)
            break;
        if (events[1].revents != 0)
            break;
        int client = accept4(server->socket.descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client < 0) {
            /* Short of descriptors the poll would return at once, again and again. */
            if (errno != EAGAIN && errno != ECONNABORTED)
                poll(&events[1], 1, 100);
            continue;
        }
        serve_client(server, client);
        close(client);
    }
    return NULL;
}

struct control_server *control_server_open(const struct control_server_options *options, struct strbuf *problem)
{
    struct control_server *server = calloc(1, sizeof *server);
    const struct unix_socket_access access = {options->mode, options->group};
    if (server == NULL || !unix_socket_open(&server->socket, options->path, &access, problem)) {
        free(server);
        return NULL;
    }
    const struct group *group = options->group[0] == '\0' ? NULL : getgrnam(options->group);
    server->group = group == NULL ? getegid() : group->gr_gid;
    server->handler = options->handler;
    server->context = options->context;
    server->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop_event >= 0)
        return server;
    strbuf_append_text(problem, strerrordesc_np(errno));
    unix_socket_close(&server->socket);
    free(server);
    return NULL;
}

bool control_server_start(struct control_server *server)
{
    server->is_started = pthread_create(&server->thread, NULL, serve, server) == 0;
    return server->is_started;
}

void control_server_stop(struct control_server *server)
{
    uint64_t one = 1;
    if (server == NULL)
        return;
    if (server->is_started && write(server->stop_event, &one, sizeof one) == (ssize_t)sizeof one)
        pthread_join(server->thread, NULL);
    unix_socket_close(&server->socket);
    close(server->stop_event);
    free(server);
}
