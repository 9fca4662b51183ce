#include "smtp_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    ANSWER_BYTES_MAX = 16384,
    PEER_TEXT_BYTES = 64,
};

struct smtp_client {
    int descriptor;
    unsigned wait_ms;
    uint64_t deadline_ms; /* of the step in hand: a server that drips bytes gains no time by it */
    SSL_CTX *tls_context;
    SSL *tls;
    struct strbuf received; /* bytes not yet read as lines */
    struct strbuf answer;
    char peer[PEER_TEXT_BYTES];
};

static void begin_step(struct smtp_client *client)
{
    client->deadline_ms = clock_now_ms() + client->wait_ms;
}

static bool wait_for(const struct smtp_client *client, short events)
{
    struct pollfd ready = {client->descriptor, events, 0};
    int count;
    do {
        uint64_t now = clock_now_ms();
        count = now >= client->deadline_ms ? 0 : poll(&ready, 1, (int)(client->deadline_ms - now));
    } while (count < 0 && errno == EINTR);
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
    ERR_clear_error();
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
    ERR_clear_error();
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

/* Reads "250-text" or "250 text" (RFC 5321, 4.2). False: the line is no answer. */
static bool parse_line(struct slice line, bool *is_last, unsigned *code)
{
    if (line.length < 3 || (line.length > 3 && line.data[3] != '-' && line.data[3] != ' '))
        return false;
    *code = 0;
    for (size_t i = 0; i < 3; i++) {
        if (!ascii_is_digit(line.data[i]))
            return false;
        *code = *code * 10 + (unsigned)(line.data[i] - '0');
    }
    *is_last = line.length == 3 || line.data[3] == ' ';
    return true;
}

static void keep_text(struct smtp_client *client, struct slice line)
{
    if (client->answer.length > 0 && line.length > 4)
        strbuf_append_text(&client->answer, " / ");
    for (size_t i = 4; i < line.length; i++) {
        bool is_printable = line.data[i] >= ' ' && line.data[i] < 0x7f;
        strbuf_append(&client->answer, is_printable ? &line.data[i] : "?", 1);
    }
}

enum line_result { LINE_TAKEN, LINE_MISSING, LINE_WRONG };

/* Moves one line out of `received` into the answer. */
static enum line_result take_line(struct smtp_client *client, bool *is_last, unsigned *code)
{
    struct slice all = strbuf_slice(&client->received);
    size_t end = slice_find(all, '\n');
    if (end == all.length)
        return LINE_MISSING;
    struct slice line = slice_trim(slice_part(all, 0, end));
    if (!parse_line(line, is_last, code))
        return LINE_WRONG;
    keep_text(client, line);
    size_t rest = all.length - end - 1;
    memmove(client->received.data, client->received.data + end + 1, rest);
    strbuf_truncate(&client->received, rest);
    return LINE_TAKEN;
}

static struct smtp_answer no_answer(struct smtp_client *client, const char *what, const char *why)
{
    strbuf_reset(&client->answer);
    strbuf_printf(&client->answer, "%s: %s", what, why);
    return (struct smtp_answer){0, strbuf_text(&client->answer)};
}

static struct smtp_answer read_answer(struct smtp_client *client)
{
    unsigned code = 0;
    bool is_last = false;
    begin_step(client);
    strbuf_reset(&client->answer);
    while (!is_last) {
        enum line_result result = take_line(client, &is_last, &code);
        if (result == LINE_WRONG)
            return no_answer(client, "no answer", "that is not SMTP");
        if (result == LINE_MISSING && !read_some(client))
            return no_answer(client, "no answer", strerror(errno));
        if (client->answer.failed)
            return no_answer(client, "no answer", "one without end");
    }
    return (struct smtp_answer){code, strbuf_text(&client->answer)};
}

struct smtp_answer smtp_client_command(struct smtp_client *client, const char *text)
{
    strbuf_reset(&client->received); /* what came before the question is no answer to it */
    begin_step(client);
    /* In one piece: a line in two would wait for the server's acknowledgement of the first. */
    struct strbuf line;
    strbuf_init(&line, 0);
    strbuf_printf(&line, "%s\r\n", text);
    errno = ENOMEM;
    bool is_sent = !line.failed && write_all(client, line.data, line.length);
    strbuf_deinit(&line);
    return is_sent ? read_answer(client) : no_answer(client, "the connection is gone", strerror(errno));
}

/* ---- connection ------------------------------------------------------------------------------------- */

static int connect_to(const struct addrinfo *address, unsigned wait_ms)
{
    int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -1;
    struct smtp_client waiting = {.descriptor = descriptor, .wait_ms = wait_ms};
    begin_step(&waiting);
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
    char text[IP_ADDRESS_TEXT_BYTES];
    ip_address_print(&ip, text);
    snprintf(client->peer, sizeof client->peer, "%s%s", ip_address_is_ipv4(&ip) ? "" : "IPv6:", text);
}

static bool connect_any(struct smtp_client *client, const struct smtp_target *target, struct strbuf *problem)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int status = getaddrinfo(target->host, target->port, &hints, &found);
    if (status != 0) {
        strbuf_printf(problem, "%s port %s: %s", target->host, target->port, gai_strerror(status));
        return false;
    }
    client->descriptor = -1;
    for (const struct addrinfo *address = found; address != NULL && client->descriptor < 0;
         address = address->ai_next)
        client->descriptor = connect_to(address, target->wait_ms);
    if (client->descriptor < 0)
        strbuf_printf(problem, "%s port %s: %s", target->host, target->port, strerror(errno));
    freeaddrinfo(found);
    return client->descriptor >= 0;
}

struct smtp_client *smtp_client_open(const struct smtp_target *target, struct strbuf *problem)
{
    struct smtp_client *client = calloc(1, sizeof *client);
    if (client == NULL || !connect_any(client, target, problem)) {
        free(client);
        return NULL;
    }
    client->wait_ms = target->wait_ms;
    strbuf_init(&client->received, ANSWER_BYTES_MAX);
    strbuf_init(&client->answer, ANSWER_BYTES_MAX);
    describe_peer(client);
    struct smtp_answer greeting = read_answer(client);
    if (greeting.code == 220)
        return client;
    strbuf_printf(problem, "%s port %s: the server does not greet: %u %s", target->host, target->port,
                  greeting.code, greeting.text);
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
    free(client);
}

const char *smtp_client_peer(const struct smtp_client *client)
{
    return client->peer;
}

const char *smtp_client_tls_version(const struct smtp_client *client)
{
    return client->tls == NULL ? NULL : SSL_get_version(client->tls);
}

static bool handshake(struct smtp_client *client)
{
    int result;
    begin_step(client);
    ERR_clear_error();
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
    if (client->received.length > 0) { /* anybody on the way could have put it there */
        strbuf_append_text(problem,
                           "STARTTLS: the server answered more than it was asked, before the handshake");
        return false;
    }
    client->tls_context = SSL_CTX_new(TLS_client_method());
    SSL *tls = client->tls_context == NULL ? NULL : SSL_new(client->tls_context);
    client->tls = tls;
    if (tls != NULL && SSL_set_fd(tls, client->descriptor) == 1 && handshake(client))
        return true;
    unsigned long error = ERR_get_error();
    strbuf_printf(problem, "TLS: %s",
                  error != 0 ? ERR_reason_error_string(error) : "the handshake was broken off");
    return false;
}
