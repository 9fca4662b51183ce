#include "http/http_server.h"

#include "http/http_connections.h"
#include "http/http_send.h"
#include "http/http_workers.h"
#include "socket/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IDLE_SEC = 10,               /* a connection on which nothing moves */
    CONNECTION_BYTES = 16 << 10, /* of a request's head, and of what is on its way out */
    LOOK_EVERY_MS = 500,
    BACKLOG = 128, /* who waits for a connection; the rest is refused by the system, or tries again */
    NICE = 10,
};

struct http_server {
    struct listener listener;
    struct policy_dashboard *dashboard;
    struct http_target target;
    struct http_workers *workers;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool is_started;
    int wake;                            /* an eventfd: answers are made, or it is to stop */
    struct http_connections connections; /* touched by its thread only */
    pthread_mutex_t lock;                /* guards those below */
    struct http_job *made;               /* answers that the thread has not seen yet */
    bool is_stopping;
};

/* A job, and where its answer goes. */
struct exchange {
    struct http_job job; /* the first member */
    struct MHD_Connection *connection;
    bool is_made;
};

/* ---- requests ---------------------------------------------------------------------------------------- */

/* What MHD calls for each argument of the query. A NUL byte in one is no argument. */
struct collecting {
    struct http_request *request;
    bool failed;
};

static enum MHD_Result take_argument(void *context, enum MHD_ValueKind kind, const char *name,
                                     size_t name_length, const char *value, size_t value_length)
{
    struct collecting *collecting = context;
    (void)kind;
    const bool is_text =
        name != NULL && strlen(name) == name_length && (value == NULL || strlen(value) == value_length);
    collecting->failed =
        collecting->failed || !is_text || !http_request_add_argument(collecting->request, name, value);
    return collecting->failed ? MHD_NO : MHD_YES;
}

static bool read_request(struct MHD_Connection *connection, const char *path, struct http_request *request)
{
    struct collecting collecting = {request, false};
    if (!http_request_set_path(request, path))
        return false;
    MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, take_argument, &collecting);
    return !collecting.failed;
}

static void write_peer(struct MHD_Connection *connection, char text[INET6_ADDRSTRLEN])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info == NULL ? NULL : info->client_addr;
    snprintf(text, INET6_ADDRSTRLEN, "a local socket");
    if (address != NULL && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, INET6_ADDRSTRLEN);
    else if (address != NULL && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, INET6_ADDRSTRLEN);
}

static void name_caller(struct MHD_Connection *connection, struct http_call *call)
{
    static const char *const roles[] = {[POLICY_VIEWER_LOGINS] = "logins",
                                        [POLICY_VIEWER_METRICS] = "metrics",
                                        [POLICY_VIEWER_HELP_DESK] = "help-desk",
                                        [POLICY_VIEWER_ADMIN] = "admin"};
    char peer[INET6_ADDRSTRLEN];
    struct strbuf who;
    strbuf_init(&who, sizeof call->who - 1);
    write_peer(connection, peer);
    strbuf_printf(&who, "%s over HTTP from %s", roles[call->request.viewer], peer);
    memcpy(call->who, strbuf_text(&who), who.length + 1);
    strbuf_deinit(&who);
}

