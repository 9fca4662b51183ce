#include "table/socketmap_client.h"

#include "base/clock.h"
#include "table/socketmap_answer.h"
#include "table/socketmap_connection.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 32,
    IDLE_CONNECTIONS_MAX = 8,
    REST_AFTER_FAILURE_US = 5000000,
};

struct socketmap_client {
    const struct socketmap_server *server;
    struct loop *loop; /* NULL: nothing was asked yet */
    struct socketmap_client *next;
    struct socketmap_connection connections[CONNECTIONS_MAX];
    struct table_question *waiting, **waiting_end;
    size_t waiting_count;
    uint64_t rests_until_us;
};

/* The thread, and whom it serves. */
struct loop {
    pthread_t thread;
    int wake; /* eventfd: somebody asks, or it is time to end */
    bool is_ending;
    unsigned departure_count; /* clients that have gone: what was polled may be another's by now */
    struct socketmap_client *first;
    struct table_question *finished; /* to be told once the lock is free */
    struct pollfd *polled;           /* the thread's own, as the two below */
    size_t polled_count, polled_capacity;
};

/* Guards all clients and loops. What is done under it does not wait. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct loop *running; /* NULL: there is no client with a question yet */

/* ---- questions -------------------------------------------------------------------------------------- */

static void enqueue(struct socketmap_client *client, struct table_question *question)
{
    question->next = NULL;
    *client->waiting_end = question;
    client->waiting_end = &question->next;
    client->waiting_count++;
}

static void enqueue_first(struct socketmap_client *client, struct table_question *question)
{
    question->next = client->waiting;
    if (client->waiting == NULL)
        client->waiting_end = &question->next;
    client->waiting = question;
    client->waiting_count++;
}

/* NULL: none waits. */
static struct table_question *dequeue(struct socketmap_client *client)
{
    struct table_question *question = client->waiting;
    if (question == NULL)
        return NULL;
    client->waiting = question->next;
    if (client->waiting == NULL)
        client->waiting_end = &client->waiting;
    client->waiting_count--;
    return question;
}

static void finish(struct loop *loop, struct table_question *question, enum table_answer answer)
{
    question->answer = answer;
    question->next = loop->finished;
    loop->finished = question;
}

static void give_up(struct loop *loop, struct table_question *question, const char *problem)
{
    strbuf_append_text(&question->problem, problem);
    finish(loop, question, TABLE_UNKNOWN);
}

/* Without the lock: whoever is told takes locks of its own. */
static void tell(struct table_question *question)
{
    while (question != NULL) {
        struct table_question *next = question->next;
        table_question_answer(question, question->answer);
        table_question_drop(question);
        question = next;
    }
}

static const char resting[] = "the server is not asked for a few seconds after it failed";

/* ---- connections ------------------------------------------------------------------------------------ */

static size_t count_idle(const struct socketmap_client *client)
{
    size_t count = 0;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        count += client->connections[i].socket >= 0 && client->connections[i].question == NULL;
    return count;
}

/* A place for a question: a connection that is kept, else an empty one. NULL: all have something to do. */
static struct socketmap_connection *find_place(struct socketmap_client *client, bool must_be_new)
{
    struct socketmap_connection *place = NULL;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct socketmap_connection *connection = &client->connections[i];
        const bool is_open = connection->socket >= 0;
        if (connection->question != NULL)
            continue;
        if (is_open && !must_be_new && socketmap_is_quiet(connection))
            return connection;
        if (is_open)
            socketmap_disconnect(connection);
        place = place == NULL ? connection : place;
    }
    return place;
}

/* ---- question and answer ---------------------------------------------------------------------------- */

static void take_answer(struct socketmap_client *client, struct socketmap_connection *connection,
                        struct slice payload, size_t bytes)
{
    struct table_question *question = connection->question;
    const bool has_more = connection->received.length > bytes;
    const enum table_answer answer = socketmap_answer_read(payload, &question->value, &question->problem);
    if (!question->value.failed)
        lookup_cache_store(client->server->cache, slice_make(question->key, question->key_bytes), answer,
                           strbuf_slice(&question->value), clock_system_monotonic_us(NULL));
    finish(client->loop, socketmap_release(connection), answer);
    connection->is_used = true;
    if (has_more || count_idle(client) > IDLE_CONNECTIONS_MAX)
        socketmap_disconnect(connection);
}

static void fail(struct socketmap_client *client, struct socketmap_connection *connection, int error)
{
    struct table_question *question = socketmap_release(connection);
    const bool was_kept = connection->is_used;
    if (connection->socket >= 0)
        socketmap_disconnect(connection);
    if (was_kept && error != ETIMEDOUT) {
        question->is_second_try = true;
        enqueue_first(client, question);
        return;
    }
    strbuf_printf(&question->problem, "the server gives no answer: %s", strerror(error));
    finish(client->loop, question, TABLE_UNKNOWN);
    client->rests_until_us = clock_system_monotonic_us(NULL) + REST_AFTER_FAILURE_US;
    while ((question = dequeue(client)) != NULL)
        give_up(client->loop, question, resting);
}

