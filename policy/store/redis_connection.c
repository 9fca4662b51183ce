#include "store/redis_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PROBE_MS = 250,        /* between attempts while the server is away */
    UNDER_WAY_MAX = 10000, /* commands; more fail at once */
    READ_BYTES = 16384,
};

/* A command in the queue: the caller's reference, and the connection's. */
struct queued {
    struct redis_call call; /* the first member: the caller's face of it */
    struct queued *next;
    struct strbuf command;
    uint64_t deadline_ms;
};

struct queue {
    struct queued *first, **last;
    size_t count;
};

enum link_state { LINK_DOWN, LINK_CONNECTING, LINK_HANDSHAKE, LINK_GREETING, LINK_READY };

struct redis_connection {
    struct redis_connection_options options;
    struct clock clock;
    pthread_t thread;
    int wake; /* eventfd: something is in `fresh`, or it is time to end */
    atomic_bool is_ending;
    atomic_bool is_there;
    pthread_mutex_t lock; /* guards the two below */
    struct queue fresh;
    char trouble[160];
    /* The thread's own: */
    enum link_state state;
    int socket;
    SSL_CTX *tls_context;
    SSL *tls;
    redisReader *reader;
    struct queue sent; /* in the order in which answers come */
    struct strbuf output;
    size_t output_at;
    uint64_t state_until_ms; /* connecting and greeting end then; down: the next attempt */
    unsigned greetings_due;  /* answers of the greeting still to come */
    bool wants_write;        /* TLS asked for it */
};

static uint64_t now_ms(const struct redis_connection *connection)
{
    return clock_monotonic_ms(&connection->clock);
}

/* ---- calls
 * ------------------------------------------------------------------------------------------------- */

static void queue_init(struct queue *queue)
{
    *queue = (struct queue){.last = &queue->first};
}

static void queue_add(struct queue *queue, struct queued *queued)
{
    queued->next = NULL;
    *queue->last = queued;
    queue->last = &queued->next;
    queue->count++;
}

static struct queued *queue_take(struct queue *queue)
{
    struct queued *queued = queue->first;
    if (queued == NULL)
        return NULL;
    queue->first = queued->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    queue->count--;
    return queued;
}

void redis_call_drop(struct redis_call *call)
{
    if (call == NULL || !pending_unref(&call->pending))
        return;
    struct queued *queued = (struct queued *)call;
    if (call->reply != NULL)
        freeReplyObject(call->reply);
    strbuf_deinit(&queued->command);
    free(queued);
}

static void finish(struct queued *queued, redisReply *reply)
{
    queued->call.reply = reply;
    pending_complete(&queued->call.pending);
    redis_call_drop(&queued->call);
}

static void fail_all(struct queue *queue)
{
    for (struct queued *queued; (queued = queue_take(queue)) != NULL;)
        finish(queued, NULL);
}

static void append_command(struct strbuf *out, const struct slice *arguments, size_t count)
{
    strbuf_printf(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(out, "$%zu\r\n", arguments[i].length);
        strbuf_append(out, arguments[i].data, arguments[i].length);
        strbuf_append(out, "\r\n", 2);
    }
}

static void wake(struct redis_connection *connection)
{
    const uint64_t one = 1;
    ssize_t ignored = write(connection->wake, &one, sizeof one);
    (void)ignored; /* full means that it is awake already */
}

struct redis_call *redis_send(struct redis_connection *connection, const struct slice *arguments,
                              size_t count)
{
    if (!atomic_load(&connection->is_there))
        return NULL;
    struct queued *queued = calloc(1, sizeof *queued);
    if (queued == NULL)
        return NULL;
    strbuf_init(&queued->command, 0);
    append_command(&queued->command, arguments, count);
    pending_init(&queued->call.pending);
    queued->deadline_ms = now_ms(connection) + connection->options.command_ms;
    pthread_mutex_lock(&connection->lock);
    bool is_taken = !queued->command.failed && connection->fresh.count < UNDER_WAY_MAX;
    if (is_taken) {
        pending_ref(&queued->call.pending);
        queue_add(&connection->fresh, queued);
    }
    pthread_mutex_unlock(&connection->lock);
    if (!is_taken) {
        redis_call_drop(&queued->call);
        return NULL;
    }
    wake(connection);
    return &queued->call;
}

const redisReply *redis_wait(struct redis_connection *connection, struct redis_call *call)
{
    if (call == NULL || !pending_wait(&call->pending, connection->options.command_ms))
        return NULL;
    return call->reply;
}

