/*
 * `socketmap:inet:HOST:PORT:NAME` and `socketmap:unix:PATH:NAME`: the protocol of socketmap_table(5), to
 * reach SQL or LDAP through what an admin already runs.
 *
 * A request is a netstring "NAME key", the answer one of "OK value", "NOTFOUND ", "TEMP why", "TIMEOUT why"
 * and "PERM why". Connections are kept for the next question, a few at a time; so are answers, for a short
 * while: a message asks the same more than once, and a client sends more than one. After a failure nobody is
 * asked for a while: what waits must not be every message.
 */
#include "base/clock.h"
#include "base/waiting.h"
#include "table/lookup_cache.h"
#include "table/table_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ANSWER_LIMIT_US = 1000000, /* for connecting, asking and hearing together */
    REST_AFTER_FAILURE_US = 5000000,
    IDLE_CONNECTIONS_MAX = 8,
    ANSWER_BYTES_MAX = TABLE_VALUE_BYTES_MAX + 16,
};

/* docs/tables.md says how long a change takes to be seen. */
static const struct lookup_cache_options cache_options = {
    .entries_max = 4096, .value_bytes_max = 4096, .found_us = 60000000, .missing_us = 10000000};

struct table_socketmap {
    struct sockaddr_storage address;
    socklen_t address_bytes;
    char *map_name;
    struct lookup_cache *cache;
    pthread_mutex_t lock; /* guards all below */
    int idle[IDLE_CONNECTIONS_MAX];
    size_t idle_count;
    uint64_t rests_until_us;
};

/* ---- addresses -------------------------------------------------------------------------------------- */

static bool parse_inet(struct table_socketmap *table, struct slice host, struct slice port)
{
    char text[INET6_ADDRSTRLEN];
    unsigned long number = 0;
    for (size_t i = 0; i < port.length && number <= 65535; i++)
        number = ascii_is_digit(port.data[i]) ? number * 10 + (unsigned long)(port.data[i] - '0') : 65536;
    if (host.length >= 2 && host.data[0] == '[')
        host = slice_part(host, 1, host.length - 1);
    if (port.length == 0 || number == 0 || number > 65535 || host.length >= sizeof text)
        return false;
    memcpy(text, host.data, host.length);
    text[host.length] = '\0';
    struct sockaddr_in *v4 = (struct sockaddr_in *)&table->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&table->address;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)number);
        table->address_bytes = sizeof *v4;
        return true;
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)number);
    table->address_bytes = sizeof *v6;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static bool parse_unix(struct table_socketmap *table, struct slice path)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&table->address;
    if (path.length == 0 || path.length >= sizeof address->sun_path)
        return false;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path.data, path.length);
    table->address_bytes = sizeof *address;
    return true;
}

/* "inet:HOST:PORT:NAME" or "unix:PATH:NAME". */
static bool parse_place(struct table_socketmap *table, struct slice place)
{
    size_t last = slice_find_last(place, ':');
    if (last >= place.length || last + 1 == place.length || place.length < 5)
        return false;
    struct slice name = slice_part(place, last + 1, place.length);
    struct slice where = slice_part(place, 0, last);
    table->map_name = strndup(name.data, name.length);
    if (table->map_name == NULL)
        return false;
    if (slice_starts_nocase(where, slice_of("unix:")))
        return parse_unix(table, slice_part(where, 5, where.length));
    size_t colon = slice_find_last(where, ':');
    if (!slice_starts_nocase(where, slice_of("inet:")) || colon < 5 || colon >= where.length)
        return false;
    return parse_inet(table, slice_part(where, 5, colon), slice_part(where, colon + 1, where.length));
}

/* ---- connections ------------------------------------------------------------------------------------ */

static bool wait_for(int connection, short events, uint64_t deadline_us)
{
    uint64_t now_us = clock_system_monotonic_us(NULL);
    if (now_us >= deadline_us) {
        errno = ETIMEDOUT;
        return false;
    }
    struct pollfd poll_for = {connection, events, 0};
    waiting_begins();
    int ready = poll(&poll_for, 1, (int)((deadline_us - now_us) / 1000 + 1));
    if (ready == 0)
        errno = ETIMEDOUT;
    return ready > 0 || (ready < 0 && errno == EINTR && wait_for(connection, events, deadline_us));
}

