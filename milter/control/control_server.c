#include "control_server.h"

#include "control_line.h"
#include "control_peer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { CLIENT_WAIT_MS = 3000, SHORTAGE_PAUSE_MS = 100 };

struct control_server {
    struct unix_socket socket;
    gid_t group; /* whose members may connect; CONTROL_NO_GROUP: nobody's */
    unsigned client_wait_ms;
    control_handler handler;
    void *context;
    int stop_event; /* readable: every thread is to end */
    bool is_started;
    pthread_t thread;
    pthread_mutex_t lock;   /* guards what follows */
    pthread_cond_t changed; /* a client has gone, or the server stops */
    unsigned client_count, stream_count;
    bool is_stopping;
};

/* A client; `deadline_ms` is for all of the present step, however the other end portions it out. */
struct control_connection {
    struct control_server *server;
    int descriptor;
    uint64_t deadline_ms;
    struct control_caller caller;
    bool is_stream; /* something was sent ahead of the answer */
};

/* ---- waiting ---------------------------------------------------------------------------------------- */

static void begin_step(struct control_connection *connection)
{
    connection->deadline_ms = clock_now_ms() + connection->server->client_wait_ms;
}

static bool wait_for(const struct control_connection *connection, short events)
{
    struct pollfd waiting[] = {{connection->descriptor, events, 0},
                               {connection->server->stop_event, POLLIN, 0}};
    uint64_t now = clock_now_ms();
    if (now >= connection->deadline_ms)
        return false;
    return poll(waiting, 2, (int)(connection->deadline_ms - now)) > 0 && waiting[1].revents == 0;
}

bool control_connection_is_open(const struct control_connection *connection, unsigned wait_ms)
{
    struct pollfd waiting[] = {{connection->descriptor, POLLRDHUP, 0},
                               {connection->server->stop_event, POLLIN, 0}};
    const int count = poll(waiting, 2, (int)wait_ms);
    return count == 0 || (count < 0 && errno == EINTR);
}

/* ---- one client ------------------------------------------------------------------------------------- */

/* One line without its end, NUL-terminated, into CONTROL_LINE_BYTES_MAX bytes. NULL: done; else what is
 * wrong. */