bool redis_connection_is_there(const struct redis_connection *connection)
{
    return atomic_load(&connection->is_there);
}

void redis_connection_trouble(struct redis_connection *connection, struct strbuf *out)
{
    pthread_mutex_lock(&connection->lock);
    strbuf_append_text(out, connection->trouble);
    pthread_mutex_unlock(&connection->lock);
}

/* ---- the link
 * ---------------------------------------------------------------------------------------------- */

static void set_trouble(struct redis_connection *connection, const char *why, const char *detail)
{
    pthread_mutex_lock(&connection->lock);
    snprintf(connection->trouble, sizeof connection->trouble, "%s%s%s", why, detail[0] == '\0' ? "" : ": ",
             detail);
    pthread_mutex_unlock(&connection->lock);
}

static void set_there(struct redis_connection *connection, bool is_there)
{
    if (is_there)
        set_trouble(connection, "", "");
    if (atomic_exchange(&connection->is_there, is_there) != is_there && connection->options.changed != NULL)
        connection->options.changed(connection->options.context, is_there);
}

/* All that is under way fails, and the next attempt comes after a while. */
static void hang_up(struct redis_connection *connection, const char *why, const char *detail)
{
    set_trouble(connection, why, detail);
    set_there(connection, false);
    if (connection->tls != NULL)
        SSL_free(connection->tls);
    if (connection->socket >= 0)
        close(connection->socket);
    if (connection->reader != NULL)
        redisReaderFree(connection->reader);
    connection->tls = NULL;
    connection->socket = -1;
    connection->reader = NULL;
    strbuf_truncate(&connection->output, 0);
    connection->output_at = 0;
    connection->state = LINK_DOWN;
    connection->state_until_ms = now_ms(connection) + PROBE_MS;
    pthread_mutex_lock(&connection->lock);
    struct queue fresh = connection->fresh;
    if (fresh.first == NULL)
        fresh.last = &fresh.first;
    queue_init(&connection->fresh);
    pthread_mutex_unlock(&connection->lock);
    fail_all(&connection->sent);
    fail_all(&fresh);
}

static bool connect_unix(struct redis_connection *connection)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    const char *path = connection->options.address->path;
    if (strlen(path) >= sizeof where.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(where.sun_path, path, strlen(path) + 1);
    connection->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return connection->socket >= 0 &&
           (connect(connection->socket, (struct sockaddr *)&where, sizeof where) == 0 ||
            errno == EINPROGRESS);
}

/* A name is looked up on this thread, which nobody waits for. */
static bool connect_inet(struct redis_connection *connection)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int one = 1;
    if (getaddrinfo(connection->options.address->host, connection->options.address->port, &hints, &found) !=
            0 ||
        found == NULL) {
        errno = EHOSTUNREACH;
        return false;
    }
    connection->socket = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_begun =
        connection->socket >= 0 &&
        (connect(connection->socket, found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS);
    if (connection->socket >= 0)
        setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    freeaddrinfo(found);
    return is_begun;
}

static void begin_connecting(struct redis_connection *connection)
{
    connection->reader = redisReaderCreate();
    bool is_begun =
        connection->reader != NULL &&
        (connection->options.address->path != NULL ? connect_unix(connection) : connect_inet(connection));
    if (!is_begun) {
        hang_up(connection, "it cannot be connected to", strerror(errno));
        return;
    }
    connection->state = LINK_CONNECTING;
    connection->state_until_ms = now_ms(connection) + connection->options.connect_ms;
}

/* ---- greeting
 * ---------------------------------------------------------------------------------------------- */

static void greet_with(struct redis_connection *connection, const struct slice *arguments, size_t count)
{
    append_command(&connection->output, arguments, count);
    connection->greetings_due++;
}

static void begin_greeting(struct redis_connection *connection)
{
    const struct redis_address *address = connection->options.address;
    char database[16];
    connection->greetings_due = 0;
    if (address->password != NULL && address->user != NULL)
        greet_with(connection,
                   (struct slice[]){slice_of("AUTH"), slice_of(address->user), slice_of(address->password)},
                   3);
    else if (address->password != NULL)
        greet_with(connection, (struct slice[]){slice_of("AUTH"), slice_of(address->password)}, 2);
    if (address->database != 0) {
        snprintf(database, sizeof database, "%u", address->database);
        greet_with(connection, (struct slice[]){slice_of("SELECT"), slice_of(database)}, 2);
    }
    greet_with(connection, (struct slice[]){slice_of("PING")}, 1);
    connection->state = LINK_GREETING;
    connection->state_until_ms = now_ms(connection) + connection->options.connect_ms;
}