static int connect_now(const struct table_socketmap *table, uint64_t deadline_us)
{
    int error = 0;
    socklen_t length = sizeof error;
    int connection = socket(table->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection < 0)
        return -1;
    if (connect(connection, (const struct sockaddr *)&table->address, table->address_bytes) == 0)
        return connection;
    if (errno == EINPROGRESS && wait_for(connection, POLLOUT, deadline_us) &&
        getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0)
        return connection;
    if (error != 0)
        errno = error;
    int saved = errno;
    close(connection);
    errno = saved;
    return -1;
}

/* An idle connection the other side has not closed meanwhile, or -1. */
static int take_idle(struct table_socketmap *table)
{
    int connection = -1;
    pthread_mutex_lock(&table->lock);
    while (connection < 0 && table->idle_count > 0) {
        char byte;
        connection = table->idle[--table->idle_count];
        if (recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
            (errno != EAGAIN && errno != EWOULDBLOCK)) {
            close(connection);
            connection = -1;
        }
    }
    pthread_mutex_unlock(&table->lock);
    return connection;
}

static void give_back(struct table_socketmap *table, int connection)
{
    pthread_mutex_lock(&table->lock);
    bool is_kept = table->idle_count < IDLE_CONNECTIONS_MAX;
    if (is_kept)
        table->idle[table->idle_count++] = connection;
    pthread_mutex_unlock(&table->lock);
    if (!is_kept)
        close(connection);
}

/* ---- question and answer ---------------------------------------------------------------------------- */

static bool send_all(int connection, struct slice bytes, uint64_t deadline_us)
{
    while (bytes.length > 0) {
        ssize_t sent = send(connection, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent < 0 && (errno != EAGAIN || !wait_for(connection, POLLOUT, deadline_us)))
            return false;
        if (sent > 0)
            bytes = slice_part(bytes, (size_t)sent, bytes.length);
    }
    return true;
}

/* The payload of the netstring in `received`: 1 found, 0 more is needed, -1 is no netstring. */
static int netstring_payload(struct slice received, struct slice *payload)
{
    size_t length = 0, at = 0;
    for (; at < received.length && ascii_is_digit(received.data[at]); at++) {
        length = length * 10 + (size_t)(received.data[at] - '0');
        if (length > ANSWER_BYTES_MAX)
            return -1;
    }
    if (at == received.length)
        return 0;
    if (at == 0 || received.data[at] != ':')
        return -1;
    if (received.length < at + 1 + length + 1)
        return 0;
    *payload = slice_part(received, at + 1, at + 1 + length);
    return received.data[at + 1 + length] == ',' ? 1 : -1;
}

static bool receive_answer(int connection, struct strbuf *received, struct slice *payload,
                           uint64_t deadline_us)
{
    int state = 0;
    while (state == 0) {
        char chunk[4096];
        if (!wait_for(connection, POLLIN, deadline_us))
            return false;
        ssize_t count = recv(connection, chunk, sizeof chunk, 0);
        if (count == 0)
            errno = ECONNRESET;
        if (count == 0 || (count < 0 && errno != EAGAIN))
            return false;
        if (count > 0)
            strbuf_append(received, chunk, (size_t)count);
        state = received->failed ? -1 : netstring_payload(strbuf_slice(received), payload);
    }
    errno = EPROTO;
    return state > 0;
}

static enum table_answer read_payload(struct slice payload, struct strbuf *value, struct strbuf *problem)
{
    if (slice_starts_nocase(payload, slice_of("OK "))) {
        strbuf_append_slice(value, slice_part(payload, 3, payload.length));
        return TABLE_FOUND;
    }
    if (slice_starts_nocase(payload, slice_of("NOTFOUND")))
        return TABLE_MISSING;
    int shown = (int)(payload.length > 200 ? 200 : payload.length);
    strbuf_printf(problem, "the server says: %.*s", shown, payload.data);
    return TABLE_UNKNOWN;
}

static bool converse(int connection, const struct strbuf *question, struct strbuf *received,
                     struct slice *payload, uint64_t deadline_us)
{
    return send_all(connection, strbuf_slice(question), deadline_us) &&
           receive_answer(connection, received, payload, deadline_us);
}

static void rest(struct table_socketmap *table)
{
    pthread_mutex_lock(&table->lock);
    table->rests_until_us = clock_system_monotonic_us(NULL) + REST_AFTER_FAILURE_US;
    pthread_mutex_unlock(&table->lock);
}