static enum MHD_Result refuse_access(struct MHD_Connection *connection, enum http_access access)
{
    switch (access) {
    case HTTP_BAD_METHOD:
        return http_send_refusal(
            connection, MHD_HTTP_METHOD_NOT_ALLOWED,
            "Nothing can be changed here: GET and HEAD only. (POST is for http.auth_policy.)\n");
    case HTTP_BAD_TYPE:
        return http_send_refusal(connection, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                 "What is sent is to be JSON: Content-Type: application/json.\n");
    case HTTP_BAD_HOST:
        return http_send_refusal(
            connection, MHD_HTTP_MISDIRECTED_REQUEST,
            "This name is not known here. Ask by an address or as localhost, or name it in http.hosts.\n");
    case HTTP_CROSS_SITE:
        return http_send_refusal(connection, MHD_HTTP_FORBIDDEN, "Pages of other sites may not ask here.\n");
    case HTTP_UNAUTHORIZED:
        return http_send_refusal(connection, MHD_HTTP_UNAUTHORIZED,
                                 "A token is needed, as the password, as Bearer or as X-API-Key.\n");
    case HTTP_GRANTED:
        break;
    }
    return MHD_NO;
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum http_access check_access(struct http_server *server, struct MHD_Connection *connection,
                                     const char *method, enum policy_viewer *viewer)
{
    const struct http_head head = {
        .method = method,
        .host = header_of(connection, MHD_HTTP_HEADER_HOST),
        .authorization = header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .api_key = header_of(connection, "X-API-Key"),
        .content_type = header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
        .fetch_site = header_of(connection, "Sec-Fetch-Site"),
        .fetch_mode = header_of(connection, "Sec-Fetch-Mode"),
    };
    struct policy_snapshot *snapshot = policy_engine_snapshot(server->target.engine);
    const enum http_access access = http_check_access(policy_snapshot_http(snapshot), &head, viewer);
    policy_snapshot_unref(snapshot);
    return access;
}

static void release_exchange(struct exchange *exchange)
{
    http_request_deinit(&exchange->job.call.request);
    strbuf_deinit(&exchange->job.call.body);
    strbuf_deinit(&exchange->job.call.content);
    free(exchange);
}

/* The connection sleeps until a worker has made the answer. */
static enum MHD_Result pass_on(struct http_server *server, struct exchange *exchange)
{
    http_connection_asks(exchange->connection, true);
    MHD_suspend_connection(exchange->connection);
    if (http_workers_take(server->workers, &exchange->job))
        return MHD_YES;
    MHD_resume_connection(exchange->connection);
    http_answer_text(&exchange->job.call, MHD_HTTP_SERVICE_UNAVAILABLE,
                     "Too many questions at a time; try again.\n");
    exchange->is_made = true;
    return MHD_YES;
}

static bool has_too_much(struct MHD_Connection *connection)
{
    const char *length = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length != NULL && strtoull(length, NULL, 10) > HTTP_CONTENT_BYTES_MAX;
}

static struct exchange *create_exchange(struct http_server *server, struct MHD_Connection *connection,
                                        const struct http_route *route, enum policy_viewer viewer)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    struct http_call *call = &exchange->job.call;
    strbuf_init(&call->body, HTTP_BODY_BYTES_MAX);
    strbuf_init(&call->content, HTTP_CONTENT_BYTES_MAX);
    call->target = &server->target;
    call->request.viewer = viewer;
    call->status = MHD_HTTP_OK;
    call->content_type = HTTP_TYPE_TEXT;
    exchange->job.route = route;
    exchange->connection = connection;
    return exchange;
}

static enum MHD_Result begin(struct http_server *server, struct MHD_Connection *connection, const char *path,
                             bool has_content, enum policy_viewer viewer, void **kept)
{
    const struct http_route *route = http_route_find(path, has_content);
    if (route == NULL)
        return http_send_refusal(connection, MHD_HTTP_NOT_FOUND, "There is no such page.\n");
    if (!http_viewer_may(viewer, route->viewer))
        return http_send_refusal(connection, MHD_HTTP_FORBIDDEN, "This token does not go so far.\n");
    if (has_content && has_too_much(connection))
        return http_send_refusal(connection, MHD_HTTP_CONTENT_TOO_LARGE,
                                 "This is more than anybody has to tell.\n");
    struct exchange *exchange = create_exchange(server, connection, route, viewer);
    if (exchange == NULL)
        return MHD_NO;
    struct http_call *call = &exchange->job.call;
    if (!read_request(connection, path, &call->request)) {
        release_exchange(exchange);
        return http_send_refusal(connection, MHD_HTTP_BAD_REQUEST,
                                 "This question is too long, or has too many parts.\n");
    }
    name_caller(connection, call);
    *kept = exchange; /* released with the request */
    return has_content ? MHD_YES : pass_on(server, exchange);
}

/* More of what is sent; none: that was all. */
static enum MHD_Result take_content(struct http_server *server, struct exchange *exchange, const char *data,
                                    size_t *data_length)
{
    struct http_call *call = &exchange->job.call;
    if (*data_length == 0 && !call->content.failed)
        return pass_on(server, exchange);
    strbuf_append(&call->content, data, *data_length);
    if (*data_length > 0) {
        *data_length = 0;
        return MHD_YES;
    }
    http_answer_text(call, MHD_HTTP_CONTENT_TOO_LARGE, "This is more than anybody has to tell.\n");
    return http_send_answer(exchange->connection, call);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *data, size_t *data_length,
                              void **kept)
{
    struct http_server *server = context;
    struct exchange *exchange = *kept;
    enum policy_viewer viewer;
    (void)version;
    if (exchange != NULL && exchange->is_made)
        return http_send_answer(connection, &exchange->job.call);
    if (exchange != NULL && exchange->job.route->takes_content)
        return take_content(server, exchange, data, data_length);
    if (exchange != NULL) {
        *data_length = 0; /* nobody asked for a body */
        return MHD_YES;
    }
    const enum http_access access = check_access(server, connection, method, &viewer);
    const bool has_content = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
    return access == HTTP_GRANTED ? begin(server, connection, path, has_content, viewer, kept)
                                  : refuse_access(connection, access);
}