static const char *read_line(const struct control_connection *connection, char *line)
{
    size_t length = 0;
    while (length < CONTROL_LINE_BYTES_MAX) {
        if (!wait_for(connection, POLLIN))
            return "no command came in time\n";
        ssize_t count = recv(connection->descriptor, line + length, CONTROL_LINE_BYTES_MAX - length, 0);
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

bool control_connection_hears(struct control_connection *connection, const char *wanted, unsigned wait_ms)
{
    char line[CONTROL_LINE_BYTES_MAX];
    connection->deadline_ms = clock_now_ms() + wait_ms;
    return read_line(connection, line) == NULL && strcmp(line, wanted) == 0;
}

int control_connection_keep(const struct control_connection *connection)
{
    return fcntl(connection->descriptor, F_DUPFD_CLOEXEC, 0);
}

/* False: not all of it was taken in time. */
static bool write_all(struct control_connection *connection, struct slice text)
{
    begin_step(connection);
    while (text.length > 0 && wait_for(connection, POLLOUT)) {
        ssize_t count = send(connection->descriptor, text.data, text.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN)
            return false;
        if (count > 0)
            text = slice_part(text, (size_t)count, text.length);
    }
    return text.length == 0;
}

static int handle(struct control_connection *connection, char *line, struct strbuf *text)
{
    struct control_server *server = connection->server;
    char *words[CONTROL_WORDS_MAX + 1];
    int count = control_line_split(line, words, CONTROL_WORDS_MAX);
    if (count >= 1 && strcmp(words[0], CONTROL_PROTOCOL) != 0) {
        strbuf_append_text(text, "this daemon speaks " CONTROL_PROTOCOL
                                 ": it is of another version than the command\n");
        return EX_PROTOCOL;
    }
    if (count < 2) {
        strbuf_append_text(text, count < 0 ? "too many words\n" : "a command is missing\n");
        return EX_USAGE;
    }
    words[count] = NULL;
    return server->handler(server->context, connection, count - 1, words + 1, text);
}

/* The exit status; what goes with it is in `text`. */
static int carry_out(struct control_connection *connection, struct strbuf *text)
{
    char line[CONTROL_LINE_BYTES_MAX];
    if (!control_peer_read(connection->descriptor, connection->server->group, &connection->caller)) {
        strbuf_append_text(
            text, "only root, the daemon's user and the members of daemon.control_group may do that\n");
        return EX_NOPERM;
    }
    begin_step(connection);
    const char *problem = read_line(connection, line);
    if (problem == NULL)
        return handle(connection, line, text);
    strbuf_append_text(text, problem);
    return EX_PROTOCOL;
}

static void serve_client(struct control_connection *connection)
{
    struct strbuf text, answer;
    strbuf_init(&text, 0);
    strbuf_init(&answer, 0);
    int status = carry_out(connection, &text);
    if (text.failed) {
        strbuf_reset(&text);
        strbuf_append_text(&text, "the daemon is out of memory\n");
        status = EX_OSERR;
    }
    if (!connection->is_stream)
        strbuf_printf(&answer, CONTROL_PROTOCOL " %d\n", status);
    strbuf_append_slice(&answer, strbuf_slice(&text));
    write_all(connection, strbuf_slice(&answer));
    strbuf_deinit(&text);
    strbuf_deinit(&answer);
}

const struct control_caller *control_connection_caller(const struct control_connection *connection)
{
    return &connection->caller;
}

/* False: there are as many streams as there may be. */
static bool begin_stream(struct control_connection *connection)
{
    struct control_server *server = connection->server;
    pthread_mutex_lock(&server->lock);
    connection->is_stream = server->stream_count < CONTROL_STREAMS_MAX;
    server->stream_count += connection->is_stream;
    pthread_mutex_unlock(&server->lock);
    return connection->is_stream;
}

bool control_connection_stream(struct control_connection *connection, struct slice text)
{
    if (!connection->is_stream &&
        (!begin_stream(connection) || !write_all(connection, slice_of(CONTROL_PROTOCOL " 0\n"))))
        return false;
    return write_all(connection, text);
}

bool control_connection_send_descriptors(struct control_connection *connection, struct slice text,
                                         const int *descriptors, size_t count)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int) * CONTROL_DESCRIPTORS_MAX)];
    } room = {.bytes = {0}};
    struct iovec piece = {(void *)(uintptr_t)text.data, text.length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = room.bytes};
    assert(count > 0 && count <= CONTROL_DESCRIPTORS_MAX);
    /* The types of both lengths differ between C libraries. */
    message.msg_controllen = (__typeof__(message.msg_controllen))CMSG_SPACE(sizeof(int) * count);
    room.head.cmsg_len = (__typeof__(room.head.cmsg_len))CMSG_LEN(sizeof(int) * count);
    room.head.cmsg_level = SOL_SOCKET;
    room.head.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&room.head), descriptors, sizeof(int) * count);
    /* An empty stream begins it; so short a message is sent as a whole or not at all. */
    return control_connection_stream(connection, slice_make(NULL, 0)) &&
           sendmsg(connection->descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)text.length;
}

/* ---- the threads ------------------------------------------------------------------------------------ */

static void *run_client(void *context)
{
    struct control_connection *connection = context;
    struct control_server *server = connection->server;
    serve_client(connection);
    close(connection->descriptor);
    pthread_mutex_lock(&server->lock);
    server->client_count--;
    server->stream_count -= connection->is_stream;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    free(connection);
    return NULL;
}

/* False: there is no thread for it, and it is closed. */
static bool start_client(struct control_server *server, int descriptor)
{
    pthread_t thread;
    struct control_connection *connection = calloc(1, sizeof *connection);
    if (connection != NULL) {
        *connection = (struct control_connection){.server = server, .descriptor = descriptor};
        pthread_mutex_lock(&server->lock);
        server->client_count++;
        pthread_mutex_unlock(&server->lock);
        if (pthread_create(&thread, NULL, run_client, connection) == 0) {
            pthread_detach(thread);
            return true;
        }
        pthread_mutex_lock(&server->lock);
        server->client_count--;
        pthread_mutex_unlock(&server->lock);
    }
    free(connection);
    close(descriptor);
    return false;
}