static void take_greeting(struct redis_connection *connection, redisReply *reply)
{
    bool is_error = reply->type == REDIS_REPLY_ERROR;
    char error[120] = "";
    if (is_error)
        snprintf(error, sizeof error, "%.*s", (int)reply->len, reply->str);
    freeReplyObject(reply);
    if (is_error) {
        hang_up(connection, "it does not let us in", error);
        return;
    }
    if (--connection->greetings_due > 0)
        return;
    connection->state = LINK_READY;
    set_there(connection, true);
}

/* ---- TLS
 * --------------------------------------------------------------------------------------------------- */

static bool begin_tls(struct redis_connection *connection)
{
    const struct redis_address *address = connection->options.address;
    if (connection->tls_context == NULL) {
        connection->tls_context = SSL_CTX_new(TLS_client_method());
        if (connection->tls_context == NULL)
            return false;
        SSL_CTX_set_verify(connection->tls_context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_min_proto_version(connection->tls_context, TLS1_2_VERSION);
        bool has_roots =
            address->ca_file != NULL
                ? SSL_CTX_load_verify_locations(connection->tls_context, address->ca_file, NULL) == 1
                : SSL_CTX_set_default_verify_paths(connection->tls_context) == 1;
        if (!has_roots)
            return false;
    }
    connection->tls = SSL_new(connection->tls_context);
    return connection->tls != NULL && SSL_set_fd(connection->tls, connection->socket) == 1 &&
           SSL_set1_host(connection->tls, address->host) == 1 &&
           SSL_set_tlsext_host_name(connection->tls, address->host) == 1;
}

static void shake_hands(struct redis_connection *connection)
{
    int done = SSL_connect(connection->tls);
    if (done == 1) {
        connection->wants_write = false;
        begin_greeting(connection);
        return;
    }
    int error = SSL_get_error(connection->tls, done);
    connection->wants_write = error == SSL_ERROR_WANT_WRITE;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        hang_up(connection, "TLS failed",
                X509_verify_cert_error_string(SSL_get_verify_result(connection->tls)));
}

static void take_connected(struct redis_connection *connection)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
        hang_up(connection, "it cannot be connected to", strerror(error));
    } else if (!connection->options.address->is_tls) {
        begin_greeting(connection);
    } else if (begin_tls(connection)) {
        connection->state = LINK_HANDSHAKE;
        shake_hands(connection);
    } else {
        hang_up(connection, "TLS cannot be set up", "");
    }
}

/* ---- bytes
 * ------------------------------------------------------------------------------------------------- */

/* As recv and send: -1 with EAGAIN means later. */
static ssize_t tls_result(struct redis_connection *connection, int count)
{
    if (count > 0)
        return count;
    int error = SSL_get_error(connection->tls, count);
    connection->wants_write = error == SSL_ERROR_WANT_WRITE;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return error == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static ssize_t read_some(struct redis_connection *connection, char *bytes, size_t size)
{
    return connection->tls != NULL ? tls_result(connection, SSL_read(connection->tls, bytes, (int)size))
                                   : recv(connection->socket, bytes, size, 0);
}

static void write_output(struct redis_connection *connection)
{
    struct strbuf *output = &connection->output;
    while (connection->output_at < output->length) {
        const char *from = output->data + connection->output_at;
        const size_t left = output->length - connection->output_at;
        ssize_t count = connection->tls != NULL
                            ? tls_result(connection, SSL_write(connection->tls, from, (int)left))
                            : send(connection->socket, from, left, MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) {
            hang_up(connection, "the connection broke", strerror(errno));
            return;
        }
        connection->output_at += (size_t)count;
    }
    strbuf_truncate(output, 0);
    connection->output_at = 0;
}

/* False: the connection is gone. */
static bool take_replies(struct redis_connection *connection)
{
    void *reply = NULL;
    while (connection->state >= LINK_GREETING) {
        if (redisReaderGetReply(connection->reader, &reply) != REDIS_OK) {
            hang_up(connection, "what it answers is not Redis' protocol", connection->reader->errstr);
            return false;
        }
        if (reply == NULL)
            return true;
        if (connection->state == LINK_GREETING) {
            take_greeting(connection, reply);
            continue;
        }
        struct queued *queued = queue_take(&connection->sent);
        if (queued == NULL)
            freeReplyObject(reply);
        else
            finish(queued, reply);
    }
    return connection->state != LINK_DOWN;
}

static void read_input(struct redis_connection *connection)
{
    char bytes[READ_BYTES];
    for (;;) {
        ssize_t count = read_some(connection, bytes, sizeof bytes);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) {
            hang_up(connection, "the connection broke",
                    count == 0 ? "the server closed it" : strerror(errno));
            return;
        }
        if (redisReaderFeed(connection->reader, bytes, (size_t)count) != REDIS_OK ||
            !take_replies(connection))
            return;
    }
}