static void request_over(void *context, struct MHD_Connection *connection, void **kept,
                         enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)why;
    http_connection_asks(connection, false);
    if (*kept != NULL) {
        const struct exchange *exchange = *kept;
        /* Who tells of logins keeps his connection, and is told to go only once he is silent. */
        if (exchange->job.route->takes_content && exchange->job.call.status == MHD_HTTP_OK)
            http_connection_renew(connection);
        release_exchange(*kept);
    }
    *kept = NULL;
}

/* ---- the thread --------------------------------------------------------------------------------------- */

/* On a worker's thread. */
static void answer_is_made(void *context, struct http_job *job)
{
    struct http_server *server = context;
    const uint64_t one = 1;
    pthread_mutex_lock(&server->lock);
    job->next = server->made;
    server->made = job;
    pthread_mutex_unlock(&server->lock);
    if (write(server->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        abort(); /* an eventfd takes 2^64 of them */
}

/* False: it is to stop. */
static bool take_made(struct http_server *server)
{
    uint64_t count;
    if (read(server->wake, &count, sizeof count) < 0 && errno != EAGAIN)
        abort();
    pthread_mutex_lock(&server->lock);
    struct http_job *job = server->made;
    server->made = NULL;
    const bool goes_on = !server->is_stopping;
    pthread_mutex_unlock(&server->lock);
    while (job != NULL) {
        struct exchange *exchange = (struct exchange *)job;
        job = job->next;
        exchange->is_made = true;
        MHD_resume_connection(exchange->connection);
    }
    return goes_on;
}

static int wait_ms(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES || timeout_ms > LOOK_EVERY_MS)
        return LOOK_EVERY_MS;
    return (int)timeout_ms;
}

static void *serve(void *context)
{
    struct http_server *server = context;
    const int epoll = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct pollfd events[] = {{epoll, POLLIN, 0}, {server->wake, POLLIN, 0}};
    uint64_t looked_ms = 0;
    http_lower_priority(NICE);
    do {
        MHD_run(server->daemon);
        if (poll(events, 2, wait_ms(server)) < 0 && errno != EINTR)
            break;
        if (clock_now_ms() - looked_ms >= LOOK_EVERY_MS) {
            looked_ms = clock_now_ms();
            http_connections_end_old(&server->connections);
        }
    } while (take_made(server));
    return NULL;
}

/* ---- start and end ------------------------------------------------------------------------------------ */

struct http_server *http_server_open(const struct policy_http_settings *settings, struct strbuf *problem)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        strbuf_append_text(problem, "out of memory");
        return NULL;
    }
    const struct unix_socket_access access = {settings->socket_mode, settings->socket_group};
    server->listener.descriptor = -1;
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&server->lock, NULL);
    if (!http_connections_init(&server->connections, (unsigned)settings->connections_max) || server->wake < 0)
        strbuf_append_text(problem, "out of memory or descriptors");
    else if (listener_open_endpoint(&server->listener, &settings->listen, &access, problem) &&
             listen(server->listener.descriptor, BACKLOG) == 0)
        return server;
    http_server_stop(server);
    return NULL;
}

static struct MHD_Daemon *start_daemon(struct http_server *server)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, server,
        MHD_OPTION_LISTEN_SOCKET, server->listener.descriptor, MHD_OPTION_CONNECTION_LIMIT,
        server->connections.count_max, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SEC,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
        (size_t)4096, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED, request_over, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, http_connections_note, &server->connections, MHD_OPTION_END);
}

struct listener *http_server_listener(struct http_server *server)
{
    return &server->listener;
}

bool http_server_start(struct http_server *server, struct policy_engine *engine, struct strbuf *problem)
{
    server->dashboard = policy_dashboard_start(engine);
    server->target = (struct http_target){engine, server->dashboard};
    server->workers = http_workers_start(answer_is_made, server);
    server->daemon = start_daemon(server);
    server->is_started = server->dashboard != NULL && server->workers != NULL && server->daemon != NULL &&
                         pthread_create(&server->thread, NULL, serve, server) == 0;
    if (!server->is_started)
        strbuf_append_text(problem, "a thread could not be started");
    return server->is_started;
}

static void wake_to_stop(struct http_server *server)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&server->lock);
    server->is_stopping = true;
    pthread_mutex_unlock(&server->lock);
    if (write(server->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        abort();
}

void http_server_stop(struct http_server *server)
{
    if (server == NULL)
        return;
    policy_dashboard_interrupt(server->dashboard);
    if (server->is_started) {
        wake_to_stop(server);
        pthread_join(server->thread, NULL);
    }
    http_workers_stop(server->workers);
    if (server->daemon != NULL) {
        take_made(server); /* none may sleep any more */
        MHD_run(server->daemon);
        MHD_stop_daemon(server->daemon); /* closes the listening socket too */
        server->listener.descriptor = -1;
    }
    policy_dashboard_stop(server->dashboard);
    listener_close(&server->listener);
    if (server->wake >= 0)
        close(server->wake);
    http_connections_deinit(&server->connections);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
