#include "control_server.h"

#include "daemon/unix_socket.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { CLIENT_WAIT_MS = 3000, PEER_GROUPS_MAX = 65536 };

struct control_server {
    struct unix_socket socket;
    gid_t group; /* of the socket; its members may connect */
    unsigned client_wait_ms;
    control_handler handler;
    void *context;
    int stop_event; /* readable: the thread is to end */
    bool is_started;
    pthread_t thread;
};

/* A connection; `deadline_ms` is for all of the present step, however the other end portions it out. */
struct client {
    const struct control_server *server;
    int descriptor;
    uint64_t deadline_ms;
};

/* ---- who it is -------------------------------------------------------------------------------------- */

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

/* The kernel has looked at the mode of the socket already; root, the daemon's own user and the socket's group
 * are who it is meant for, whatever that mode is. */
static bool may_control(const struct client *client)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(client->descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    gid_t group = client->server->group;
    return peer.uid == 0 || peer.uid == geteuid() || peer.gid == group ||
           in_further_groups(client->descriptor, group);
}

/* ---- one client ------------------------------------------------------------------------------------- */

static uint64_t now_ms(void)
{
    return clock_system_monotonic_us(NULL) / 1000;
}

static void begin_step(struct client *client)
{
    client->deadline_ms = now_ms() + client->server->client_wait_ms;
}

static bool wait_for(const struct client *client, short events)
{
    struct pollfd waiting[] = {{client->descriptor, events, 0}, {client->server->stop_event, POLLIN, 0}};
    uint64_t now = now_ms();
    if (now >= client->deadline_ms)
        return false;
    return poll(waiting, 2, (int)(client->deadline_ms - now)) > 0 && waiting[1].revents == 0;
}

/* One line without its end, NUL-terminated, into CONTROL_LINE_BYTES_MAX bytes. NULL: done; else what is
 * wrong. */
static const char *read_line(const struct client *client, char *line)
{
    size_t length = 0;
    while (length < CONTROL_LINE_BYTES_MAX) {
        if (!wait_for(client, POLLIN))
            return "no command came in time\n";
        ssize_t count = recv(client->descriptor, line + length, CONTROL_LINE_BYTES_MAX - length, 0);
        if (count <= 0)
            return "the command does not end in a newline\n";
        char *end = memchr(line + length, '\n', (size_t)count);
        length += (size_t)count;
        if (end == NULL)
            continue;
        *end = '\0';
        return memchr(line, '\0', length) == end ? NULL : "the command holds a NUL byte\n";
    }
    return "the command is too long\n";
}

static void write_answer(const struct client *client, struct slice answer)
{
    while (answer.length > 0 && wait_for(client, POLLOUT)) {
        ssize_t count = send(client->descriptor, answer.data, answer.length, MSG_NOSIGNAL | MSG_DONTWAIT);
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
        strbuf_append_text(text, "this daemon speaks " CONTROL_PROTOCOL
                                 ": it is of another version than the command\n");
        return EX_PROTOCOL;
    }
    if (argc < 2) {
        strbuf_append_text(text, argc < 0 ? "too many words\n" : "a command is missing\n");
        return EX_USAGE;
    }
    return server->handler(server->context, argc - 1, argv + 1, text);
}

/* The exit status; what goes with it is in `text`. */
static int carry_out(struct client *client, struct strbuf *text)
{
    char line[CONTROL_LINE_BYTES_MAX];
    begin_step(client);
    const char *problem = read_line(client, line);
    if (problem != NULL) {
        strbuf_append_text(text, problem);
        return EX_PROTOCOL;
    }
    /* After reading: a connection closed over unread bytes is reset, and its client never sees the answer. */
    if (!may_control(client)) {
        strbuf_append_text(text, "only root, the daemon's user and the socket's group may do that\n");
        return EX_NOPERM;
    }
    return handle(client->server, line, text);
}

static void serve_client(const struct control_server *server, int descriptor)
{
    struct client client = {.server = server, .descriptor = descriptor};
    struct strbuf text, answer;
    strbuf_init(&text, 0);
    strbuf_init(&answer, 0);
    int status = carry_out(&client, &text);
    if (text.failed) {
        strbuf_reset(&text);
        strbuf_append_text(&text, "the daemon is out of memory\n");
        status = EX_OSERR;
    }
    strbuf_printf(&answer, CONTROL_PROTOCOL " %d\n", status);
    strbuf_append_slice(&answer, strbuf_slice(&text));
    begin_step(&client);
    write_answer(&client, strbuf_slice(&answer));
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

/* Opened by root before it steps down, the socket is still to be the daemon user's. */
static bool settle_owner(struct control_server *server, const struct control_server_options *options)
{
    struct stat info;
    gid_t group = options->group[0] == '\0' ? options->group_id : (gid_t)-1;
    if (geteuid() == 0 && lchown(options->path, options->user_id, group) != 0)
        return false;
    if (lstat(options->path, &info) != 0)
        return false;
    server->group = info.st_gid;
    return true;
}

struct control_server *control_server_open(const struct control_server_options *options,
                                           struct strbuf *problem)
{
    struct control_server *server = calloc(1, sizeof *server);
    const struct unix_socket_access access = {options->mode, options->group};
    if (server == NULL || !unix_socket_open(&server->socket, options->path, &access, problem)) {
        free(server);
        return NULL;
    }
    server->client_wait_ms = options->client_wait_ms == 0 ? CLIENT_WAIT_MS : options->client_wait_ms;
    server->handler = options->handler;
    server->context = options->context;
    server->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop_event >= 0 && settle_owner(server, options))
        return server;
    strbuf_printf(problem, "%s: %s", options->path, strerror(errno));
    if (server->stop_event >= 0)
        close(server->stop_event);
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