static enum table_answer ask(struct table_socketmap *table, const struct strbuf *question,
                             struct strbuf *value, struct strbuf *problem)
{
    uint64_t deadline_us = clock_system_monotonic_us(NULL) + ANSWER_LIMIT_US;
    struct strbuf received;
    struct slice payload = {0};
    strbuf_init(&received, ANSWER_BYTES_MAX + 16);
    int connection = take_idle(table);
    bool heard = connection >= 0 && converse(connection, question, &received, &payload, deadline_us);
    if (!heard) {
        /* A kept connection may have gone the moment it was used: once more on a new one. */
        if (connection >= 0)
            close(connection);
        strbuf_reset(&received);
        connection = connect_now(table, deadline_us);
        heard = connection >= 0 && converse(connection, question, &received, &payload, deadline_us);
    }
    enum table_answer answer = TABLE_UNKNOWN;
    if (heard) {
        answer = read_payload(payload, value, problem);
        give_back(table, connection);
    } else {
        strbuf_printf(problem, "the server gives no answer: %s", strerror(errno));
        if (connection >= 0)
            close(connection);
        rest(table);
    }
    strbuf_deinit(&received);
    return answer;
}

/* The server's answer, kept where it is one. */
static enum table_answer ask_and_keep(struct table_socketmap *table, struct slice key, struct strbuf *value,
                                      struct strbuf *problem)
{
    struct strbuf question, answered;
    strbuf_init(&question, 0);
    strbuf_init(&answered, 0);
    strbuf_printf(&question, "%zu:%s ", strlen(table->map_name) + 1 + key.length, table->map_name);
    strbuf_append_slice(&question, key);
    strbuf_append_byte(&question, ',');
    enum table_answer answer = question.failed ? TABLE_UNKNOWN : ask(table, &question, &answered, problem);
    answer = answered.failed ? TABLE_UNKNOWN : answer;
    lookup_cache_store(table->cache, key, answer, strbuf_slice(&answered), clock_system_monotonic_us(NULL));
    if (answer == TABLE_FOUND && value != NULL)
        strbuf_append_slice(value, strbuf_slice(&answered));
    strbuf_deinit(&question);
    strbuf_deinit(&answered);
    return answer;
}

static enum table_answer socketmap_recall(void *state, struct slice key, struct strbuf *value)
{
    const struct table_socketmap *table = state;
    return lookup_cache_find(table->cache, key, value, clock_system_monotonic_us(NULL));
}

static enum table_answer socketmap_lookup(void *state, struct slice key, struct strbuf *value,
                                          struct strbuf *problem)
{
    struct table_socketmap *table = state;
    pthread_mutex_lock(&table->lock);
    bool rests = clock_system_monotonic_us(NULL) < table->rests_until_us;
    pthread_mutex_unlock(&table->lock);
    if (!rests)
        return ask_and_keep(table, key, value, problem);
    strbuf_append_text(problem, "the server is not asked for a few seconds after it failed");
    return TABLE_UNKNOWN;
}

static void socketmap_close(void *state)
{
    struct table_socketmap *table = state;
    for (size_t i = 0; i < table->idle_count; i++)
        close(table->idle[i]);
    pthread_mutex_destroy(&table->lock);
    lookup_cache_destroy(table->cache);
    free(table->map_name);
    free(table);
}

static void *socketmap_open(const char *place, enum table_shape shape, struct strbuf *problem)
{
    struct table_socketmap *table = calloc(1, sizeof *table);
    if (table == NULL || (table->cache = lookup_cache_create(&cache_options)) == NULL) {
        strbuf_append_text(problem, "out of memory");
        free(table);
        return NULL;
    }
    pthread_mutex_init(&table->lock, NULL);
    if (shape != TABLE_NETWORKS && parse_place(table, slice_of(place)))
        return table;
    strbuf_append_text(problem, shape != TABLE_NETWORKS ? "write socketmap:inet:127.0.0.1:PORT:NAME or "
                                                          "socketmap:unix:/path:NAME (a numeric address)"
                                                        : "networks are kept in a file:");
    socketmap_close(table);
    return NULL;
}

const struct table_source table_source_socketmap = {
    .prefix = "socketmap:",
    .open = socketmap_open,
    .close = socketmap_close,
    .recall = socketmap_recall,
    .lookup = socketmap_lookup,
};