/* Returns with room for one more client. False: the server stops. */
static bool wait_for_room(struct control_server *server)
{
    pthread_mutex_lock(&server->lock);
    while (server->client_count >= CONTROL_CLIENTS_MAX && !server->is_stopping)
        pthread_cond_wait(&server->changed, &server->lock);
    const bool goes_on = !server->is_stopping;
    pthread_mutex_unlock(&server->lock);
    return goes_on;
}

static void *take_clients(void *context)
{
    struct control_server *server = context;
    struct pollfd events[] = {{server->socket.descriptor, POLLIN, 0}, {server->stop_event, POLLIN, 0}};
    while (wait_for_room(server)) {
        if (poll(events, 2, -1) < 0 && errno != EINTR)
            break;
        if (events[1].revents != 0)
            break;
        int client = accept4(server->socket.descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        const bool is_short =
            client < 0 ? errno != EAGAIN && errno != ECONNABORTED : !start_client(server, client);
        if (is_short) /* of descriptors or threads; the poll would return at once, again and again */
            poll(&events[1], 1, SHORTAGE_PAUSE_MS);
    }
    return NULL;
}

/* ---- the server ------------------------------------------------------------------------------------- */

/* Opened by root before it steps down, the socket is still to be the daemon user's. Its mode comes last, when
 * its group is right. */
static bool settle_owner(const struct control_server_options *options)
{
    const uid_t owner = geteuid() == 0 ? options->user_id : (uid_t)-1;
    const bool has_group = options->group_id != CONTROL_NO_GROUP;
    return lchown(options->path, owner, options->group_id) == 0 &&
           chmod(options->path, (mode_t)(has_group ? options->mode : options->mode & ~0070U)) == 0;
}

static void release(struct control_server *server)
{
    unix_socket_close(&server->socket);
    if (server->stop_event >= 0)
        close(server->stop_event);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

static bool open_socket(struct control_server *server, const struct control_server_options *options,
                        struct strbuf *problem)
{
    const struct unix_socket_access access = {0600, ""};
    if (options->descriptor == 0)
        return unix_socket_open(&server->socket, options->path, &access, problem);
    server->socket = (struct unix_socket){.descriptor = options->descriptor};
    return options->is_foreign ||
           unix_socket_adopt(&server->socket, options->descriptor, options->path, &access, problem);
}

struct control_server *control_server_open(const struct control_server_options *options,
                                           struct strbuf *problem)
{
    struct control_server *server = calloc(1, sizeof *server);
    if (server == NULL || !open_socket(server, options, problem)) {
        free(server);
        return NULL;
    }
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->client_wait_ms = options->client_wait_ms == 0 ? CLIENT_WAIT_MS : options->client_wait_ms;
    server->handler = options->handler;
    server->context = options->context;
    server->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->group = options->group_id;
    if (server->stop_event >= 0 && (options->is_foreign || settle_owner(options)))
        return server;
    strbuf_printf(problem, "%s: %s", options->path, strerror(errno));
    release(server);
    return NULL;
}

struct unix_socket *control_server_socket(struct control_server *server)
{
    return &server->socket;
}

bool control_server_start(struct control_server *server)
{
    server->is_started = pthread_create(&server->thread, NULL, take_clients, server) == 0;
    return server->is_started;
}

void control_server_stop(struct control_server *server)
{
    const uint64_t one = 1;
    if (server == NULL)
        return;
    if (write(server->stop_event, &one, sizeof one) != (ssize_t)sizeof one)
        abort(); /* an eventfd takes one addition in its life */
    pthread_mutex_lock(&server->lock);
    server->is_stopping = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    if (server->is_started)
        pthread_join(server->thread, NULL);
    pthread_mutex_lock(&server->lock);
    while (server->client_count > 0)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
    release(server);
}
