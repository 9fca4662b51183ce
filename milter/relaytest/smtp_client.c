#include "smtp_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WAIT_LIMIT_MS = 30000,
    ANSWER_BYTES_MAX = 16384,
    PEER_TEXT_BYTES = 64,
};

struct smtp_client {
    int descriptor;
    SSL_CTX *tls_context;
    SSL *tls;
    struct strbuf received; /* bytes not yet read as lines */
    struct strbuf answer;
    char *greeting;
    char peer[PEER_TEXT_BYTES];
};

static bool wait_for(const struct smtp_client *client, short events)
{
    struct pollfd ready = {client->descriptor, events, 0};
    int count;
    do
        count = poll(&ready, 1, WAIT_LIMIT_MS);
    while (count < 0 && errno == EINTR);
    if (count == 0)
        errno = ETIMEDOUT;
    return count > 0;
}

/* ---- bytes, with or without TLS --------------------------------------------------------------------- */

/* Waits as OpenSSL asks; false where it failed for good. */
static bool tls_wants_more(struct smtp_client *client, int result)
{
    int error = SSL_get_error(client->tls, result);
    if (error == SSL_ERROR_WANT_READ)
        return wait_for(client, POLLIN);
    if (error == SSL_ERROR_WANT_WRITE)
        return wait_for(client, POLLOUT);
    errno = ECONNRESET;
    return false;
}

static bool write_some(struct smtp_client *client, const char *bytes, size_t length, size_t *written)
{
    if (client->tls != NULL) {
        int result = SSL_write_ex(client->tls, bytes, length, written);
        return result == 1 || tls_wants_more(client, result);
    }
    ssize_t count = send(client->descriptor, bytes, length, MSG_NOSIGNAL);
    if (count >= 0)
        *written = (size_t)count;
    return count >= 0 || (errno == EAGAIN && wait_for(client, POLLOUT));
}

static bool write_all(struct smtp_client *client, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t written = 0;
        if (!write_some(client, bytes, length, &written))
            return false;
        bytes += written;
        length -= written;
    }
    return true;
}

static bool read_some(struct smtp_client *client)
{
    char chunk[2048];
    size_t length = 0;
    if (client->tls != NULL) {
        int result = SSL_read_ex(client->tls, chunk, sizeof chunk, &length);
        if (result != 1 && !tls_wants_more(client, result))
            return false;
    } else {
        ssize_t count = wait_for(client, POLLIN) ? recv(client->descriptor, chunk, sizeof chunk, 0) : -1;
        if (count == 0)
            errno = ECONNRESET;
        if (count <= 0)
            return false;
        length = (size_t)count;
    }
    strbuf_append(&client->received, chunk, length);
    errno = EMSGSIZE;
    return !client->received.failed;
}

/* ---- answers ---------------------------------------------------------------------------------------- */

/* Moves one line out of `received` into the answer. False: there is no whole line yet. */
static bool take_line(struct smtp_client *client, bool *is_last, unsigned *code)
{
    struct slice all = strbuf_slice(&client->received);
    size_t end = slice_find(all, '\n');
    if (end == all.length)
        return false;
    struct slice line = slice_trim(slice_part(all, 0, end));
    *is_last = line.length < 4 || line.data[3] != '-';
    *code = line.length >= 3 ? (unsigned)strtoul(line.data, NULL, 10) : 0;
    if (client->answer.length > 0)
        strbuf_append_text(&client->answer, " / ");
    for (size_t i = line.length < 4 ? line.length : 4; i < line.length; i++)
        strbuf_append_byte(&client->answer, line.data[i] >= ' ' && line.data[i] < 0x7f ? line.data[i] : '?');
    memmove(client->received.data, client->received.data + end + 1, all.length - end - 1);
    strbuf_truncate(&client->received, all.length - end - 1);
    return true;
}

static struct smtp_answer read_answer(struct smtp_client *client)
{
    unsigned code = 0;
    bool is_last = false;
    strbuf_reset(&client->answer);
    while (!is_last) {
        if (!take_line(client, &is_last, &code) && !read_some(client)) {
            strbuf_reset(&client->answer);
            strbuf_printf(&client->answer, "no answer: %s", strerror(errno));
            return (struct smtp_answer){0, strbuf_text(&client->answer)};
        }
        if (client->answer.failed)
            return (struct smtp_answer){0, "an answer without end"};
    }
    return (struct smtp_answer){code, strbuf_text(&client->answer)};
}