/* What can be done without waiting. */
static void serve(struct socketmap_client *client, struct socketmap_connection *connection)
{
    struct slice payload = {0};
    size_t bytes = 0;
    if (connection->question == NULL) { /* the server closes it, or says something unasked */
        socketmap_disconnect(connection);
        return;
    }
    enum socketmap_progress progress = connection->is_connecting && !socketmap_is_connected(connection)
                                           ? SOCKETMAP_FAILED
                                           : socketmap_send(connection);
    if (progress == SOCKETMAP_DONE)
        progress = socketmap_receive(connection, &payload, &bytes);
    if (progress == SOCKETMAP_DONE)
        take_answer(client, connection, payload, bytes);
    else if (progress == SOCKETMAP_FAILED)
        fail(client, connection, errno);
}

static size_t count_busy(const struct socketmap_client *client)
{
    size_t count = 0;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        count += client->connections[i].question != NULL;
    return count;
}

/* False: not now; it is to wait until another one has been answered. */
static bool start(struct socketmap_client *client, struct socketmap_connection *connection,
                  struct table_question *question)
{
    socketmap_begin(connection, client->server, question);
    if (connection->request.failed) {
        give_up(client->loop, socketmap_release(connection), "out of memory");
        return true;
    }
    const bool has_connection = connection->socket >= 0 || socketmap_connect(connection, client->server);
    if (!has_connection && errno == EAGAIN && count_busy(client) > 1) { /* the server's queue is full */
        if (connection->socket >= 0)
            socketmap_disconnect(connection);
        enqueue_first(client, socketmap_release(connection));
        return false;
    }
    if (!has_connection || (!connection->is_connecting && socketmap_send(connection) == SOCKETMAP_FAILED))
        fail(client, connection, errno);
    return true;
}

static void start_waiting(struct socketmap_client *client)
{
    while (client->waiting != NULL) {
        struct socketmap_connection *place = find_place(client, client->waiting->is_second_try);
        if (place == NULL || !start(client, place, dequeue(client)))
            return;
    }
}

static void look_at_time(struct socketmap_client *client, uint64_t now_us)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct socketmap_connection *connection = &client->connections[i];
        if (connection->question != NULL && connection->question->until_us <= now_us)
            fail(client, connection, ETIMEDOUT);
    }
    while (client->waiting != NULL && client->waiting->until_us <= now_us)
        give_up(client->loop, dequeue(client), "the server does not keep up with what it is asked");
}

/* ---- the thread ------------------------------------------------------------------------------------- */

