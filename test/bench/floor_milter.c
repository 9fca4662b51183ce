/*
 * The floor of any milter: it answers packets by their letter, as the null milter would, and does nothing
 * else. It holds no session, calls nothing, checks nothing; a thread a processor waits at epoll. What this
 * costs is the system's: waking up, reading, writing and waking the MTA. No milter that serves many sessions
 * is cheaper.
 *
 *   floor_milter ADDRESS       unix:/path or inet:PORT
 */
#include "callbacks/negotiate.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 5,
    CHOICE_BYTES = HEAD_BYTES + 3 * 4,
    BUFFER_BYTES = 128 * 1024,
    ANSWERS_MOST = 1024,
    EVENTS_MOST = 64
};

struct connection {
    int descriptor;
    size_t length; /* of what has come and is not taken */
    char buffer[BUFFER_BYTES];
};

struct answers {
    size_t length;
    char bytes[ANSWERS_MOST];
};

static int listening;

/* ---- packets ------------------------------------------------------------------------------------------ */

static void answer(struct answers *answers, const void *packet, size_t length)
{
    if (length > sizeof answers->bytes - answers->length)
        return;
    memcpy(answers->bytes + answers->length, packet, length);
    answers->length += length;
}

/* What the null milter chooses. */
static void negotiate(struct answers *answers, const char *offer)
{
    uint32_t words[3];
    char packet[CHOICE_BYTES] = {0, 0, 0, CHOICE_BYTES - 4, SMFIC_OPTNEG};
    memcpy(words, offer + HEAD_BYTES, sizeof words);
    const struct negotiation chosen =
        negotiation_decide((struct negotiation){ntohl(words[1]), ntohl(words[2])}, false, false);
    words[1] = htonl((uint32_t)chosen.actions);
    words[2] = htonl((uint32_t)chosen.steps);
    memcpy(packet + HEAD_BYTES, words, sizeof words);
    answer(answers, packet, sizeof packet);
}

/* False: the MTA has done. */
static bool take(struct connection *connection, struct answers *answers)
{
    static const char goes_on[] = {0, 0, 0, 1, SMFIR_CONTINUE};
    size_t at = 0;
    while (connection->length - at >= HEAD_BYTES) {
        const char *packet = connection->buffer + at;
        uint32_t size;
        memcpy(&size, packet, sizeof size);
        const size_t whole = sizeof size + ntohl(size);
        if (whole > connection->length - at)
            break;
        if (packet[4] == SMFIC_QUIT)
            return false;
        if (packet[4] == SMFIC_OPTNEG && whole >= CHOICE_BYTES)
            negotiate(answers, packet);
        else if (packet[4] == SMFIC_MAIL || packet[4] == SMFIC_RCPT || packet[4] == SMFIC_BODYEOB)
            answer(answers, goes_on, sizeof goes_on);
        at += whole;
    }
    connection->length -= at;
    memmove(connection->buffer, connection->buffer + at, connection->length);
    return true;
}

/* ---- serving ------------------------------------------------------------------------------------------ */

static bool serve(struct connection *connection)
{
    struct answers answers = {.length = 0};
    const ssize_t received = recv(connection->descriptor, connection->buffer + connection->length,
                                  sizeof connection->buffer - connection->length, MSG_DONTWAIT);
    if (received <= 0)
        return false;
    connection->length += (size_t)received;
    return take(connection, &answers) && (answers.length == 0 || send(connection->descriptor, answers.bytes,
                                                                      answers.length, MSG_NOSIGNAL) > 0);
}

static void take_connection(int queue)
{
    /* cppcheck-suppress nullPointer */
    const int descriptor = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    struct connection *connection = descriptor < 0 ? NULL : malloc(sizeof *connection);
    if (connection == NULL)
        return;
    connection->descriptor = descriptor;
    connection->length = 0;
    epoll_ctl(queue, EPOLL_CTL_ADD, descriptor,
              &(struct epoll_event){.events = EPOLLIN, .data.ptr = connection});
}

static void *drive(void *unused)
{
    const int queue = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS_MOST];
    epoll_ctl(queue, EPOLL_CTL_ADD, listening,
              &(struct epoll_event){.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL});
    for (;;) {
        const int count = epoll_wait(queue, events, EVENTS_MOST, -1);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection == NULL) {
                take_connection(queue);
            } else if (!serve(connection)) {
                close(connection->descriptor);
                free(connection);
            }
        }
    }
    return unused;
}

/* ---- the socket --------------------------------------------------------------------------------------- */

static bool listen_at(const char *address)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const bool is_unix = strncmp(address, "unix:", 5) == 0;
    if (strlen(address) < 5)
        return false;
    snprintf(local.sun_path, sizeof local.sun_path, "%s", address + 5);
    port.sin_port = htons((uint16_t)strtoul(address + 5, NULL, 10));
    listening = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    return bind(listening, is_unix ? (struct sockaddr *)&local : (struct sockaddr *)&port,
                is_unix ? sizeof local : sizeof port) == 0 &&
           listen(listening, SOMAXCONN) == 0;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc != 2 || !listen_at(argv[1])) {
        fputs("usage: floor_milter unix:/path | inet:PORT\n", stderr);
        return 64;
    }
    for (long processors = sysconf(_SC_NPROCESSORS_ONLN); processors > 1; processors--)
        if (pthread_create(&thread, NULL, drive, NULL) != 0)
            return 71;
    drive(NULL);
    return 0;
}
