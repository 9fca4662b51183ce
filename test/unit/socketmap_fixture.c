#include "socketmap_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

void socketmap_fixture_start(struct socketmap_fixture *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    *server = (struct socketmap_fixture){.listening = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(server->listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listening, SOCKETMAP_FIXTURE_CONNECTIONS_MAX), 0);
    assert_int_equal(getsockname(server->listening, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
}

void socketmap_fixture_stop(struct socketmap_fixture *server)
{
    for (size_t i = 0; i < server->connection_count; i++)
        if (server->connections[i] >= 0)
            close(server->connections[i]);
    close(server->listening);
}

/* The connection that has something to say, after those that call were taken. */
static int wait_for_one(struct socketmap_fixture *server)
{
    for (;;) {
        struct pollfd ready[SOCKETMAP_FIXTURE_CONNECTIONS_MAX + 1] = {
            {.fd = server->listening, .events = POLLIN}};
        for (size_t i = 0; i < server->connection_count; i++)
            ready[i + 1] = (struct pollfd){.fd = server->connections[i], .events = POLLIN};
        assert_true(poll(ready, server->connection_count + 1, PATIENCE_MS) > 0);
        for (size_t i = 0; i < server->connection_count; i++)
            if (ready[i + 1].revents != 0)
                return server->connections[i];
        assert_true(server->connection_count < SOCKETMAP_FIXTURE_CONNECTIONS_MAX);
        server->connections[server->connection_count] = accept(server->listening, NULL, NULL);
        assert_true(server->connections[server->connection_count++] >= 0);
    }
}

static void forget(struct socketmap_fixture *server, int connection)
{
    close(connection);
    for (size_t i = 0; i < server->connection_count; i++)
        if (server->connections[i] == connection)
            server->connections[i] = -1;
}

int socketmap_fixture_take(struct socketmap_fixture *server, char *question, size_t size)
{
    for (;;) {
        char netstring[1100] = "", *end;
        const int connection = wait_for_one(server);
        const ssize_t count = recv(connection, netstring, sizeof netstring - 1, 0);
        if (count <= 0) {
            forget(server, connection);
            continue;
        }
        const unsigned long length = strtoul(netstring, &end, 10);
        assert_int_equal(*end, ':');
        assert_int_equal((size_t)count, (size_t)(end - netstring) + 1 + length + 1);
        assert_int_equal(netstring[count - 1], ',');
        snprintf(question, size, "%.*s", (int)length, end + 1);
        return connection;
    }
}

int socketmap_fixture_expect(struct socketmap_fixture *server, const char *question)
{
    char asked[1100];
    const int connection = socketmap_fixture_take(server, asked, sizeof asked);
    assert_string_equal(asked, question);
    return connection;
}

void socketmap_fixture_say(int connection, const char *answer)
{
    char netstring[300];
    const int length = snprintf(netstring, sizeof netstring, "%zu:%s,", strlen(answer), answer);
    assert_int_equal(send(connection, netstring, (size_t)length, MSG_NOSIGNAL), length);
}

void socketmap_fixture_answer(struct socketmap_fixture *server, const char *question, const char *answer)
{
    socketmap_fixture_say(socketmap_fixture_expect(server, question), answer);
}