/* False: no memory. */
static bool add_polled(struct loop *loop, int socket, short events)
{
    if (loop->polled_count == loop->polled_capacity) {
        const size_t capacity = loop->polled_capacity == 0 ? 16 : 2 * loop->polled_capacity;
        struct pollfd *grown = realloc(loop->polled, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        loop->polled = grown;
        loop->polled_capacity = capacity;
    }
    loop->polled[loop->polled_count++] = (struct pollfd){.fd = socket, .events = events};
    return true;
}

/* Brings `until_us` forward to when it is to be looked at. */
static void add_connection(struct loop *loop, struct socketmap_connection *connection, uint64_t *until_us)
{
    const struct table_question *question = connection->question;
    const bool writes = question != NULL &&
                        (connection->is_connecting || connection->sent_bytes < connection->request.length);
    connection->polled_at = loop->polled_count;
    if (!add_polled(loop, connection->socket, writes ? POLLOUT : POLLIN)) {
        if (question != NULL)
            give_up(loop, socketmap_release(connection), "out of memory");
        socketmap_disconnect(connection);
        *until_us = 0;
    } else if (question != NULL && question->until_us < *until_us) {
        *until_us = question->until_us;
    }
}

/* What is to be polled, and until when; UINT64_MAX: for ever. */
static uint64_t collect(struct loop *loop)
{
    uint64_t until_us = UINT64_MAX;
    loop->polled_count = 1;
    for (struct socketmap_client *client = loop->first; client != NULL; client = client->next) {
        for (size_t i = 0; i < CONNECTIONS_MAX; i++)
            if (client->connections[i].socket >= 0)
                add_connection(loop, &client->connections[i], &until_us);
        if (client->waiting != NULL && client->waiting->until_us < until_us)
            until_us = client->waiting->until_us;
    }
    return until_us;
}

static void sleep_until(struct loop *loop, uint64_t until_us)
{
    const uint64_t now_us = clock_system_monotonic_us(NULL);
    eventfd_t woken;
    int timeout_ms = -1;
    if (until_us != UINT64_MAX)
        timeout_ms = until_us <= now_us ? 0 : (int)((until_us - now_us) / 1000 + 1);
    if (poll(loop->polled, loop->polled_count, timeout_ms) > 0 && loop->polled[0].revents != 0)
        eventfd_read(loop->wake, &woken);
}

static void serve_client(struct loop *loop, struct socketmap_client *client, bool is_polled)
{
    for (size_t i = 0; is_polled && i < CONNECTIONS_MAX; i++) {
        struct socketmap_connection *connection = &client->connections[i];
        if (connection->socket >= 0 && connection->polled_at != 0 &&
            loop->polled[connection->polled_at].revents != 0)
            serve(client, connection);
    }
    look_at_time(client, clock_system_monotonic_us(NULL));
    start_waiting(client);
}

static void *run(void *context)
{
    struct loop *loop = context;
    pthread_mutex_lock(&lock);
    while (!loop->is_ending) {
        const uint64_t until_us = collect(loop);
        const unsigned departure_count = loop->departure_count;
        pthread_mutex_unlock(&lock);
        sleep_until(loop, until_us);
        pthread_mutex_lock(&lock);
        for (struct socketmap_client *client = loop->first; client != NULL; client = client->next)
            serve_client(loop, client, departure_count == loop->departure_count);
        struct table_question *finished = loop->finished;
        loop->finished = NULL;
        pthread_mutex_unlock(&lock);
        tell(finished);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void loop_free(struct loop *loop)
{
    if (loop->wake >= 0)
        close(loop->wake);
    free(loop->polled);
    free(loop);
}

/* Under the lock. NULL: no memory, or no thread. */
static struct loop *start_loop(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return NULL;
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake >= 0 && add_polled(loop, loop->wake, POLLIN) &&
        pthread_create(&loop->thread, NULL, run, loop) == 0)
        return loop;
    loop_free(loop);
    return NULL;
}

/* Under the lock; false: no memory, or no thread. */
static bool join_loop(struct socketmap_client *client)
{
    if (client->loop != NULL)
        return true;
    if (running == NULL)
        running = start_loop();
    if (running == NULL)
        return false;
    client->loop = running;
    client->next = running->first;
    running->first = client;
    return true;
}

/* Under the lock. The thread that nobody needs any more, which is to be waited for; else NULL. */
static struct loop *leave_loop(struct socketmap_client *client)
{
    struct loop *loop = client->loop;
    struct socketmap_client **at = &loop->first;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    loop->departure_count++;
    if (loop->first != NULL)
        return NULL;
    loop->is_ending = true;
    running = NULL;
    return loop;
}

/* ---- clients ---------------------------------------------------------------------------------------- */

struct socketmap_client *socketmap_client_create(const struct socketmap_server *server)
{
    struct socketmap_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->server = server;
    client->waiting_end = &client->waiting;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        client->connections[i].socket = -1;
    return client;
}

/* Under the lock. All that is under way is left to the caller, as a chain. */
static struct table_question *empty(struct socketmap_client *client)
{
    struct table_question *left = NULL;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct socketmap_connection *connection = &client->connections[i];
        if (connection->question != NULL)
            enqueue_first(client, socketmap_release(connection));
        if (connection->socket >= 0)
            socketmap_disconnect(connection);
    }
    for (struct table_question *question; (question = dequeue(client)) != NULL; left = question) {
        strbuf_append_text(&question->problem, "the table is closed");
        question->next = left;
    }
    return left;
}

void socketmap_client_destroy(struct socketmap_client *client)
{
    if (client == NULL)
        return;
    pthread_mutex_lock(&lock);
    struct loop *ended = client->loop == NULL ? NULL : leave_loop(client);
    struct table_question *left = empty(client);
    pthread_mutex_unlock(&lock);
    tell(left);
    free(client);
    if (ended == NULL)
        return;
    eventfd_write(ended->wake, 1);
    pthread_join(ended->thread, NULL);
    loop_free(ended);
}

void socketmap_client_ask(struct socketmap_client *client, struct table_question *question)
{
    const char *refusal = NULL;
    pthread_mutex_lock(&lock);
    if (clock_system_monotonic_us(NULL) < client->rests_until_us)
        refusal = resting;
    else if (client->waiting_count == SOCKETMAP_WAITING_MAX)
        refusal = "too many questions wait for the server";
    else if (!join_loop(client))
        refusal = "out of memory, or no thread can be started";
    if (refusal == NULL) {
        table_question_ref(question);
        enqueue(client, question);
    }
    pthread_mutex_unlock(&lock);
    if (refusal == NULL)
        eventfd_write(client->loop->wake, 1);
    else
        table_question_fail(question, refusal);
}