/* ---- the thread
 * -------------------------------------------------------------------------------------------- */

static void take_fresh(struct redis_connection *connection)
{
    uint64_t count;
    ssize_t ignored = read(connection->wake, &count, sizeof count);
    (void)ignored;
    pthread_mutex_lock(&connection->lock);
    for (struct queued *queued;
         connection->state == LINK_READY && (queued = queue_take(&connection->fresh)) != NULL;) {
        strbuf_append(&connection->output, queued->command.data, queued->command.length);
        queue_add(&connection->sent, queued);
    }
    pthread_mutex_unlock(&connection->lock);
    if (connection->output.failed)
        hang_up(connection, "out of memory", "");
}

/* A server that is paused takes what it is sent and never answers: only the time tells. */
static void look_at_time(struct redis_connection *connection)
{
    const uint64_t now = now_ms(connection);
    if (connection->state == LINK_READY) {
        if (connection->sent.first != NULL && connection->sent.first->deadline_ms <= now)
            hang_up(connection, "it does not answer in time", "");
    } else if (connection->state_until_ms <= now) {
        if (connection->state == LINK_DOWN)
            begin_connecting(connection);
        else
            hang_up(connection,
                    connection->state == LINK_GREETING ? "it does not answer in time"
                                                       : "connecting takes too long",
                    "");
    }
}

static int wait_ms(const struct redis_connection *connection)
{
    const uint64_t now = now_ms(connection);
    uint64_t until = connection->state_until_ms;
    if (connection->state == LINK_READY)
        until = connection->sent.first == NULL ? now + 1000 : connection->sent.first->deadline_ms;
    return until <= now ? 0 : until - now > 1000 ? 1000 : (int)(until - now);
}

static void step(struct redis_connection *connection)
{
    struct pollfd ready[2] = {{.fd = connection->wake, .events = POLLIN},
                              {.fd = connection->socket, .events = POLLIN}};
    bool has_output = connection->output_at < connection->output.length;
    if (connection->state == LINK_CONNECTING || has_output || connection->wants_write)
        ready[1].events |= POLLOUT;
    poll(ready, connection->socket < 0 ? 1 : 2, wait_ms(connection));
    take_fresh(connection);
    if (connection->socket >= 0 && ready[1].revents != 0) {
        if (connection->state == LINK_CONNECTING)
            take_connected(connection);
        else if (connection->state == LINK_HANDSHAKE)
            shake_hands(connection);
        else
            read_input(connection);
    }
    if (connection->state >= LINK_GREETING)
        write_output(connection);
    look_at_time(connection);
}

static void *run(void *context)
{
    struct redis_connection *connection = context;
    while (!atomic_load(&connection->is_ending))
        step(connection);
    hang_up(connection, "this daemon ends", "");
    return NULL;
}

struct redis_connection *redis_connection_open(const struct redis_connection_options *options)
{
    struct redis_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->options = *options;
    connection->clock = clock_system();
    connection->socket = -1;
    connection->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&connection->lock, NULL);
    queue_init(&connection->fresh);
    queue_init(&connection->sent);
    strbuf_init(&connection->output, 0);
    set_trouble(connection, "it was not reached yet", "");
    if (connection->wake >= 0 && pthread_create(&connection->thread, NULL, run, connection) == 0)
        return connection;
    if (connection->wake >= 0)
        close(connection->wake);
    pthread_mutex_destroy(&connection->lock);
    free(connection);
    return NULL;
}

void redis_connection_close(struct redis_connection *connection)
{
    if (connection == NULL)
        return;
    atomic_store(&connection->is_ending, true);
    wake(connection);
    pthread_join(connection->thread, NULL);
    SSL_CTX_free(connection->tls_context);
    strbuf_deinit(&connection->output);
    close(connection->wake);
    pthread_mutex_destroy(&connection->lock);
    free(connection);
}
