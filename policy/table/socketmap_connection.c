#include "table/socketmap_connection.h"

#include "table/socketmap_answer.h"
#include "table/socketmap_client.h"

#include <errno.h>
#include <unistd.h>

enum { READ_BYTES = 4096 };

/* ---- the socket ------------------------------------------------------------------------------------- */

bool socketmap_connect(struct socketmap_connection *connection, const struct socketmap_server *server)
{
    connection->socket = socket(server->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection->socket < 0)
        return false;
    connection->is_used = false;
    connection->is_connecting =
        connect(connection->socket, (const struct sockaddr *)&server->address, server->address_bytes) != 0;
    return !connection->is_connecting || errno == EINPROGRESS;
}

bool socketmap_is_connected(struct socketmap_connection *connection)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(connection->socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0)
        errno = error;
    connection->is_connecting = false;
    return errno == 0;
}

bool socketmap_is_quiet(const struct socketmap_connection *connection)
{
    char byte;
    return recv(connection->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

void socketmap_disconnect(struct socketmap_connection *connection)
{
    close(connection->socket);
    connection->socket = -1;
    connection->polled_at = 0;
}

/* ---- question and answer ---------------------------------------------------------------------------- */

void socketmap_begin(struct socketmap_connection *connection, const struct socketmap_server *server,
                     struct table_question *question)
{
    connection->question = question;
    strbuf_init(&connection->request, 0);
    strbuf_init(&connection->received, SOCKETMAP_ANSWER_BYTES_MAX);
    connection->sent_bytes = 0;
    strbuf_printf(&connection->request, "%zu:%s ", strlen(server->map_name) + 1 + question->key_bytes,
                  server->map_name);
    strbuf_append(&connection->request, question->key, question->key_bytes);
    strbuf_append_byte(&connection->request, ',');
}

struct table_question *socketmap_release(struct socketmap_connection *connection)
{
    struct table_question *question = connection->question;
    connection->question = NULL;
    strbuf_deinit(&connection->request);
    strbuf_deinit(&connection->received);
    return question;
}

enum socketmap_progress socketmap_send(struct socketmap_connection *connection)
{
    const struct slice request = strbuf_slice(&connection->request);
    while (connection->sent_bytes < request.length) {
        const ssize_t sent = send(connection->socket, request.data + connection->sent_bytes,
                                  request.length - connection->sent_bytes, MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN ? SOCKETMAP_WAITS : SOCKETMAP_FAILED;
        connection->sent_bytes += (size_t)sent;
    }
    return SOCKETMAP_DONE;
}

enum socketmap_progress socketmap_receive(struct socketmap_connection *connection, struct slice *payload,
                                          size_t *bytes)
{
    enum netstring_state state = NETSTRING_PART;
    while (state == NETSTRING_PART) {
        char chunk[READ_BYTES];
        const ssize_t count = recv(connection->socket, chunk, sizeof chunk, 0);
        if (count < 0)
            return errno == EAGAIN ? SOCKETMAP_WAITS : SOCKETMAP_FAILED;
        if (count == 0) {
            errno = ECONNRESET;
            return SOCKETMAP_FAILED;
        }
        strbuf_append(&connection->received, chunk, (size_t)count);
        state = connection->received.failed
                    ? NETSTRING_BROKEN
                    : netstring_read(strbuf_slice(&connection->received), payload, bytes);
    }
    errno = EPROTO;
    return state == NETSTRING_WHOLE ? SOCKETMAP_DONE : SOCKETMAP_FAILED;
}