struct smtp_answer smtp_client_command(struct smtp_client *client, const char *line)
{
    if (!write_all(client, line, strlen(line)) || !write_all(client, "\r\n", 2)) {
        strbuf_reset(&client->answer);
        strbuf_printf(&client->answer, "the connection is gone: %s", strerror(errno));
        return (struct smtp_answer){0, strbuf_text(&client->answer)};
    }
    return read_answer(client);
}

/* ---- connection ------------------------------------------------------------------------------------- */

static int connect_to(const struct addrinfo *address)
{
    int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    struct smtp_client waiting = {.descriptor = descriptor};
    int error = 0;
    socklen_t length = sizeof error;
    bool connected = connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 ||
                     (errno == EINPROGRESS && wait_for(&waiting, POLLOUT) &&
                      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0);
    if (connected)
        return descriptor;
    if (error != 0)
        errno = error;
    int saved = errno;
    close(descriptor);
    errno = saved;
    return -1;
}

static void describe_peer(struct smtp_client *client)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    struct ip_address ip;
    if (getpeername(client->descriptor, (struct sockaddr *)&address, &length) != 0 ||
        !ip_address_from_sockaddr((struct sockaddr *)&address, &ip, NULL))
        return;
    char *text = client->peer;
    if (!ip_address_is_ipv4(&ip)) {
        memcpy(text, "IPv6:", 5);
        text += 5;
    }
    ip_address_print(&ip, text);
}

static bool connect_any(struct smtp_client *client, const char *host, const char *port, struct strbuf *problem)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int status = getaddrinfo(host, port, &hints, &found);
    if (status != 0) {
        strbuf_printf(problem, "%s: %s", host, gai_strerror(status));
        return false;
    }
    client->descriptor = -1;
    for (const struct addrinfo *address = found; address != NULL && client->descriptor < 0; address = address->ai_next)
        client->descriptor = connect_to(address);
    if (client->descriptor < 0)
        strbuf_printf(problem, "%s port %s: %s", host, port, strerror(errno));
    freeaddrinfo(found);
    return client->descriptor >= 0;
}

struct smtp_client *smtp_client_open(const char *host, const char *port, struct strbuf *problem)
{
    struct smtp_client *client = calloc(1, sizeof *client);
    if (client == NULL || !connect_any(client, host, port, problem)) {
        free(client);
        return NULL;
    }
    strbuf_init(&client->received, ANSWER_BYTES_MAX);
    strbuf_init(&client->answer, ANSWER_BYTES_MAX);
    describe_peer(client);
    struct smtp_answer greeting = read_answer(client);
    client->greeting = strdup(greeting.text);
    if (greeting.code == 220 && client->greeting != NULL)
        return client;
    strbuf_printf(problem, "%s port %s: the server does not greet: %u %s", host, port, greeting.code, greeting.text);
    smtp_client_close(client);
    return NULL;
}

void smtp_client_close(struct smtp_client *client)
{
    if (client == NULL)
        return;
    SSL_free(client->tls);
    SSL_CTX_free(client->tls_context);
    close(client->descriptor);
    strbuf_deinit(&client->received);
    strbuf_deinit(&client->answer);
    free(client->greeting);
    free(client);
}

const char *smtp_client_greeting(const struct smtp_client *client)
{
    return client->greeting;
}

const char *smtp_client_peer(const struct smtp_client *client)
{
    return client->peer;
}

static bool handshake(struct smtp_client *client)
{
    int result;
    while ((result = SSL_connect(client->tls)) != 1)
        if (!tls_wants_more(client, result))
            return false;
    return true;
}

bool smtp_client_start_tls(struct smtp_client *client, struct strbuf *problem)
{
    struct smtp_answer answer = smtp_client_command(client, "STARTTLS");
    if (answer.code != 220) {
        strbuf_printf(problem, "STARTTLS: %u %s", answer.code, answer.text);
        return false;
    }
    strbuf_reset(&client->received); /* what came before the handshake is not to be believed */
    client->tls_context = SSL_CTX_new(TLS_client_method());
    SSL *tls = client->tls_context == NULL ? NULL : SSL_new(client->tls_context);
    client->tls = tls;
    if (tls != NULL && SSL_set_fd(tls, client->descriptor) == 1 && handshake(client))
        return true;
    unsigned long error = ERR_get_error();
    strbuf_printf(problem, "TLS: %s", error != 0 ? ERR_reason_error_string(error) : "the handshake was broken off");
    return false;
}
